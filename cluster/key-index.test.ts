import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyIndex } from "./key-index.ts";

test("it has for each value the keys that were added and not removed, in the order they came", () => {
  const step = fc.record({
    value: fc.constantFrom("x", "y"),
    key: fc.constantFrom("a", "b", "c"),
    isAdded: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const index = new KeyIndex();
      const model = new Map([
        ["x", new Set<string>()],
        ["y", new Set<string>()],
      ]);
      for (const { value, key, isAdded } of steps) {
        if (isAdded) index.add(value, key);
        else index.remove(value, key);
        if (isAdded) model.get(value)?.add(key);
        else model.get(value)?.delete(key);
        for (const [each, keys] of model) expect([...index.keysOf(each)]).toEqual([...keys]);
      }
      expect([...index.keysOf("z")]).toEqual([]);
    }),
  );
});
