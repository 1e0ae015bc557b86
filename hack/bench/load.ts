/**
 * The load generator: one job from standard input, its result to standard output. A process of its own, so that the
 * measured server does not pay for its clients.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { Pool } from "undici";
import type { Job, JobResult } from "./job.ts";
import { quantile } from "./statistics.ts";

async function run(job: Job): Promise<JobResult> {
  const { origin, ...tls } = job.target;
  const pool = new Pool(origin, { connect: tls, connections: job.connections, pipelining: 1 });
  const latencies: number[] = [];
  let next = 0;
  let bytes = 0;
  let failures = 0;
  let firstFailure: string | undefined;

  async function worker(): Promise<void> {
    while (next < job.requests) {
      const i = (job.from ?? 0) + (job.modulo === undefined ? next : next % job.modulo);
      next += 1;
      const start = performance.now();
      const response = await pool.request({
        method: job.method,
        path: job.path.replace("{i}", String(i)),
        headers: job.headers ?? {},
        body: job.body === undefined ? null : job.body.replaceAll("{i}", String(i)),
      });
      if (response.statusCode >= 300) {
        const text = await response.body.text();
        failures += 1;
        firstFailure ??= `${String(response.statusCode)} ${text.slice(0, 500)}`;
      } else {
        for await (const chunk of response.body as AsyncIterable<Buffer>) bytes += chunk.length;
      }
      latencies.push(performance.now() - start);
    }
  }

  const start = performance.now();
  await Promise.all(Array.from({ length: job.connections }, worker));
  const seconds = (performance.now() - start) / 1000;
  await pool.destroy();
  return {
    seconds,
    perSecond: job.requests / seconds,
    bytes,
    median: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    failures,
    ...(firstFailure === undefined ? {} : { firstFailure }),
  };
}

const job = JSON.parse(readFileSync(0, "utf8")) as Job;
process.stdout.write(JSON.stringify(await run(job)));
