import { populate } from "../population.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

/** GET of one object after the other, 16 connections. */
export const get: Measure = {
  name: "get",
  seconds: 20,
  async run(bench, { size }) {
    const servers = await bench.serversOf(["standalone", "native", "aggregated", "bare"]);
    await populate(bench, servers, size);
    const ours = servers.find(({ name }) => name === "standalone");
    if (ours !== undefined && bench.wants("bare")) {
      const { body = "" } = await bench.run({
        kind: "requests",
        target: ours.target,
        method: "GET",
        path: `${collectionOf(ours, "bench-1")}/m-1`,
        requests: 1,
        connections: 1,
        keepsBody: true,
      });
      await (await bench.bare()).answer("/object", body);
    }
    await bench.compare({ measure: "get", what: "16 connections", size, unit: "/s" }, servers, (server) =>
      bench.requests(server, {
        method: "GET",
        path: server.name === "bare" ? "/object" : `${collectionOf(server, "bench-{n}")}/m-{i}`,
        modulo: size,
        requests: bench.options.quick ? 100 : 20_000,
        seconds: 0.6,
        connections: 16,
      }),
    );
  },
};
