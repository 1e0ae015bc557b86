import { bodyOf, json, mergePatch, populate, settled } from "../population.ts";
import type { Bench } from "../bench.ts";
import type { Row } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

/** From the answer to what it promises: the rendered Deployment is there, or is again as it was rendered. */
export const reconcile: Measure = {
  name: "reconcile",
  async run(bench) {
    const servers = await bench.serversOf(["standalone", "aggregated"]);
    await populate(bench, servers, 1);
    const { quick } = bench.options;
    const head = (what: string): Pick<Row, "measure" | "what" | "unit"> => ({
      measure: "reconcile",
      what,
      unit: "ms",
    });
    await bench.compare(head("accepted to rendered"), servers, async (server) => {
      const { median, p99 } = await creation(bench, server, { count: quick ? 5 : 60, oneByOne: true });
      return { value: median, p99 };
    });
    for (const count of quick ? [10] : [300, 3000]) {
      await bench.compare(head(`burst of ${String(count)}, after the last`), servers, async (server) => {
        const loop = await bench.metered(server, () => creation(bench, server, { count, oneByOne: false }));
        return { value: loop.outcome.afterLast, ...loop.costs(count) };
      });
    }
    await bench.compare(head("drift repaired"), servers, (server) => drift(bench, server, quick ? 5 : 60));
  },
};

const deployments = "/apis/apps/v1/namespaces/bench-0/deployments";
let runs = 0;

async function creation(
  bench: Bench,
  server: Server,
  { count, oneByOne }: { readonly count: number; readonly oneByOne: boolean },
): Promise<{ median: number; p99: number; afterLast: number }> {
  runs += 1;
  const name = `live-${String(runs)}-`;
  const path = collectionOf(server, "bench-0");
  const result = await bench.client.run({
    kind: "convergence",
    target: server.target,
    watched: server.target,
    watchPath: deployments,
    name,
    oneByOne,
    requests: {
      method: "POST",
      path,
      headers: json,
      body: bodyOf(server, `${name}{i}`, false).replace("bench-{n}", "bench-0"),
      requests: count,
      connections: oneByOne ? 1 : 16,
    },
  });
  await remove(bench, server, `${path}/${name}`, count);
  return result;
}

/** Somebody changes what is rendered; an event with the rendered value says that it was put back. */
async function drift(bench: Bench, server: Server, count: number): Promise<{ value: number; p99: number }> {
  runs += 1;
  const name = `drift-${String(runs)}-`;
  const path = collectionOf(server, "bench-0");
  const common = { target: server.target, watched: server.target, watchPath: deployments, name };
  await bench.client.run({
    ...common,
    kind: "convergence",
    oneByOne: false,
    requests: {
      method: "POST",
      path,
      headers: json,
      body: bodyOf(server, `${name}{i}`, false).replace("bench-{n}", "bench-0"),
      requests: count,
      connections: 4,
    },
  });
  await settled(server);
  const { median, p99 } = await bench.client.run({
    ...common,
    kind: "convergence",
    oneByOne: true,
    // Of the two events of each the second one.
    marker: '"replicas":1',
    requests: {
      method: "PATCH",
      path: `${deployments}/${name}{i}`,
      headers: mergePatch,
      body: '{"spec":{"replicas":7}}',
      requests: count,
      connections: 1,
    },
  });
  await remove(bench, server, `${path}/${name}`, count);
  return { value: median, p99 };
}

async function remove(bench: Bench, server: Server, prefix: string, count: number): Promise<void> {
  await settled(server);
  await bench.client.run({
    kind: "requests",
    target: server.target,
    method: "DELETE",
    path: `${prefix}{i}`,
    requests: count,
    connections: 16,
  });
  await settled(server);
}
