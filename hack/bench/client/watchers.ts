import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { quantile } from "../statistics.ts";
import { busySince } from "./busy.ts";
import { Connection, encodeRequest } from "./connection.ts";
import type {
  IdleJob,
  Target,
  UnwatchJob,
  WatchersResult,
  WatchJob,
  WatchPhaseJob,
  WatchPhaseResult,
} from "./jobs.ts";
import { openConnections, runRequests } from "./requests.ts";

const lineFeed = 10;

/** The watches that are open, from one job to the next: what is measured is not how they are opened. */
export class Watches {
  #connections: readonly Connection[] = [];
  #watchers: readonly Watcher[] = [];
  #target: Target | undefined;

  async open({ target, path: collection, accept, watchers }: WatchJob): Promise<WatchersResult> {
    this.#close();
    this.#target = target;
    this.#connections = await openConnections(target, watchers);
    const path = await watchFromNow(target, collection);
    this.#watchers = this.#connections.map((connection, i) => {
      const watcher = new Watcher(i === 0);
      connection.follow(encodeRequest("GET", path, { accept }), {
        body: (slice) => {
          watcher.take(slice);
        },
        end: () => {
          watcher.end();
        },
      });
      return watcher;
    });
    // Headers are sent at once, but who has them may not be registered yet.
    await delay(500 + watchers);
    return { watchers };
  }

  async run(job: WatchPhaseJob): Promise<WatchPhaseResult> {
    const watchers = this.#watchers;
    if (this.#target === undefined) throw new Error("there are no watchers");
    for (const watcher of watchers) watcher.reset();
    const sent = new Map<number, number>();
    const busy = busySince();
    const { done } = await write(this.#target, job, sent);
    const isInTime = await within(job.seconds, Promise.all(watchers.map((watcher) => watcher.has(done))));
    const client = busy();
    const begun = Math.min(...sent.values());
    const last = isInTime
      ? Math.max(...watchers.map((watcher) => watcher.times[done - 1] ?? begun))
      : performance.now();
    const order = watchers[0]?.serials() ?? [];
    const delays = watchers.flatMap(({ times }) =>
      times
        .slice(0, Math.min(done, order.length))
        .map((at, event) => at - (sent.get(order[event] ?? -1) ?? Number.NaN)),
    );
    if (delays.some(Number.isNaN)) throw new Error("an event cannot be told which write it is of");
    const events = watchers.reduce((sum, { times }) => sum + Math.min(done, times.length), 0);
    const ended = watchers.filter(({ isEnded }) => isEnded).length;
    return {
      isOver: isInTime && ended === 0,
      ended,
      events,
      eventsPerSecond: events / ((last - begun) / 1000),
      median: quantile(delays, 0.5),
      p99: quantile(delays, 0.99),
      bytes: watchers.reduce((sum, { bytes }) => sum + bytes, 0),
      client,
    };
  }

  async end(_job: UnwatchJob): Promise<WatchersResult> {
    const watchers = this.#watchers.length;
    this.#close();
    return { watchers };
  }

  #close(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections = [];
    this.#watchers = [];
  }
}

/** Opens watches and holds them. */
export async function runIdle(job: IdleJob): Promise<WatchersResult> {
  const connections = await openConnections(job.target, job.watchers);
  try {
    const path = await watchFromNow(job.target, job.path);
    const request = encodeRequest("GET", path, { accept: "application/json" });
    for (const connection of connections) connection.follow(request, { body: () => undefined });
    await delay(job.seconds * 1000);
    return { watchers: connections.length };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** The path of a watch of a collection that begins with what comes next. */
export async function watchFromNow(target: Target, collection: string): Promise<string> {
  const connection = await Connection.open(target);
  const request = encodeRequest("GET", `${collection}?limit=1`, { accept: "application/json" });
  const { body } = await connection.exchange(request, true);
  connection.close();
  const { metadata } = JSON.parse(body) as { metadata: { resourceVersion: string } };
  return `${collection}?watch=1&resourceVersion=${metadata.resourceVersion}`;
}

function write(
  target: Target,
  { writes, perSecond }: WatchPhaseJob,
  sent: Map<number, number>,
): Promise<{ readonly done: number }> {
  const begun = performance.now();
  let count = 0;
  return runRequests(
    { kind: "requests", target, ...writes },
    {
      sending: (_i, serial, at) => {
        sent.set(serial, at);
      },
      answered: () => {
        count += 1;
        if (perSecond === undefined) return undefined;
        return delay(Math.max(0, begun + (count / perSecond) * 1000 - performance.now()));
      },
    },
  );
}

/** Whether it is done within so many seconds. */
async function within(seconds: number, all: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  try {
    const late = delay(seconds * 1000, false, { signal: over.signal });
    return await Promise.race([all.then(() => true), late]);
  } finally {
    over.abort();
  }
}

/** Counts the lines of one watch; the witness also keeps them, to tell which write each is of. */
class Watcher {
  readonly times: number[] = [];
  bytes = 0;
  readonly #isWitness: boolean;
  #kept: Buffer[] = [];
  #wanted = Infinity;
  #satisfied: (() => void) | undefined;
  #isEnded = false;

  constructor(isWitness: boolean) {
    this.#isWitness = isWitness;
  }

  /** What came before does not count. */
  reset(): void {
    this.times.length = 0;
    this.#kept = [];
    this.bytes = 0;
  }

  /** Whether the server has ended the watch. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Resolves when there are so many events, or there will be no more. */
  has(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = count;
      this.#satisfied = resolve;
      if (this.#isEnded || this.times.length >= count) resolve();
    });
  }

  end(): void {
    this.#isEnded = true;
    this.#satisfied?.();
  }

  serials(): number[] {
    const lines = Buffer.concat(this.#kept).toString("utf8").trimEnd().split("\n");
    return lines.map((line) => Number(/serial-(\d+)/.exec(line)?.[1] ?? -1));
  }

  take(slice: Buffer): void {
    const now = performance.now();
    this.bytes += slice.length;
    if (this.#isWitness) this.#kept.push(Buffer.from(slice));
    for (let at = slice.indexOf(lineFeed); at >= 0; at = slice.indexOf(lineFeed, at + 1))
      this.times.push(now);
    if (this.times.length >= this.#wanted) this.#satisfied?.();
  }
}
