import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { WorkTurns } from "./work-turns.ts";

function workshop() {
  const time = { ms: 0 };
  const clock: Clock = { now: () => new Date(time.ms), setTimeout: () => () => undefined };
  const turns = new WorkTurns(clock);
  const done: string[] = [];
  /** Work that takes so long, in pieces between which nothing real is waited for. */
  const work = async (name: string, pieces: readonly number[]): Promise<void> => {
    const turn = turns.begin();
    if (turn !== undefined) await turn;
    done.push(name);
    for (const ms of pieces) {
      time.ms += ms;
      await Promise.resolve();
    }
  };
  return { time, turns, work, done };
}
/** Work that asks again before each of its pieces. */
async function inPieces(
  work: ReturnType<typeof workshop>["work"],
  name: string,
  pieces: readonly number[],
): Promise<void> {
  for (const ms of pieces) await work(name, [ms]);
}
const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what is short begins before anything else has its turn, however much of it there is", async () => {
  const { work, done } = workshop();
  for (let i = 0; i < 100; i += 1) void work(String(i), [0]);
  const seen = new Promise<number>((resolve) => {
    setImmediate(() => {
      resolve(done.length);
    });
  });
  expect(await seen).toBe(100);
});

test("after five milliseconds others have their turn, then the next five begin", async () => {
  const { work, done } = workshop();
  const counts: number[] = [];
  const over = new Promise<void>((resolve) => {
    const count = (): void => {
      if (counts.push(done.length) === 3) resolve();
      else setImmediate(count);
    };
    setImmediate(count);
  });
  for (let i = 0; i < 8; i += 1) void work(String(i), [1, 1]);
  await over;
  expect(done).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect(counts).toEqual([3, 6, 8]);
});

test("whatever others do meanwhile, one begins in every turn", async () => {
  const { time, work, done } = workshop();
  for (const name of ["a", "b", "c"]) {
    void work(name, [9]);
    time.ms += 50;
  }
  const counts: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    counts.push(done.length);
    await others();
    time.ms += 50;
  }
  expect(counts).toEqual([1, 2, 3]);
});

test("who asks before each of many pieces leaves the thread to others every five milliseconds", async () => {
  const { work, done } = workshop();
  const counts: number[] = [];
  const looking = (async () => {
    for (let i = 0; i < 3; i += 1) {
      await others();
      counts.push(done.length);
    }
  })();
  await Promise.all([looking, inPieces(work, "a", [2, 2, 2, 2, 2, 2, 2])]);
  expect(counts).toEqual([3, 6, 7]);
});

test("of several who have many pieces each has one in turn", async () => {
  const { work, done } = workshop();
  await Promise.all([inPieces(work, "a", [5, 5, 5]), inPieces(work, "b", [5, 5]), inPieces(work, "c", [5])]);
  expect(done).toEqual(["a", "b", "c", "a", "b", "a"]);
});

test("a clock that was set back keeps nobody waiting for it", async () => {
  const { time, work, done } = workshop();
  void work("a", [1]);
  time.ms = -3_600_000;
  void work("b", [1]);
  expect(done).toEqual(["a"]);
  await others();
  expect(done).toEqual(["a", "b"]);
});

test("everything begins once and in the order of coming, whenever it comes and however long it takes", async () => {
  const coming = fc.array(
    fc.record({ pieces: fc.array(fc.integer({ min: -3, max: 12 }), { maxLength: 4 }), waits: fc.boolean() }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(coming, async (all) => {
      const { work, done } = workshop();
      const works: Promise<void>[] = [];
      for (const [i, { pieces, waits }] of all.entries()) {
        works.push(work(String(i), pieces));
        if (waits) await others();
      }
      await Promise.all(works);
      expect(done).toEqual(all.map((_, i) => String(i)));
    }),
  );
});
