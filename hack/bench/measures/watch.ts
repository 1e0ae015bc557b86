import type { Bench, RowHead } from "../bench.ts";
import { mergePatch, populate } from "../population.ts";
import type { Sample } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/**
 * How long after its write each event is delivered, at a few writes per second, which every server keeps up with; then how
 * many events are delivered per second, with as many writes as 16 connections can make.
 */
export const watch: Measure = {
  name: "watch",
  seconds: 240,
  async run(bench, { size, isFirst }) {
    if (!isFirst) return;
    const servers = await bench.serversOf(["standalone", "native", "aggregated"]);
    await populate(bench, servers, size);
    const { quick } = bench.options;
    for (const [form, accept] of [
      ["JSON", "application/json"],
      ["Table", asTable],
    ] as const) {
      for (const watchers of quick ? [5] : [1, 100, 1000]) {
        const head = (what: string, unit: "ms" | "/s"): RowHead => ({
          measure: "watch",
          what: `${what}, ${form}`,
          size: watchers,
          counts: "watchers",
          unit,
        });
        await bench.compareParts(
          [head("delay", "ms"), head("events", "/s")],
          servers,
          (server) => delivery(bench, server, { accept, watchers, size }),
          // Connections are opened anew each time, and there are many events in each round.
          { rounds: Math.min(2, bench.options.rounds), warmsUp: !quick && form === "JSON" && watchers === 1 },
        );
      }
    }
  },
};

async function delivery(
  bench: Bench,
  server: Server,
  { accept, watchers, size }: { readonly accept: string; readonly watchers: number; readonly size: number },
): Promise<readonly Sample[]> {
  const { quick } = bench.options;
  const { outcome, costs } = await bench.metered(server, () =>
    bench.run({
      kind: "watch",
      target: server.target,
      path: collectionOf(server),
      accept,
      watchers,
      writes: {
        method: "PATCH",
        path: `${collectionOf(server, "bench-{n}")}/m-{i}`,
        headers: mergePatch,
        body: '{"metadata":{"annotations":{"bench":"serial-{serial}"}}}',
        modulo: size,
      },
      phases: [
        { requests: quick ? 10 : 15, connections: 1, perSecond: 10 },
        { requests: quick ? 20 : watchers < 1000 ? 500 : 100, connections: 16 },
      ],
    }),
  );
  const [steady, burst] = outcome.phases;
  if (steady === undefined || burst === undefined) throw new Error("a phase is missing");
  const shared = costs(steady.events + burst.events);
  return [
    { value: steady.median, p99: steady.p99, client: steady.client },
    { value: burst.eventsPerSecond, p99: burst.p99, client: burst.client, ...shared },
  ];
}
