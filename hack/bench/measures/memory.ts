import type { Bench } from "../bench.ts";
import { namespaces } from "../client/jobs.ts";
import { populate } from "../population.ts";
import { summarize } from "../rows.ts";
import { BenchCluster } from "../servers/cluster.ts";
import type { Server, ServerName } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import { startStandaloneServer } from "../servers/standalone.ts";
import type { Measure } from "./measure.ts";

/** How much more is resident for each object, from the smallest size to the largest, in servers started for this alone. */
export const memory: Measure = {
  name: "memory",
  async run(bench) {
    const { sizes } = bench.options;
    const smallest = sizes[0] ?? 0;
    const largest = sizes.at(-1) ?? 0;
    if (largest <= smallest) return;
    const figures = new Map<ServerName, number>();
    if (bench.wants("standalone")) {
      const server = await startStandaloneServer();
      try {
        figures.set("standalone", await slope(bench, server, smallest, largest));
      } finally {
        await server.stop();
      }
    }
    if (bench.wants("native")) {
      const cluster = await BenchCluster.start();
      try {
        figures.set("native", await slope(bench, await cluster.native(), smallest, largest));
      } finally {
        await cluster.stop();
      }
    }
    bench.add({
      measure: "memory",
      what: `per object, from ${String(smallest)}`,
      size: largest,
      unit: "KiB",
      servers: Object.fromEntries([...figures].map(([name, value]) => [name, summarize([{ value }])])),
    });
  },
};

async function slope(bench: Bench, server: Server, from: number, to: number): Promise<number> {
  const before = await resident(bench, server, from);
  return ((await resident(bench, server, to)) - before) / (to - from);
}

/** After everything was read once, and a while in which garbage may be collected. */
async function resident(bench: Bench, server: Server, size: number): Promise<number> {
  await populate(bench, [server], size);
  await bench.client.run({
    kind: "requests",
    target: server.target,
    method: "GET",
    path: collectionOf(server, "bench-{i}"),
    requests: namespaces,
    connections: 1,
  });
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  return server.usage().residentKiB;
}
