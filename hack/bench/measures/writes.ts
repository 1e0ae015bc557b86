import type { Bench, RoundOptions, RowHead } from "../bench.ts";
import type { RequestJob } from "../client/jobs.ts";
import { bodyOf, json, mergePatch, populate, settled } from "../population.ts";
import type { Sample } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { AtSize, Measure } from "./measure.ts";

const apply = { "content-type": "application/apply-patch+yaml" } as const;

/** At most so many requests are made in each round. */
const most = 2000;
const secondsEach = 0.5;

/**
 * So many creates and deletes, at most for so long, precede what is measured on a process of ours. Each number of objects
 * is another process, and a create costs a Node that has just started three times as much as one that has made a thousand.
 */
const warmUp = { requests: 1500, seconds: 8, connections: 16 } as const;

/**
 * CREATE, UPDATE, merge PATCH, APPLY and DELETE, each durable before it is answered. The objects are paused: admission
 * selects, validates, renders and tries out as ever, but what is measured is not slowed by what comes of it afterwards.
 */
export const writes: Measure = {
  name: "writes",
  seconds: 100,
  async run(bench, at) {
    const { size, isMain } = at;
    const servers = await bench.workingWith(size, ["standalone", "native", "aggregated"]);
    await populate(bench, servers, size);
    for (const server of servers) {
      if (server.metrics !== undefined && !bench.options.quick) await createAndDelete(bench, server, warmUp);
    }
    // How the number of connections matters is asked once, how the number of objects does always.
    const all = isMain && !bench.options.quick ? [1, 16, 128] : [16];
    for (const connections of all) await atOnce(bench, servers, at, connections);
  },
};

async function atOnce(
  bench: Bench,
  servers: readonly Server[],
  { size }: AtSize,
  connections: number,
): Promise<void> {
  const requests = bench.options.quick ? 40 : most;
  // No margin depends on the others.
  const options: RoundOptions =
    connections === 16 ? {} : { rounds: Math.min(2, bench.options.rounds), warmsUp: false };
  const head = (what: string): RowHead => ({
    measure: "writes",
    what: `${what}, ${String(connections)} connection${connections === 1 ? "" : "s"}`,
    size,
    unit: "/s",
  });
  const compare = (
    what: string,
    job: (server: Server) => Omit<RequestJob, "kind" | "target" | "requests" | "connections">,
  ): Promise<void> =>
    bench.compare(
      head(what),
      servers,
      (server) => bench.requests(server, { requests, seconds: secondsEach, connections, ...job(server) }),
      options,
    );
  const object = (server: Server): string => `${collectionOf(server, "bench-{n}")}/m-{i}`;
  const annotations = '"annotations":{"bench":"serial-{serial}"}';
  await compare("merge PATCH", (server) => ({
    method: "PATCH",
    path: object(server),
    headers: mergePatch,
    body: `{"metadata":{${annotations}}}`,
    modulo: size,
  }));
  await compare("APPLY", (server) => ({
    method: "PATCH",
    path: `${object(server)}?fieldManager=bench&force=true`,
    headers: apply,
    body: bodyOf(server, "m-{i}").replace("serial-0", "serial-{serial}"),
    modulo: size,
  }));
  await compare("UPDATE", (server) => ({
    method: "PUT",
    path: object(server),
    headers: json,
    sendBack: "(?<=serial-)\\d+",
    modulo: size,
  }));
  await bench.compareParts(
    [head("CREATE"), head("DELETE")],
    servers,
    (server) => createAndDelete(bench, server, { requests, seconds: secondsEach, connections }),
    options,
  );
}

/** Numbers for objects that no other round has. */
let used = 0;

/** What is made is removed at once, so that every round finds as many objects. */
async function createAndDelete(
  bench: Bench,
  server: Server,
  limits: Pick<RequestJob, "requests" | "seconds" | "connections">,
): Promise<readonly Sample[]> {
  const path = collectionOf(server, "bench-{n}");
  const from = used;
  used += limits.requests;
  const created = await bench.requests(server, {
    method: "POST",
    path,
    headers: json,
    body: bodyOf(server, "w-{i}"),
    from,
    ...limits,
  });
  await settled(bench, server);
  const removed = await bench.requests(server, {
    method: "DELETE",
    path: `${path}/w-{i}`,
    from,
    requests: created.done,
    connections: limits.connections,
  });
  await settled(bench, server);
  return [created, removed];
}
