import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTurns } from "./turns.ts";

/** Tasks that end when they are told to, and the order in which they began. */
function tasks(atOnce: number, ofOneGroup: number) {
  const turns = createTurns({ atOnce, ofOneGroup });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    add: (group: string, key: string, name = key): void => {
      turns.add(group, key, () => {
        begun.push(name);
        return new Promise((resolve) => ends.set(key, resolve));
      });
    },
    running: (): string[] => [...ends.keys()],
    end: async (key: string): Promise<void> => {
      ends.get(key)?.();
      ends.delete(key);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("groups take turns", () => {
  test("one with much to do waits for one with little", async () => {
    const { begun, add, end } = tasks(2, 1);
    for (const key of ["a1", "a2", "a3", "b1", "c1"]) add(key.slice(0, 1), key);
    expect(begun).toEqual(["a1", "b1"]);
    await end("a1");
    await end("b1");
    expect(begun).toEqual(["a1", "b1", "a2", "c1"]);
    await end("a2");
    expect(begun).toEqual(["a1", "b1", "a2", "c1", "a3"]);
  });

  test("a task takes the place of one of its key that waits, and waits for one that runs", async () => {
    const { begun, add, end } = tasks(2, 2);
    add("a", "a1", "first");
    add("a", "a1", "second");
    add("a", "a1", "third");
    expect(begun).toEqual(["first"]);
    add("a", "a2");
    expect(begun).toEqual(["first", "a2"]);
    await end("a2");
    expect(begun).toEqual(["first", "a2"]);
    await end("a1");
    expect(begun).toEqual(["first", "a2", "third"]);
    await end("a1");
    expect(begun).toEqual(["first", "a2", "third"]);
  });

  test("however tasks come and end, limits hold and every one runs", async () => {
    const step = fc.oneof(
      fc.record({ group: fc.constantFrom("a", "b", "c"), n: fc.nat(5) }),
      fc.constant("end" as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, atOnce, ofOneGroup) => {
          const { begun, add, running, end } = tasks(atOnce, ofOneGroup);
          const added = new Set<string>();
          const isWithinLimits = (): boolean =>
            running().length <= atOnce &&
            ["a", "b", "c"].every(
              (group) => running().filter((key) => key.startsWith(group)).length <= ofOneGroup,
            );
          for (const each of steps) {
            if (each === "end") await end(running()[0] ?? "");
            else {
              add(each.group, `${each.group}${String(each.n)}`);
              added.add(`${each.group}${String(each.n)}`);
            }
            expect(isWithinLimits()).toBe(true);
          }
          while (running().length > 0) await end(running()[0] ?? "");
          expect(new Set(begun)).toEqual(added);
        },
      ),
      { numRuns: 50 },
    );
  });
});
