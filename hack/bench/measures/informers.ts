import { populate } from "../population.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

/** Clients that start at once and each want the present state, streamed, as client-go's informers do. */
export const informers: Measure = {
  name: "informers",
  async run(bench) {
    const count = bench.options.quick ? 3 : 100;
    for (const size of bench.options.sizes) {
      const servers = await bench.serversOf(["standalone", "native", "aggregated"]);
      await populate(bench, servers, size);
      const what = `start of ${String(count)}`;
      await bench.compare({ measure: "informers", what, size, unit: "ms" }, servers, async (server) => {
        const { outcome, costs } = await bench.metered(server, () =>
          bench.client.run({
            kind: "informers",
            target: server.target,
            path: collectionOf(server),
            informers: count,
          }),
        );
        return { value: outcome.seconds * 1000, bytes: outcome.bytes, ...costs(count * size) };
      });
    }
  },
};
