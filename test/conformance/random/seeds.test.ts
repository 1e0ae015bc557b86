import { expect, test } from "vitest";
import { everySeed, printRanges, seedsOf } from "./seeds.ts";

test("one half of the programs is always the same, the other that of the commit", () => {
  const [fixed, drawn] = seedsOf(250, undefined, "a");
  const [sameFixed, otherDrawn] = seedsOf(250, undefined, "b");
  expect([fixed, sameFixed]).toEqual(Array(2).fill({ first: 1, count: 125 }));
  expect(drawn?.count).toBe(125);
  expect(otherDrawn?.first).not.toBe(drawn?.first);
  expect(seedsOf(250, undefined, "a")).toEqual([fixed, drawn]);
});

test("without a commit none are drawn", () => {
  expect(seedsOf(250, undefined, undefined)).toEqual([{ first: 1, count: 250 }]);
});

test("the seed that is asked for is where all programs begin, and what is printed asks for the same ones", () => {
  const asked = seedsOf(3, "4711", "a");
  expect(everySeed(asked)).toEqual([4711, 4712, 4713]);
  expect(printRanges(asked, 40)).toBe("SEED=4711 N=120");
  expect(everySeed(seedsOf(1, undefined, "a"))).toEqual([1]);
});
