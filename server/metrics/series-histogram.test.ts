import { Histogram, Registry } from "@prometheus-io/client";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SeriesHistogram } from "./series-histogram.ts";

const name = "apples_kilograms";
const help = "Apples by weight.";
const labelNames = ["colour", "size"];
const buckets = [0.1, 1, 2.5];
const labels = fc.record({
  colour: fc.constantFrom("red", "green", 'so "so"'),
  size: fc.constantFrom("", "xl"),
});
const apples = fc.array(fc.record({ labels, weight: fc.constantFrom(0, 0.1, 0.11, 1, 2.5, 2.50001, 1e9) }));

test("whatever is observed is written out as the library writes it", async () => {
  await fc.assert(
    fc.asyncProperty(apples, async (observed) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const histogram = new SeriesHistogram({ name, help, labelNames, buckets, registry: ours });
      const expected = new Histogram({
        name,
        help,
        buckets,
        labelNames,
        registers: [theirs],
      });
      const series = new Map<string, (value: number) => void>();
      for (const apple of observed) {
        const key = JSON.stringify(apple.labels);
        const observe = series.get(key) ?? histogram.series(apple.labels);
        series.set(key, observe);
        observe(apple.weight);
        expected.observe(apple.labels, apple.weight);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
  );
});

test("a reset registry starts from nothing and goes on", async () => {
  const registry = new Registry();
  const observe = new SeriesHistogram({ name, help, labelNames, buckets, registry }).series({
    colour: "red",
  });
  observe(1);
  registry.resetMetrics();
  expect(await registry.metrics()).not.toContain("red");
  observe(2);
  const text = await registry.metrics();
  expect(text).toContain(`${name}_bucket{le="1",colour="red"} 0`);
  expect(text).toContain(`${name}_sum{colour="red"} 2`);
  expect(text).toContain(`${name}_count{colour="red"} 1`);
});
