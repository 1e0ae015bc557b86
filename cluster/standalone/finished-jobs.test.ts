import { expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import { expiry } from "./finished-jobs.ts";

const ended = "2026-01-01T00:00:00Z";

const aJob = (spec: object, type: string, more: { status?: string; metadata?: object } = {}): KubeObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "j", ...more.metadata },
  spec,
  status: {
    conditions: [
      { type: "SuspendedForNow", status: "False", lastTransitionTime: "2020-01-01T00:00:00Z" },
      { type, status: more.status ?? "True", lastTransitionTime: ended },
    ],
  },
});
const ttl = { ttlSecondsAfterFinished: 90 };

test.each<{ says: string; job: KubeObject; want: string | undefined }>([
  { says: "has completed goes so long after", job: aJob(ttl, "Complete"), want: "2026-01-01T00:01:30.000Z" },
  { says: "has failed goes so long after", job: aJob(ttl, "Failed"), want: "2026-01-01T00:01:30.000Z" },
  {
    says: "asks for nothing after its end goes at once",
    job: aJob({ ttlSecondsAfterFinished: 0 }, "Complete"),
    want: "2026-01-01T00:00:00.000Z",
  },
  { says: "does not ask for it stays", job: aJob({}, "Complete"), want: undefined },
  { says: "is about to succeed stays", job: aJob(ttl, "SuccessCriteriaMet"), want: undefined },
  { says: "has not failed stays", job: aJob(ttl, "Failed", { status: "False" }), want: undefined },
  {
    says: "is being deleted is left alone",
    job: aJob(ttl, "Complete", { metadata: { deletionTimestamp: ended } }),
    want: undefined,
  },
])("a Job that $says", ({ job, want }) => {
  expect(expiry(job)?.toISOString()).toBe(want);
});
