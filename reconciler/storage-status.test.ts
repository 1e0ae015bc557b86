import { describe, expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import { resourceKey } from "../transformers/ownership.ts";
import type { StorageView } from "./storage-status.ts";
import { awaitsClaims, downloadRecord, storageObservations } from "./storage-status.ts";
import { aModelDeployment } from "./testing/objects.ts";

const claim = (name: string, phase?: string): KubeObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  status: { phase },
});
const job = (...conditions: readonly object[]): KubeObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "m-download-1" },
  status: { conditions },
});
const complete = { type: "Complete", status: "True" };
const failed = { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message: "has reached" };

function view(over: {
  readonly rendered?: readonly KubeObject[];
  readonly live?: readonly KubeObject[];
  readonly claims?: StorageView["claims"];
  readonly status?: StorageView["deployment"]["status"];
  readonly jobTrouble?: string;
}): StorageView {
  const { rendered = [], live = [], claims = new Map(), status, jobTrouble } = over;
  return {
    deployment: { ...aModelDeployment(), ...(status && { status }) },
    rendered: { resources: rendered, warnings: [], unsupported: [], errors: [] },
    live: new Map(live.map((object) => [resourceKey(object), object])),
    claims,
    ...(jobTrouble === undefined ? {} : { jobTrouble }),
  };
}
const said = (of: StorageView): string[] =>
  storageObservations(of).map(
    ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
  );

describe("what is said about storage", () => {
  test.each<{ says: string; of: StorageView; want: readonly string[] }>([
    { says: "nothing without volumes", of: view({}), want: [] },
    {
      says: "claims that are bound",
      of: view({
        rendered: [claim("a")],
        live: [claim("a", "Bound")],
        claims: new Map([["b", claim("b", "Bound")]]),
      }),
      want: ["StorageReady=True PVCsBound: bound: a, b"],
    },
    {
      says: "one that waits for its first pod",
      of: view({ rendered: [claim("a")], live: [claim("a", "Pending")] }),
      want: ["StorageReady=False PVCsPending: not bound yet: PersistentVolumeClaim a"],
    },
    {
      says: "one of the user's that went",
      of: view({ claims: new Map([["b", undefined]]) }),
      want: ["StorageReady=False PVCMissing: there is no PersistentVolumeClaim b"],
    },
    {
      says: "one that lost its volume, before all else",
      of: view({
        claims: new Map([
          ["b", claim("b", "Lost")],
          ["c", undefined],
        ]),
      }),
      want: ["StorageReady=False PVCFailed: the volume is gone behind PersistentVolumeClaim b"],
    },
    {
      says: "a download that runs",
      of: view({ rendered: [job()], live: [job()] }),
      want: ["ModelDownloaded=False DownloadInProgress: Job m-download-1 downloads org/m"],
    },
    {
      says: "one that failed, with the reason of its Job",
      of: view({ rendered: [job()], live: [job(failed)] }),
      want: ["ModelDownloaded=False DownloadFailed: Job m-download-1: BackoffLimitExceeded: has reached"],
    },
    {
      says: "one that failed, with the last words of its pod",
      of: view({ rendered: [job()], live: [job(failed)], jobTrouble: "pod a: no such repository" }),
      want: [
        "ModelDownloaded=False DownloadFailed: Job m-download-1: BackoffLimitExceeded: has reached; pod a: no such repository",
      ],
    },
    {
      says: "one that cannot start",
      of: view({ rendered: [job()], live: [job()], jobTrouble: "pod a: no node" }),
      want: ["ModelDownloaded=False DownloadInProgress: Job m-download-1 downloads org/m; pod a: no node"],
    },
    {
      says: "one that is complete",
      of: view({ rendered: [job()], live: [job(complete)] }),
      want: ["ModelDownloaded=True DownloadComplete: org/m is on the volume"],
    },
    {
      says: "one that is complete and whose Job is gone",
      of: view({ rendered: [job()], status: { modelDownload: { job: "m-download-1" } } }),
      want: ["ModelDownloaded=True DownloadComplete: org/m is on the volume"],
    },
    {
      says: "one of another model, although an older one is complete",
      of: view({ rendered: [job()], status: { modelDownload: { job: "m-download-0" } } }),
      want: ["ModelDownloaded=False DownloadInProgress: Job m-download-1 downloads org/m"],
    },
  ])("$says", ({ of, want }) => {
    expect(said(of)).toEqual(want);
  });
});

test("a complete download is remembered with its model, and forgotten when there is none any more", () => {
  expect(downloadRecord(view({ rendered: [job()], live: [job(complete)] }))).toEqual({
    job: "m-download-1",
    model: "org/m",
  });
  expect(downloadRecord(view({ status: { modelDownload: { job: "m-download-1" } } }))).toBeUndefined();
  const restarted = view({
    rendered: [job()],
    live: [job()],
    status: { modelDownload: { job: "m-download-1" } },
  });
  expect(downloadRecord(restarted)).toBeUndefined();
});

test("somebody looks again while a claim of the user's is not bound", () => {
  expect(awaitsClaims(new Map())).toBe(false);
  expect(awaitsClaims(new Map([["b", claim("b", "Bound")]]))).toBe(false);
  expect(awaitsClaims(new Map([["b", claim("b", "Pending")]]))).toBe(true);
});
