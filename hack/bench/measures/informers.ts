import type { Bench } from "../bench.ts";
import { populate } from "../population.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

/**
 * Clients that start at once and each want the present state, streamed, as client-go's informers do: a few with every
 * number of objects, and once many.
 */
export const informers: Measure = {
  name: "informers",
  seconds: 100,
  async run(bench, { size, isFirst, isMain }) {
    const servers = await bench.serversOf(["standalone", "native", "aggregated"]);
    await populate(bench, servers, size);
    const { quick } = bench.options;
    await startOf(bench, servers, { size, count: quick ? 2 : 5, warmsUp: isFirst && !quick });
    if (isMain) await startOf(bench, servers, { size, count: quick ? 5 : 100, warmsUp: false });
  },
};

/** From so many objects on that are sent in one round, one round is long enough. */
const many = 100_000;
/** A server that is not done by then is known to be slower than that; kube-apiserver needs two to three minutes for the largest. */
const longest = 240;

interface Start {
  readonly size: number;
  readonly count: number;
  readonly warmsUp: boolean;
}

async function startOf(
  bench: Bench,
  servers: readonly Server[],
  { size, count, warmsUp }: Start,
): Promise<void> {
  const head = { measure: "informers", what: `start of ${String(count)}`, size, unit: "ms" } as const;
  await bench.compare(
    head,
    servers,
    async (server) => {
      const { outcome, costs } = await bench.metered(server, () =>
        bench.run({
          kind: "informers",
          target: server.target,
          path: collectionOf(server),
          informers: count,
          seconds: longest,
        }),
      );
      const { seconds, bytes, client, isOver } = outcome;
      if (!isOver) return { value: seconds * 1000, isLeast: true, client };
      return { value: seconds * 1000, bytes: bytes / count, client, ...costs(count * size) };
    },
    count * size < many ? { warmsUp } : { rounds: 1, warmsUp: false },
  );
}
