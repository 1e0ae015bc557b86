/**
 * Plays the controllers a server without a cluster does not have, well enough that phases move: it writes the status
 * they would write and nothing else. No pod runs, no node exists. Off unless asked for, and it says what it is.
 */
import { isApiError } from "../../../api/errors/api-error.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { equalJson, getPath, isObject } from "../../../machinery/json/value.ts";
import type { Client, ResourceRef } from "../../client.ts";
import { startInformer } from "../../informer.ts";
import type { Controller } from "../garbage-collector/garbage-collector.ts";
import { startWorker } from "../worker.ts";

/** The next status of an object, as a merge patch of status, and when to look again after writing it. */
export interface SimulatedStatus {
  readonly status: JsonObject;
  readonly afterMs: number;
}

/** A kind whose controller is played. `next` is pure; undefined when the controller would have nothing to do. */
export interface SimulatedKind {
  readonly resource: ResourceRef;
  next(object: KubeObject): SimulatedStatus | undefined;
}

export interface SimulatorOptions {
  readonly client: Client;
  readonly kinds: readonly SimulatedKind[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (what: string, error: unknown) => void;
}

export function startSimulator(options: SimulatorOptions): Controller {
  const controllers = options.kinds.map((kind) => simulate(kind, options));
  return {
    synced: Promise.all(controllers.map(({ synced }) => synced)).then(() => undefined),
    async stop() {
      await Promise.all(controllers.map((controller) => controller.stop()));
    },
  };
}

/** How long a controller takes to notice a change. */
const noticeMs = 200;

function simulate(kind: SimulatedKind, options: SimulatorOptions): Controller {
  const { client, clock, random, onError } = options;
  const stop = new AbortController();
  const informer = startInformer({
    client,
    resource: kind.resource,
    clock,
    random,
    signal: stop.signal,
    onError: (error) => {
      onError(kind.resource.resource, error);
    },
  });
  const worker = startWorker({
    clock,
    random,
    workers: 2,
    onError,
    process: async (key) => {
      const [namespace = "", name = ""] = key.split("/");
      const object = informer.get(namespace, name);
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
      const next = kind.next(object);
      if (next === undefined) return;
      const status = withTransitionTimes(next.status, object, clock.now());
      await client
        .mergePatch(
          kind.resource,
          { namespace, name },
          { status },
          { subresource: "status", fieldManager: "simulator" },
        )
        .catch((error: unknown) => {
          if (!isApiError(error, "NotFound")) throw error;
        });
      if (next.afterMs > 0) worker.addAfter(key, next.afterMs);
    },
  });
  const consider = (object: KubeObject): void => {
    worker.addAfter(`${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`, noticeMs);
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

/** Conditions keep the time of their last transition while their status stays. */
function withTransitionTimes(status: JsonObject, object: KubeObject, now: Date): JsonObject {
  const conditions = status["conditions"];
  if (!Array.isArray(conditions)) return status;
  const before = getPath(object as unknown as JsonValue, "status", "conditions");
  const old = Array.isArray(before) ? before.filter(isObject) : [];
  const time = `${now.toISOString().slice(0, 19)}Z`;
  return {
    ...status,
    conditions: conditions.filter(isObject).map((condition) => {
      const previous = old.find((candidate) => candidate["type"] === condition["type"]);
      const isSame = previous !== undefined && equalJson(previous["status"], condition["status"]);
      const since = isSame ? previous["lastTransitionTime"] : undefined;
      return { ...condition, lastTransitionTime: since ?? time };
    }),
  };
}
