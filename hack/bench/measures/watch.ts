import type { Bench, RowHead } from "../bench.ts";
import { mergePatch, populate } from "../population.ts";
import type { Sample } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** How long events are waited for; what was delivered until then gives the rate. */
const longest = 30;

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
          async (server) => {
            const { samples, ended } = await delivery(bench, server, { accept, watchers, size });
            if (ended > 0) {
              const why = `the server ended ${String(ended)} of ${String(watchers)} watches; the rate is that of what it delivered`;
              bench.fail(head("events", "/s"), why, server.name);
            }
            return samples;
          },
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
): Promise<{ readonly samples: readonly Sample[]; readonly ended: number }> {
  const { quick } = bench.options;
  let ended = 0;
  const phase = async (requests: number, connections: number, perSecond?: number): Promise<Sample> => {
    const { outcome, costs } = await bench.metered(server, () =>
      bench.run({
        kind: "watchPhase",
        writes: {
          method: "PATCH",
          path: `${collectionOf(server, "bench-{n}")}/m-{i}`,
          headers: mergePatch,
          body: '{"metadata":{"annotations":{"bench":"serial-{serial}"}}}',
          modulo: size,
          requests,
          connections,
        },
        ...(perSecond === undefined ? {} : { perSecond }),
        seconds: longest,
      }),
    );
    const { isOver, events, eventsPerSecond, median, p99, client } = outcome;
    ended = outcome.ended;
    const shared = { client, ...(isOver ? { p99 } : {}), ...costs(events) };
    if (perSecond === undefined) return { value: eventsPerSecond, ...shared };
    // Those that did not come would have had the longest delays.
    return { value: median, ...(isOver ? {} : { isLeast: true }), ...shared };
  };
  await bench.run({ kind: "watch", target: server.target, path: collectionOf(server), accept, watchers });
  try {
    const delays = await phase(quick ? 10 : 15, 1, 10);
    // What is still to come would be counted among what is measured next.
    if (delays.isLeast === true) return { samples: [delays], ended };
    const rate = await phase(quick ? 20 : watchers < 1000 ? 500 : 100, 16);
    return { samples: [delays, rate], ended };
  } finally {
    await bench.run({ kind: "unwatch" });
  }
}
