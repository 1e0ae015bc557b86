import type { Bench } from "../bench.ts";
import type { RequestJob } from "../client/jobs.ts";
import { bodyOf, json, mergePatch, populate, settled } from "../population.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

const apply = { "content-type": "application/apply-patch+yaml" } as const;

/** So many objects are made and removed again in each round, by the number of connections. */
const made = { 1: 150, 16: 1000, 128: 2000 } as const;
type Connections = keyof typeof made;

/**
 * CREATE, UPDATE, merge PATCH, APPLY and DELETE, each durable before it is answered. The objects are paused: admission
 * selects, validates, renders and tries out as ever, but what is measured is not slowed by what comes of it afterwards.
 */
export const writes: Measure = {
  name: "writes",
  async run(bench) {
    for (const size of bench.options.sizes) {
      const servers = await bench.serversOf(["standalone", "native", "aggregated"]);
      await populate(bench, servers, size);
      const isLargest = size === bench.options.sizes.at(-1);
      // How the number of connections matters is asked once, how the number of objects does always.
      const all: readonly Connections[] = isLargest && !bench.options.quick ? [1, 16, 128] : [16];
      for (const connections of all) await atOnce(bench, servers, size, connections);
    }
  },
};

async function atOnce(
  bench: Bench,
  servers: readonly Server[],
  size: number,
  connections: Connections,
): Promise<void> {
  const count = bench.options.quick ? 40 : made[connections];
  const head = (what: string): { measure: string; what: string; size: number; unit: "/s" } => ({
    measure: "writes",
    what: `${what}, ${String(connections)} connection${connections === 1 ? "" : "s"}`,
    size,
    unit: "/s",
  });
  const compare = (
    what: string,
    job: (server: Server) => Omit<RequestJob, "kind" | "target" | "requests" | "connections">,
  ): Promise<void> =>
    bench.compare(head(what), servers, (server) =>
      bench.requests(server, { requests: count, seconds: 2, connections, ...job(server) }),
    );
  const object = (server: Server): string => `${collectionOf(server, "bench-{n}")}/m-{i}`;
  const label = '{"metadata":{"annotations":{"bench":"serial-{serial}"}}}';
  await compare("merge PATCH", (server) => ({
    method: "PATCH",
    path: object(server),
    headers: mergePatch,
    body: label,
    modulo: size,
  }));
  await compare("APPLY", (server) => ({
    method: "PATCH",
    path: `${object(server)}?fieldManager=bench&force=true`,
    headers: apply,
    body: bodyOf(server, "m-{i}").replace('"labels"', '"annotations":{"bench":"serial-{serial}"},"labels"'),
    modulo: size,
  }));
  await compare("UPDATE", (server) => ({
    method: "PUT",
    path: object(server),
    headers: json,
    sendBack: "(?<=serial-)\\d+",
    modulo: size,
  }));
  // What is made is removed at once, so that every round finds as many objects.
  const removals = new Map<string, Awaited<ReturnType<Bench["requests"]>>[]>();
  await bench.compare(head("CREATE"), servers, async (server) => {
    const path = collectionOf(server, "bench-{n}");
    const sample = await bench.requests(server, {
      method: "POST",
      path,
      headers: json,
      body: bodyOf(server, "w-{i}"),
      requests: count,
      connections,
    });
    await settled(server);
    const job = { method: "DELETE", path: `${path}/w-{i}`, requests: count, connections } as const;
    const removed = await bench.requests(server, job);
    removals.set(server.name, [...(removals.get(server.name) ?? []), removed]);
    await settled(server);
    return sample;
  });
  const next = new Map([...removals].map(([name, samples]) => [name, samples.values()]));
  await bench.compare(head("DELETE"), servers, (server) => {
    const sample = next.get(server.name)?.next().value;
    if (sample === undefined) throw new Error("a round of removals is missing");
    return Promise.resolve(sample);
  });
}
