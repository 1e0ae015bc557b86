import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Client, ResourceRef, WatchEvent, WatchOptions } from "./client.ts";
import { untilSilent } from "./silence.ts";

/** What a reflector keeps current. Calls come one at a time and in order. */
export interface ReflectorSink<Received = KubeObject> {
  /** What to hold of an object of the complete state until all of it has come; told of each as it comes. */
  receive(object: KubeObject): Received;
  /** The complete state; everything not in it is gone. */
  replace(received: readonly Received[]): void;
  changed(object: KubeObject): void;
  deleted(object: KubeObject): void;
}

export interface ReflectorOptions<Received = KubeObject> {
  readonly client: Client;
  readonly resource: ResourceRef;
  readonly sink: ReflectorSink<Received>;
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

/** What whoever follows one particular resource is given. */
export type FollowOptions = Pick<ReflectorOptions, "client" | "clock" | "random" | "signal"> &
  Required<Pick<ReflectorOptions, "onError">>;

const firstDelayMs = 200;
const maxDelayMs = 30_000;
/** A watch that ends in order sooner than this, and without news, has not worked. */
const livedMs = 1_000;

/**
 * Keeps a sink equal to the server until the signal aborts: one streaming list and watch where the server has it, else
 * a list and then watches. After a cut it goes on from the last revision, after "too old" it starts over. A first end in
 * order or "too old" is followed up at once; when that does not help, and after failures, it waits longer each time. A
 * watch that stays silent is ended and opened again.
 */
export async function reflect<Received>(options: ReflectorOptions<Received>): Promise<void> {
  const { signal, clock, random } = options;
  const state: State = { revision: "", since: "", streams: true };
  let failures = 0;
  // Ends in order and "too old" count apart: a server that is back must not wait for how long it was away.
  let fruitless = 0;
  while (!signal.aborted) {
    const opened = clock.now().getTime();
    const end = await run(options, state).then((): End => "closed", endOf);
    if (isAborted(signal)) return;
    const lasted = clock.now().getTime() - opened;
    if (hasLived(end, lasted, state)) {
      failures = 0;
      fruitless = 0;
      if (end === "closed") continue;
    }
    if (typeof end === "string") {
      if (end === "gone") state.revision = "";
      failures = 0;
      fruitless += 1;
      if (fruitless > 1) await sleep(options, delay(fruitless - 1, random()));
    } else {
      options.onError?.(end.error);
      failures += 1;
      await sleep(options, delay(failures, random()));
    }
  }
}

/** How a round ended: in order, because the revision is too old, or by a failure. */
type End = "closed" | "gone" | { readonly error: unknown };

const endOf = (error: unknown): End =>
  isApiError(error, "Expired") || isApiError(error, "Gone") ? "gone" : { error };

/** Whether what went wrong before is over. */
function hasLived(end: End, lasted: number, state: State): boolean {
  // A server may take its time to fail, and may tell news before each "too old"; neither is a watch that works.
  if (end === "gone") return lasted >= maxDelayMs;
  return state.revision !== state.since || lasted >= (end === "closed" ? livedMs : maxDelayMs);
}

interface State {
  /** The last revision seen; empty when the state must be read anew. */
  revision: string;
  /** The revision this round watches from: another one was told of since when the two differ. */
  since: string;
  /** Whether the server answers a streaming list; false after it refused one. */
  streams: boolean;
}

async function run<Received>(options: ReflectorOptions<Received>, state: State): Promise<void> {
  const { client, resource, sink, signal, clock, random } = options;
  const where = {
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
    ...(options.metadataOnly === true ? { metadataOnly: true } : {}),
  };
  // Spread over time, so that many watches do not come back together.
  const timeoutSeconds = Math.round(300 + 300 * random());
  const watch = (
    from: Pick<WatchOptions, "resourceVersion" | "sendInitialEvents">,
  ): AsyncIterable<WatchEvent> =>
    untilSilent(clock, signal, (ended) =>
      client.watch(resource, { ...where, ...from, timeoutSeconds, signal: ended }),
    );
  state.since = state.revision;
  if (state.revision === "" && state.streams) {
    if (await stream(watch({ sendInitialEvents: true }), sink, state)) return;
  }
  if (state.revision === "") {
    const list = await client.list(resource, { ...where, signal });
    sink.replace(list.items.map((object) => sink.receive(object)));
    state.revision = list.resourceVersion;
    state.since = state.revision;
  }
  for await (const event of watch({ resourceVersion: state.revision })) take(event, sink, state);
}

/** A watch that starts with the complete state, ended by a marked bookmark. False when the server has none. */
async function stream<Received>(
  events: AsyncIterable<WatchEvent>,
  sink: ReflectorSink<Received>,
  state: State,
): Promise<boolean> {
  let initial: Received[] | undefined = [];
  try {
    for await (const event of events) {
      if (initial === undefined) {
        take(event, sink, state);
      } else if (isEndOfInitial(event)) {
        sink.replace(initial);
        initial = undefined;
        state.revision = event.object.metadata.resourceVersion ?? "";
        state.since = state.revision;
      } else if (event.type !== "BOOKMARK") {
        initial.push(sink.receive(event.object));
      }
    }
    return true;
  } catch (error) {
    if (initial === undefined || !isApiError(error, "Invalid")) throw error;
    // The server has no streaming lists; it said so, and will be asked for plain ones.
    state.streams = false;
    return false;
  }
}

function take(
  { type, object }: WatchEvent,
  sink: Pick<ReflectorSink, "changed" | "deleted">,
  state: State,
): void {
  state.revision = object.metadata.resourceVersion ?? state.revision;
  if (type === "DELETED") sink.deleted(object);
  else if (type !== "BOOKMARK") sink.changed(object);
}

const isEndOfInitial = ({ type, object }: WatchEvent): boolean =>
  type === "BOOKMARK" && object.metadata.annotations?.["k8s.io/initial-events-end"] === "true";

const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** 200 ms doubling to 30 s, each between half of it and all of it. */
function delay(failures: number, random: number): number {
  const full = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 10));
  return full * (0.5 + random / 2);
}

function sleep(options: Pick<ReflectorOptions, "clock" | "signal">, ms: number): Promise<void> {
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
