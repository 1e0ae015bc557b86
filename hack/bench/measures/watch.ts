import type { Bench } from "../bench.ts";
import { mergePatch, populate } from "../population.ts";
import type { Sample } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** How many events are delivered per second, and how long after its write each is. */
export const watch: Measure = {
  name: "watch",
  async run(bench) {
    const size = bench.options.sizes[0] ?? 0;
    const servers = await bench.serversOf(["standalone", "native", "aggregated"]);
    await populate(bench, servers, size);
    for (const [form, accept] of [
      ["JSON", "application/json"],
      ["Table", asTable],
    ] as const) {
      for (const watchers of bench.options.quick ? [5] : [1, 100, 1000]) {
        const named = `${form}, ${String(watchers)} watcher${watchers === 1 ? "" : "s"}`;
        await bench.compare({ measure: "watch", what: `events, ${named}`, unit: "/s" }, servers, (server) =>
          burst(bench, server, { accept, watchers, size }),
        );
        await bench.compare({ measure: "watch", what: `delay, ${named}`, unit: "ms" }, servers, (server) =>
          steady(bench, server, { accept, watchers, size }),
        );
      }
    }
  },
};

interface Watching {
  readonly accept: string;
  readonly watchers: number;
  readonly size: number;
}

const writesTo = (server: Server, size: number) =>
  ({
    method: "PATCH",
    path: `${collectionOf(server, "bench-{n}")}/m-{i}`,
    headers: mergePatch,
    body: '{"metadata":{"annotations":{"bench":"serial-{serial}"}}}',
    modulo: size,
  }) as const;

/** As many writes as 16 connections can make. */
async function burst(bench: Bench, server: Server, { accept, watchers, size }: Watching): Promise<Sample> {
  const requests = bench.options.quick ? 20 : watchers >= 1000 ? 300 : 1000;
  const { outcome, costs } = await bench.metered(server, () =>
    bench.client.run({
      kind: "watch",
      target: server.target,
      path: collectionOf(server),
      accept,
      watchers,
      writes: { ...writesTo(server, size), requests, connections: 16 },
    }),
  );
  return { value: outcome.eventsPerSecond, p99: outcome.p99, ...costs(outcome.events) };
}

/** A few writes per second, which every server keeps up with. */
async function steady(bench: Bench, server: Server, { accept, watchers, size }: Watching): Promise<Sample> {
  const { outcome, costs } = await bench.metered(server, () =>
    bench.client.run({
      kind: "watch",
      target: server.target,
      path: collectionOf(server),
      accept,
      watchers,
      writes: { ...writesTo(server, size), requests: bench.options.quick ? 10 : 40, connections: 1 },
      writesPerSecond: 10,
    }),
  );
  return { value: outcome.median, p99: outcome.p99, ...costs(outcome.events) };
}
