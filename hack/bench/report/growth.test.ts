import fc from "fast-check";
import { expect, test } from "vitest";
import type { Row } from "../rows.ts";
import { exponentOf, growthOf } from "./growth.ts";

test("the exponent of a power is found, whatever its factor", () => {
  const power = fc.double({ min: -2, max: 3, noNaN: true });
  const factor = fc.double({ min: 0.01, max: 1000, noNaN: true });
  fc.assert(
    fc.property(power, factor, (p, f) => {
      const points = [1000, 10_000, 50_000].map((size) => [size, f * size ** p] as const);
      expect(exponentOf(points)).toBeCloseTo(p, 6);
    }),
  );
});

test("a rate that falls as objects and bytes grow grows with exponent one; what was measured once has none", () => {
  const row = (what: string, size: number, value: number, bytes: number): Row => ({
    measure: "list",
    what,
    size,
    unit: "/s",
    servers: { native: { value, low: value, high: value, bytes } },
  });
  const rows = [row("full", 100, 50, 1e5), row("full", 1000, 5, 1e6), row("Table", 100, 50, 1e5)];
  const [growth, ...others] = growthOf(rows);
  expect(others).toEqual([]);
  expect(growth).toMatchObject({ what: "full", server: "native" });
  expect(growth?.time).toBeCloseTo(1, 9);
  expect(growth?.bytes).toBeCloseTo(1, 9);
});
