/** Deletes Jobs some time after they have ended, where they ask for it, for a server without a kube-controller-manager. */
import { isApiError } from "../../api/errors/api-error.ts";
import { parseTime } from "../../api/meta/time.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Client, ResourceRef } from "../client.ts";
import { startInformer } from "../informer.ts";
import type { Controller } from "./garbage-collector/garbage-collector.ts";
import { startWorker } from "./worker.ts";

export interface FinishedJobsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (what: string, error: unknown) => void;
}

const jobs: ResourceRef = {
  group: "batch",
  version: "v1",
  resource: "jobs",
  kind: "Job",
  namespaced: true,
};

/** Follows every Job, and deletes with their pods those whose `ttlSecondsAfterFinished` has passed. */
export function startFinishedJobs({ client, clock, random, onError }: FinishedJobsOptions): Controller {
  const stop = new AbortController();
  const informer = startInformer({
    client,
    resource: jobs,
    clock,
    random,
    signal: stop.signal,
    onError: (error) => {
      onError("jobs", error);
    },
  });
  const worker = startWorker({
    clock,
    random,
    workers: 1,
    onError,
    process: async (key) => {
      const [namespace = "", name = ""] = key.split("/");
      const job = informer.get(namespace, name);
      const due = job === undefined ? undefined : expiry(job);
      if (job === undefined || due === undefined) return;
      const waitMs = due.getTime() - clock.now().getTime();
      if (waitMs > 0) worker.addAfter(key, waitMs);
      else await remove(client, job);
    },
  });
  const consider = (job: KubeObject): void => {
    const { namespace = "", name = "" } = job.metadata;
    if (expiry(job) !== undefined) worker.add(`${namespace}/${name}`);
  };
  informer.onChange({ added: consider, updated: consider });
  return {
    synced: informer.synced,
    async stop() {
      stop.abort();
      await worker.stop();
    },
  };
}

/** When the Job has to go; undefined while it has not ended, and for one that stays. */
export function expiry(job: KubeObject): Date | undefined {
  const ttl = getPath(asJson(job), "spec", "ttlSecondsAfterFinished");
  if (typeof ttl !== "number" || job.metadata.deletionTimestamp !== undefined) return undefined;
  const ended = endOf(getPath(asJson(job), "status", "conditions"));
  return ended === undefined ? undefined : new Date(ended.getTime() + ttl * 1000);
}

const ends: readonly (JsonValue | undefined)[] = ["Complete", "Failed"];

function endOf(conditions: JsonValue | undefined): Date | undefined {
  const end = (Array.isArray(conditions) ? conditions : []).find(
    (condition) => ends.includes(getPath(condition, "type")) && getPath(condition, "status") === "True",
  );
  const text = getPath(end, "lastTransitionTime");
  const time = typeof text === "string" ? parseTime(text) : "";
  return typeof time === "string" ? undefined : time;
}

async function remove(client: Client, { metadata }: KubeObject): Promise<void> {
  const { namespace = "", name = "", uid = "" } = metadata;
  await client
    .delete(jobs, { namespace, name }, { propagationPolicy: "Foreground", preconditions: { uid } })
    .catch((error: unknown) => {
      // Gone, or another of that name.
      if (!isApiError(error, "NotFound") && !isApiError(error, "Conflict")) throw error;
    });
}
