import type { Bench, RowHead } from "../bench.ts";
import { json } from "../population.ts";
import type { Server } from "../servers/server.ts";
import { startWebhooks } from "../servers/webhooks.ts";
import type { Measure } from "./measure.ts";
import type { ReviewCase } from "./reviews.ts";
import { reviewCases } from "./reviews.ts";

/**
 * Reviews per second, 16 connections, beside a bare server that reads and parses the same and answers a constant; and by
 * two processes, as two replicas would.
 */
export const webhook: Measure = {
  name: "webhook",
  seconds: 110,
  async run(bench) {
    if (!bench.wants("standalone")) return;
    const ours = await startWebhooks(bench.env);
    try {
      const cases = await reviewCases((one) => answerOf(bench, ours, one));
      const bare = await bench.serversOf(["bare"]);
      await warmUp(bench, ours, cases);
      for (const review of cases) {
        if (bare.length > 0)
          await (await bench.bare()).answer(review.path, await answerOf(bench, ours, review));
        await bench.compare(headOf(review), [ours, ...bare], (server) => reviews(bench, server, review));
      }
    } finally {
      await ours.stop();
    }
    const two = await startWebhooks(bench.env, 2);
    try {
      const all = await reviewCases((one) => answerOf(bench, two, one));
      const cases = all.filter(({ what }) => /^(?:mutate|validate), (?:minimal|full)$/.test(what));
      await warmUp(bench, two, cases);
      for (const review of cases) {
        const what = `${review.what}, two processes`;
        await bench.compare({ ...headOf(review), what }, [two], (server) => reviews(bench, server, review));
      }
    } finally {
      await two.stop();
    }
  },
};

/** The compiler of each process has done its work after some twenty thousand reviews, and a webhook runs for weeks. */
async function warmUp(bench: Bench, server: Server, cases: readonly ReviewCase[]): Promise<void> {
  if (bench.options.quick) return;
  const requests = 10_000 * (server.target.replicas?.length ?? 1);
  for (const { path, body, objects } of cases) {
    if (objects !== undefined) continue;
    const job = { method: "POST", path, headers: json, body, connections: 16 } as const;
    await bench.requests(server, { ...job, requests, seconds: 3 });
  }
}

/** Conversions of one object and of many are the same work of two sizes. */
const headOf = ({ what, objects }: ReviewCase): RowHead => ({
  measure: "webhook",
  what,
  ...(objects === undefined ? {} : { size: objects }),
  unit: "/s",
});

function reviews(
  bench: Bench,
  server: Server,
  { path, body, objects = 1 }: ReviewCase,
): ReturnType<Bench["requests"]> {
  return bench.requests(server, {
    method: "POST",
    path,
    headers: json,
    body,
    requests: bench.options.quick ? 20 : Math.ceil(6000 / Math.max(1, objects / 5)),
    seconds: 0.5,
    connections: 16,
  });
}

/** One answer, for the bare server to repeat; an answer that is no success ends the run. */
async function answerOf(bench: Bench, server: Server, review: ReviewCase): Promise<string> {
  const { body = "" } = await bench.run({
    kind: "requests",
    target: server.target,
    method: "POST",
    path: review.path,
    headers: json,
    body: review.body,
    requests: 1,
    connections: 1,
    keepsBody: true,
  });
  if (/"allowed":false|"status":"Failure"/.test(body))
    throw new Error(`${review.what}: ${body.slice(0, 500)}`);
  return body;
}
