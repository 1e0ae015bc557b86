import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { inRounds } from "./rounds.ts";
import type { Server, ServerName } from "./servers/server.ts";

const server = (name: ServerName): Server => ({
  name,
  target: { origin: "", ca: "" },
  group: "",
  usage: () => ({ cpuSeconds: 0, residentKiB: 0 }),
  stop: () => Promise.resolve(),
});
const both = [server("standalone"), server("native")];

async function play(limits: { warmsUp: boolean; until: number }, failing?: ServerName) {
  const order: string[] = [];
  const failures: string[] = [];
  const samples = await inRounds(
    both,
    ({ name }) => {
      order.push(name);
      if (name === failing) throw new Error("it broke");
      return Promise.resolve([{ value: order.length }]);
    },
    { rounds: 3, ...limits },
    (error, name) => failures.push(`${name}: ${(error as Error).message}`),
  );
  const rounds = Object.fromEntries([...samples].map(([name, some]) => [name, some.length]));
  return { order, failures, rounds };
}

test("each is first in every other round, and what warms up does not count", async () => {
  expect(await play({ warmsUp: true, until: Infinity })).toEqual({
    order: ["standalone", "native", "native", "standalone", "standalone", "native", "native", "standalone"],
    failures: [],
    rounds: { standalone: 3, native: 3 },
  });
});

test("who fails is reported once and taken out, the others go on", async () => {
  expect(await play({ warmsUp: false, until: Infinity }, "native")).toEqual({
    order: ["native", "standalone", "standalone", "standalone"],
    failures: ["native: it broke"],
    rounds: { standalone: 3 },
  });
});

test("when time is up there is one round, without anything before it", async () => {
  const { rounds, order } = await play({ warmsUp: true, until: performance.now() - 1 });
  expect(rounds).toEqual({ standalone: 1, native: 1 });
  expect(order).toHaveLength(2);
});
