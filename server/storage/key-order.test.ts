import fc from "fast-check";
import { expect, test } from "vitest";
import { positionOf, prefixEnd } from "./key-order.ts";

const bytes = (text: string): Buffer => Buffer.from(text);
const key = fc.string({
  unit: fc.constantFrom("a", "b", "/", "-", "\u007f", "é", "\ud7ff", "\ue000", "\u{1F600}", "\u{10FFFF}"),
});

test("a key has the prefix exactly when it sorts from the prefix up to the end", () => {
  fc.assert(
    fc.property(key, key, (prefix, other) => {
      const end = prefixEnd(prefix);
      for (const candidate of [other, prefix + other]) {
        const inRange =
          Buffer.compare(bytes(candidate), bytes(prefix)) >= 0 &&
          (end === undefined || Buffer.compare(bytes(candidate), bytes(end)) < 0);
        expect(inRange).toBe(candidate.startsWith(prefix));
      }
    }),
  );
});

test("a position keeps the array in the order of the bytes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(key), (keys) => {
      const sorted: { key: string }[] = [];
      for (const each of keys) sorted.splice(positionOf(sorted, each), 0, { key: each });
      const want = [...keys].sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
      expect(sorted.map((s) => s.key)).toEqual(want);
    }),
  );
});
