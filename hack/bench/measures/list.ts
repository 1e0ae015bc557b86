import type { Bench } from "../bench.ts";
import { usualSize } from "../options.ts";
import { populate } from "../population.ts";
import type { Sample } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const asMetadata = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

interface Case {
  readonly what: string;
  readonly path: (server: Server) => string;
  readonly accept?: string;
}

const cases: readonly Case[] = [
  { what: "full", path: (server) => collectionOf(server) },
  { what: "limit=500", path: (server) => `${collectionOf(server)}?limit=500` },
  { what: "Table", path: (server) => collectionOf(server), accept: asTable },
  { what: "metadata only", path: (server) => collectionOf(server), accept: asMetadata },
  { what: "by label, 1 in 20", path: (server) => `${collectionOf(server)}?labelSelector=bench%3Dg-3` },
  { what: "by namespace, 1 in 20", path: (server) => collectionOf(server, "bench-3") },
];

/** LIST in every form, one after the other on one connection. */
export const list: Measure = {
  name: "list",
  seconds: 100,
  async run(bench, { size, isFirst }) {
    const servers = await bench.serversOf(["standalone", "native", "aggregated", "bare"]);
    await populate(bench, servers, size);
    for (const one of cases) {
      await askOnce(bench, servers, one);
      await bench.compare(
        { measure: "list", what: one.what, size, unit: "/s" },
        servers,
        (server) => listWith(bench, server, one),
        {
          // What the compiler has learnt with few objects it knows with many, and one list of very many is a long round.
          warmsUp: isFirst && !bench.options.quick,
          ...(size > usualSize ? { rounds: Math.min(2, bench.options.rounds) } : {}),
        },
      );
    }
  },
};

function listWith(
  bench: Bench,
  server: Server,
  { path, accept = "application/json" }: Case,
): Promise<Sample> {
  return bench.requests(server, {
    method: "GET",
    path: server.name === "bare" ? "/list" : path(server),
    headers: { accept },
    requests: bench.options.quick ? 3 : 200,
    seconds: 0.5,
    connections: 1,
  });
}

/**
 * Has ours answer once what is asked next: they keep what they encode for the first list of a form, whose cost is not that of
 * a list. What the standalone one answers, the bare one answers from then on.
 */
async function askOnce(bench: Bench, servers: readonly Server[], { path, accept }: Case): Promise<void> {
  for (const server of servers) {
    if (server.name !== "standalone" && server.name !== "aggregated") continue;
    const { body = "" } = await bench.run({
      kind: "requests",
      target: server.target,
      method: "GET",
      path: path(server),
      headers: { accept: accept ?? "application/json" },
      requests: 1,
      connections: 1,
      keepsBody: server.name === "standalone",
    });
    if (server.name === "standalone" && bench.wants("bare")) await (await bench.bare()).answer("/list", body);
  }
}
