import fc from "fast-check";
import { expect, test } from "vitest";
import { sortFew } from "./sort-few.ts";

test("items of any number come into the order of the general sort, equal ones in the order they had", () => {
  const item = fc.record({ key: fc.integer({ min: 0, max: 9 }), id: fc.integer() });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 40 }), (items) => {
      const sorted = items.toSorted((a, b) => a.key - b.key);
      expect(sortFew([...items], (a, b) => a.key - b.key)).toEqual(sorted);
    }),
  );
});
