import { createContext, runInContext } from "node:vm";
import { expect, test } from "vitest";
import { longTurns, noteTurns, turnsNoted } from "./long-turns.ts";

const at = (functionName: string) => ({ functionName, url: "", lineNumber: 0 });
const profile = {
  startTime: 1_000,
  nodes: [
    { id: 1, callFrame: at("(idle)") },
    { id: 2, callFrame: at("deliver") },
    { id: 3, callFrame: at("write") },
  ],
  // At 1,500, 2,000, 7,000, 10,000 and 40,000.
  samples: [1, 2, 3, 2, 3],
  timeDeltas: [500, 500, 5_000, 3_000, 30_000],
};

test("of each long stretch it tells how long the thread ran and what was found in it, the longest first", () => {
  const turns = [
    { from: 1_500, to: 12_000, busy: 9_000 },
    { from: 12_000, to: 41_000, busy: 400 },
    { from: 0, to: 10, busy: 10 },
  ];
  expect(longTurns(profile, turns, 2)).toEqual([
    { wallMs: 29, busyMs: 0.4, costs: [{ where: "write", ms: 30 }] },
    {
      wallMs: 10.5,
      busyMs: 9,
      costs: [
        { where: "write", ms: 5 },
        { where: "deliver", ms: 3.5 },
      ],
    },
  ]);
});

test("the process notes the stretches in which no timer ran, with its own clocks", () => {
  const time = { at: 0n, cpu: 0 };
  const timer: { tick?: () => void } = {};
  const context = createContext({
    process: {
      hrtime: { bigint: () => time.at },
      threadCpuUsage: () => ({ user: time.cpu, system: 1 }),
    },
    setInterval: (tick: () => void) => {
      timer.tick = tick;
      return { unref: () => undefined };
    },
  });
  const run = (source: string): unknown => runInContext(source, context);
  run(noteTurns(20));
  const advance = (ms: number, cpu: number): void => {
    time.at += BigInt(ms) * 1_000_000n;
    time.cpu += cpu;
    timer.tick?.();
  };
  advance(2, 100);
  advance(25, 7_000);
  advance(19, 100);
  expect(JSON.parse(run(turnsNoted) as string)).toEqual([{ from: 2_000, to: 27_000, busy: 7_000 }]);
});
