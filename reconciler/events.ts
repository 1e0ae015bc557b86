/** Tells people what was done, as core/v1 Events; on transitions only, and never in the way of the work. */
import { createHash } from "node:crypto";
import { isApiError } from "../api/errors/api-error.ts";
import { formatSeconds } from "../api/meta/time.ts";
import type { KubeObject, ObjectMeta } from "../api/meta/types.ts";
import type { LlamaStackEventReason } from "../api/llamastackdistribution/reasons.ts";
import type { EventReason } from "../api/modeldeployment/reasons.ts";
import type { Client } from "../cluster/client.ts";
import type { Clock } from "../machinery/clock.ts";
import { fieldManager, events } from "./names.ts";

export interface EventNote {
  readonly type: "Normal" | "Warning";
  readonly reason: EventReason | LlamaStackEventReason;
  readonly message: string;
}

export interface EventRecorder {
  /** Writes the event in the background; a failure is reported and forgotten. */
  record(about: EventSubject, note: EventNote): void;
  /** Resolves when everything recorded so far is written. */
  flush(): Promise<void>;
  /** Ends with the event that is being written; the others are dropped. */
  stop(): Promise<void>;
}

export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly onError: (what: string, error: unknown) => void;
}

/** More than this waiting to be written means the server cannot keep up; events are the first thing to do without. */
const maxWaiting = 1000;
const maxMessage = 1024;

export function createEventRecorder({ client, clock, onError }: EventRecorderOptions): EventRecorder {
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function write(event: KubeObject): Promise<void> {
    try {
      await client.create(events, event, { fieldManager });
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
      await countAgain(client, event);
    }
  }

  return {
    record(about, note) {
      if (isStopped || waiting >= maxWaiting) return;
      waiting += 1;
      const event = eventOf(about, note, formatSeconds(clock.now()));
      last = last
        .then(() => (isStopped ? undefined : write(event)))
        .catch((error: unknown) => {
          if (!isPointless(error)) onError("events", error);
        })
        .finally(() => {
          waiting -= 1;
        });
    },
    flush: () => last,
    stop() {
      isStopped = true;
      return last;
    },
  };
}

/**
 * Whether nobody can be told any more: the namespace is going or gone. The last words about a deployment often meet
 * that, and it is nobody's fault.
 */
function isPointless(error: unknown): boolean {
  if (!isApiError(error)) return false;
  if (error.code === 404) return true;
  return (
    error.code === 403 &&
    (error.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") === true ||
      error.message.includes("because it is being terminated"))
  );
}

/** The same about the same object is one event that counts. */
async function countAgain(client: Client, event: KubeObject): Promise<void> {
  const { namespace = "", name = "" } = event.metadata;
  const known = await client.get(events, { namespace, name });
  const count = typeof known["count"] === "number" ? known["count"] : 1;
  const patch = { count: count + 1, lastTimestamp: event["lastTimestamp"] };
  await client.mergePatch(events, { namespace, name }, patch, { fieldManager });
}

function eventOf(about: EventSubject, note: EventNote, time: string): KubeObject {
  const { name = "", namespace = "", uid = "", resourceVersion = "" } = about.metadata;
  const message = note.message.slice(0, maxMessage);
  const identity = createHash("sha256").update(JSON.stringify([uid, note.type, note.reason, message]));
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: `${name}.${identity.digest("hex").slice(0, 16)}` },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      namespace,
      name,
      uid,
      resourceVersion,
    },
    type: note.type,
    reason: note.reason,
    message,
    source: { component: "hawsepipe" },
    reportingComponent: "hawsepipe.dev/reconciler",
    reportingInstance: "hawsepipe",
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
