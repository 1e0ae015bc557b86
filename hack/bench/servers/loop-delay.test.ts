import { expect, test } from "vitest";
import { loopDelaysOf, p99Between } from "./loop-delay.ts";

const page = (counts: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(counts).map(([le, count]) => [
      `hawsepipe_event_loop_delay_seconds_bucket{le="${le}"}`,
      count,
    ]),
  );

test.each([
  {
    says: "within the bucket of the rank",
    before: {},
    after: { "0.01": 90, "0.02": 100, "+Inf": 100 },
    p99: 19,
  },
  {
    says: "of what came between",
    before: { "0.01": 50, "+Inf": 100 },
    after: { "0.01": 150, "+Inf": 200 },
    p99: 9.9,
  },
  { says: "no more than the last bound", before: {}, after: { "0.01": 0, "+Inf": 5 }, p99: 10 },
])("the p99 is $says", ({ before, after, p99 }) => {
  expect(p99Between(loopDelaysOf(page(before)), loopDelaysOf(page(after)))).toBeCloseTo(p99, 6);
});
