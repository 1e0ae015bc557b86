import type { Bench } from "../bench.ts";
import { namespaces } from "../client/jobs.ts";
import { populate } from "../population.ts";
import type { Row } from "../rows.ts";
import { summarize } from "../rows.ts";
import type { Server, ServerName } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import { slopeOf } from "../statistics.ts";
import type { Measure } from "./measure.ts";

interface Figures {
  readonly perObject: number;
  readonly perWatcher: number;
}

/**
 * How much more is resident for each object, from the smallest number to the largest, and for each watcher, in servers
 * that have done nothing else.
 */
export const memory: Measure = {
  name: "memory",
  seconds: 240,
  async run(bench) {
    const figures = new Map<ServerName, Figures>();
    // One after the other: what one of them does must not keep the other from collecting its garbage.
    for (const name of ["standalone", "native"] as const) {
      const [server] = await bench.serversOf([name]);
      if (server !== undefined) figures.set(name, await figuresOf(bench, server));
    }
    for (const [what, of] of [
      ["per object", "perObject"],
      ["per watcher", "perWatcher"],
    ] as const) {
      const servers: Row["servers"] = Object.fromEntries(
        [...figures].map(([name, found]) => [name, summarize([{ value: found[of] }])]),
      );
      bench.add({ measure: "memory", what, unit: "KiB", servers });
    }
  },
};

async function figuresOf(bench: Bench, server: Server): Promise<Figures> {
  const { sizes, quick } = bench.options;
  const [smallest = 1] = sizes;
  // With one size, from that to twice as many.
  const all = [smallest, sizes.length > 1 ? (sizes.at(-1) ?? smallest) : 2 * smallest];
  const points: (readonly [size: number, kibibytes: number])[] = [];
  let last = 0;
  for (const size of all) {
    last = await resident(bench, server, size);
    points.push([size, last]);
  }
  const watchers = quick ? 20 : 1000;
  const holding = await whileWatched(bench, server, watchers);
  return { perObject: slopeOf(points), perWatcher: (holding - last) / watchers };
}

/** After everything was read once, and as long a rest as ours wants before it collects its garbage. */
async function resident(bench: Bench, server: Server, size: number): Promise<number> {
  await populate(bench, [server], size);
  await bench.run({
    kind: "requests",
    target: server.target,
    method: "GET",
    path: collectionOf(server, "bench-{i}"),
    requests: namespaces,
    connections: 1,
  });
  await bench.pause(bench.options.quick ? 500 : 15_000);
  return server.usage().residentKiB;
}

/** The most that is resident while watchers are open. */
async function whileWatched(bench: Bench, server: Server, watchers: number): Promise<number> {
  let most = 0;
  const over = new AbortController();
  const job = bench
    .run({
      kind: "idle",
      target: server.target,
      path: collectionOf(server),
      watchers,
      seconds: bench.options.quick ? 0.5 : 4,
    })
    .finally(() => {
      over.abort();
    });
  const sampling = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, server.usage().residentKiB);
      await bench.pause(100);
    }
  })();
  await Promise.all([job, sampling]);
  return most;
}
