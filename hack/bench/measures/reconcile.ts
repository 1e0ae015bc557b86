import { bodyOf, json, mergePatch, populate, settled } from "../population.ts";
import type { Bench, RowHead } from "../bench.ts";
import type { Sample } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

/** From the answer to what it promises: the rendered Deployment is there, or is again as it was rendered. */
export const reconcile: Measure = {
  name: "reconcile",
  seconds: 200,
  async run(bench, { size }) {
    const servers = await bench.serversOf(["standalone", "aggregated"]);
    await populate(bench, servers, size);
    const { quick } = bench.options;
    const head = (what: string): RowHead => ({
      measure: "reconcile",
      what,
      unit: "ms",
    });
    await bench.compare(head("accepted to rendered"), servers, async (server) => {
      const { outcome, costs, count } = await created(bench, server, quick ? 5 : 30, { oneByOne: true });
      return { value: outcome.median, p99: outcome.p99, client: outcome.client, ...costs(count) };
    });
    await bench.compare(head("drift repaired"), servers, (server) => drift(bench, server, quick ? 5 : 30));
    for (const count of quick ? [10] : [30, 300, 3000]) {
      await bench.compare(
        { ...head("burst, after the last"), size: count, counts: "deployments" },
        servers,
        async (server) => {
          const { outcome, costs } = await created(bench, server, count, { oneByOne: false });
          return { value: outcome.afterLast, p99: outcome.p99, client: outcome.client, ...costs(count) };
        },
        count < 300 ? {} : { rounds: count < 3000 ? bench.options.rounds : 1, warmsUp: false },
      );
    }
  },
};

const deployments = "/apis/apps/v1/namespaces/bench-0/deployments";
let runs = 0;

/** Makes so many and has each rendered; they stay, for to remove thousands takes longer than to make them. */
async function created(bench: Bench, server: Server, count: number, { oneByOne }: { oneByOne: boolean }) {
  const { name, requests } = liveObjects(server, count, oneByOne ? 1 : 16);
  const metered = await bench.metered(server, () =>
    bench.run({
      kind: "convergence",
      target: server.target,
      watched: server.target,
      watchPath: deployments,
      name,
      oneByOne,
      requests,
    }),
  );
  await settled(bench, server);
  return { ...metered, count };
}

/** Names that no other round has, and how such objects are made: not paused. */
function liveObjects(server: Server, count: number, connections: number) {
  runs += 1;
  const name = `live-${String(runs)}-`;
  const path = collectionOf(server, "bench-0");
  const body = bodyOf(server, `${name}{i}`, false).replace("bench-{n}", "bench-0");
  return {
    name,
    requests: { method: "POST", path, headers: json, body, requests: count, connections },
  } as const;
}

/** Somebody changes what is rendered; an event with the rendered value says that it was put back. */
async function drift(bench: Bench, server: Server, count: number): Promise<Sample> {
  const { name, requests } = liveObjects(server, count, 4);
  const common = { target: server.target, watched: server.target, watchPath: deployments, name };
  await bench.run({
    ...common,
    kind: "convergence",
    oneByOne: false,
    requests,
  });
  await settled(bench, server);
  const { median, p99, client } = await bench.run({
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
  return { value: median, p99, client };
}
