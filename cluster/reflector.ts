import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Client, ResourceRef, WatchEvent } from "./client.ts";

/** What a reflector keeps current. Calls come one at a time and in order. */
export interface ReflectorSink {
  /** The complete state; everything not in it is gone. */
  replace(objects: readonly KubeObject[]): void;
  changed(object: KubeObject): void;
  deleted(object: KubeObject): void;
}

export interface ReflectorOptions {
  readonly client: Client;
  readonly resource: ResourceRef;
  readonly sink: ReflectorSink;
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads reconnects. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
  /** Told about every failure; the reflector itself goes on. */
  readonly onError?: (error: unknown) => void;
}

const firstDelayMs = 200;
const maxDelayMs = 30_000;

/**
 * Keeps a sink equal to the server until the signal aborts: one streaming list and watch where the server has it, else
 * a list and then watches. After a cut it goes on from the last revision, after "too old" it starts over.
 */
export async function reflect(options: ReflectorOptions): Promise<void> {
  const state: State = { revision: "", streams: true };
  let failures = 0;
  while (!options.signal.aborted) {
    try {
      await run(options, state);
      failures = 0;
    } catch (error) {
      if (isAborted(options.signal)) return;
      if (isGone(error)) {
        state.revision = "";
        continue;
      }
      options.onError?.(error);
      failures += 1;
      await sleep(options, delay(failures, options.random()));
    }
  }
}

interface State {
  /** The last revision seen; empty when the state must be read anew. */
  revision: string;
  /** Whether the server answers a streaming list; false after it refused one. */
  streams: boolean;
}

async function run(options: ReflectorOptions, state: State): Promise<void> {
  const { client, resource, sink, signal, random } = options;
  const where = {
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
    ...(options.metadataOnly === true ? { metadataOnly: true } : {}),
  };
  // Spread over time, so that many watches do not come back together.
  const watch = { ...where, signal, timeoutSeconds: Math.round(300 + 300 * random()) };
  if (state.revision === "" && state.streams) {
    await stream(client.watch(resource, { ...watch, sendInitialEvents: true }), sink, state);
    return;
  }
  if (state.revision === "") {
    const list = await client.list(resource, where);
    sink.replace(list.items);
    state.revision = list.resourceVersion;
  }
  for await (const event of client.watch(resource, { ...watch, resourceVersion: state.revision })) {
    take(event, sink, state);
  }
}

/** A watch that starts with the complete state, ended by a marked bookmark. */
async function stream(events: AsyncIterable<WatchEvent>, sink: ReflectorSink, state: State): Promise<void> {
  let initial: KubeObject[] | undefined = [];
  try {
    for await (const event of events) {
      if (initial === undefined) {
        take(event, sink, state);
      } else if (isEndOfInitial(event)) {
        sink.replace(initial);
        initial = undefined;
        state.revision = event.object.metadata.resourceVersion ?? "";
      } else if (event.type !== "BOOKMARK") {
        initial.push(event.object);
      }
    }
  } catch (error) {
    if (initial === undefined || !isApiError(error, "Invalid")) throw error;
    // The server has no streaming lists; it said so, and will be asked for plain ones.
    state.streams = false;
  }
}

function take({ type, object }: WatchEvent, sink: ReflectorSink, state: State): void {
  state.revision = object.metadata.resourceVersion ?? state.revision;
  if (type === "DELETED") sink.deleted(object);
  else if (type !== "BOOKMARK") sink.changed(object);
}

const isEndOfInitial = ({ type, object }: WatchEvent): boolean =>
  type === "BOOKMARK" && object.metadata.annotations?.["k8s.io/initial-events-end"] === "true";

const isAborted = (signal: AbortSignal): boolean => signal.aborted;
const isGone = (error: unknown): boolean => isApiError(error, "Expired") || isApiError(error, "Gone");

/** 200 ms doubling to 30 s, each between half of it and all of it. */
function delay(failures: number, random: number): number {
  const full = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 10));
  return full * (0.5 + random / 2);
}

function sleep(options: ReflectorOptions, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      options.signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = options.clock.setTimeout(done, ms);
    options.signal.addEventListener("abort", done, { once: true });
  });
}
