import { performance } from "node:perf_hooks";
import { quantile } from "../statistics.ts";
import { busySince } from "./busy.ts";
import { Connection, encodeRequest } from "./connection.ts";
import type { ConvergenceJob, ConvergenceResult } from "./jobs.ts";
import { runRequests } from "./requests.ts";
import { watchFromNow } from "./watchers.ts";

const patienceMs = 120_000;

/** Makes the requests and watches for the outcome of each. */
export async function runConvergence(job: ConvergenceJob): Promise<ConvergenceResult> {
  const watch = await Connection.open(job.watched);
  const outcomes = new Outcomes(job);
  const path = await watchFromNow(job.watched, job.watchPath);
  watch.follow(encodeRequest("GET", path, { accept: "application/json" }), {
    body: (slice) => {
      outcomes.take(slice);
    },
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answered = new Map<number, number>();
    const begun = performance.now();
    const busy = busySince();
    const { requests, target } = job;
    await runRequests(
      { kind: "requests", target, ...requests },
      {
        answered: (i, at) => {
          answered.set(i, at);
          return job.oneByOne ? outcomes.of(i).then(() => undefined) : undefined;
        },
      },
    );
    const times = await Promise.all(
      [...answered].map(async ([i, at]) => ({ answered: at, done: await outcomes.of(i) })),
    );
    const delays = times.map(({ answered: from, done }) => Math.max(0, done - from));
    const last = Math.max(...times.map(({ done }) => done));
    return {
      done: times.length,
      median: quantile(delays, 0.5),
      p99: quantile(delays, 0.99),
      afterLast: Math.max(0, last - Math.max(...times.map(({ answered: at }) => at))),
      all: last - begun,
      client: busy(),
    };
  } finally {
    watch.close();
  }
}

/** When the first event with the outcome of each request came. */
class Outcomes {
  readonly #job: ConvergenceJob;
  readonly #at = new Map<number, number>();
  readonly #waiting = new Map<number, (at: number) => void>();
  #line: Buffer[] = [];

  constructor(job: ConvergenceJob) {
    this.#job = job;
  }

  take(slice: Buffer): void {
    const now = performance.now();
    let from = 0;
    for (let end = slice.indexOf(10); end >= 0; end = slice.indexOf(10, from)) {
      this.#line.push(slice.subarray(from, end));
      this.#event(Buffer.concat(this.#line).toString("utf8"), now);
      this.#line = [];
      from = end + 1;
    }
    this.#line.push(Buffer.from(slice.subarray(from)));
  }

  of(i: number): Promise<number> {
    const at = this.#at.get(i);
    if (at !== undefined) return Promise.resolve(at);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${this.#job.name}${String(i)} has no outcome`));
      }, patienceMs);
      this.#waiting.set(i, (when) => {
        clearTimeout(timer);
        resolve(when);
      });
    });
  }

  #event(line: string, now: number): void {
    const { name, marker } = this.#job;
    if (marker !== undefined && !line.includes(marker)) return;
    const event = JSON.parse(line) as { object: { metadata: { name: string } } };
    const named = event.object.metadata.name;
    if (!named.startsWith(name)) return;
    const i = Number(named.slice(name.length));
    if (this.#at.has(i)) return;
    this.#at.set(i, now);
    this.#waiting.get(i)?.(now);
    this.#waiting.delete(i);
  }
}
