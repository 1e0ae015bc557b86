import { expect, test } from "vitest";
import { inTurns } from "./in-turns.ts";

test("every item is visited in order, and others have their turns meanwhile", async () => {
  const items = Array.from({ length: 1001 }, (_, i) => i);
  const visited: number[] = [];
  const turns: number[] = [];
  let isOver = false;
  const others = (): void => {
    turns.push(visited.length);
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  await inTurns(items, (item, i) => {
    expect(item).toBe(i);
    visited.push(item);
  });
  isOver = true;
  expect(visited).toEqual(items);
  expect(turns.length).toBeGreaterThanOrEqual(4);
  const longest = Math.max(...turns.map((at, i) => at - (turns[i - 1] ?? 0)));
  expect(longest).toBeLessThanOrEqual(250);
});
