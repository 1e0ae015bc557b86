import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { SimulatedKind, SimulatedStatus } from "./simulator.ts";

/** Plays the Job controller without pods: a new Job is active for a moment, then it has completed. */
export const simulatedJobs: SimulatedKind = {
  resource: { group: "batch", version: "v1", resource: "jobs", kind: "Job", namespaced: true },
  next(job: KubeObject): SimulatedStatus | undefined {
    const object = job as unknown as JsonValue;
    if (getPath(object, "status", "succeeded") !== undefined) return undefined;
    if (getPath(object, "status", "active") !== 1) {
      const startTime = job.metadata.creationTimestamp;
      const started = startTime === undefined ? {} : { startTime };
      return { status: { active: 1, ready: 1, ...started }, afterMs: 300 };
    }
    return {
      status: {
        active: null,
        ready: 0,
        succeeded: 1,
        conditions: [
          { type: "SuccessCriteriaMet", status: "True", reason: "CompletionsReached" },
          { type: "Complete", status: "True", reason: "CompletionsReached" },
        ].map((condition) => ({ ...condition, message: "Reached expected number of succeeded pods" })),
      },
      afterMs: 0,
    };
  },
};
