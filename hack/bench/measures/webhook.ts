import type { Bench } from "../bench.ts";
import { json } from "../population.ts";
import type { Server } from "../servers/server.ts";
import { startWebhooks } from "../servers/webhooks.ts";
import type { Measure } from "./measure.ts";
import type { ReviewCase } from "./reviews.ts";
import { reviewCases } from "./reviews.ts";

/** Reviews per second, 16 connections, beside a bare server that reads and parses the same and answers a constant. */
export const webhook: Measure = {
  name: "webhook",
  async run(bench) {
    if (!bench.wants("standalone")) return;
    const ours = await startWebhooks(bench.env);
    try {
      const bare = await bench.serversOf(["bare"]);
      for (const review of await reviewCases((one) => answerOf(bench, ours, one))) {
        if (bare.length > 0)
          await (await bench.bare()).answer(review.path, await answerOf(bench, ours, review));
        const head = { measure: "webhook", what: review.what, unit: "/s" } as const;
        await bench.compare(head, [ours, ...bare], (server) => reviews(bench, server, review));
      }
    } finally {
      await ours.stop();
    }
  },
};

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
    seconds: 2,
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
