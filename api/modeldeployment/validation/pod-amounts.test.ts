import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { compareQuantities, formatQuantity } from "../../../machinery/quantity/quantity.ts";
import { podAmounts } from "./pod-amounts.ts";

const asks = (memory: string, more: JsonObject = {}): JsonObject => ({
  resources: { requests: { memory } },
  ...more,
});
const sidecar = { restartPolicy: "Always" };

describe("what a pod asks for", () => {
  test.each<{ says: string; pod: JsonObject; want: string | undefined }>([
    { says: "nothing", pod: {}, want: undefined },
    { says: "its containers together", pod: { containers: [asks("1Gi"), asks("2Gi")] }, want: "3Gi" },
    {
      says: "the larger of limit and request",
      pod: { containers: [{ resources: { limits: { memory: "4Gi" }, requests: { memory: "1Gi" } } }] },
      want: "4Gi",
    },
    {
      says: "one init container after the other",
      pod: { initContainers: [asks("3Gi"), asks("4Gi")], containers: [asks("1Gi")] },
      want: "4Gi",
    },
    {
      says: "sidecars beside the containers",
      pod: { initContainers: [asks("3Gi", sidecar)], containers: [asks("1Gi")] },
      want: "4Gi",
    },
    {
      says: "an init container beside the sidecars before it, not those after it",
      pod: {
        initContainers: [asks("1Gi", sidecar), asks("5Gi"), asks("2Gi", sidecar)],
        containers: [asks("1Gi")],
      },
      want: "6Gi",
    },
    {
      says: "no more than the limit of the pod",
      pod: { resources: { limits: { memory: "2Gi" } }, containers: [asks("1Gi"), asks("3Gi")] },
      want: "2Gi",
    },
    { says: "no text that is no quantity", pod: { containers: [asks("much"), asks("1Gi")] }, want: "1Gi" },
  ])("$says", ({ pod, want }) => {
    const amount = podAmounts(pod).get("memory");
    expect(amount === undefined ? undefined : formatQuantity(amount)).toBe(want);
  });

  test("is never less than any of its containers asks for, and never more than all of them do", () => {
    const container = fc.record({
      amount: fc.integer({ min: 0, max: 100 }),
      stays: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(container), fc.array(container), (init, main) => {
        const of = (list: typeof init): JsonObject[] =>
          list.map(({ amount, stays }) => asks(String(amount), stays ? sidecar : {}));
        const all = [...init, ...main].map(({ amount }) => amount);
        const found = podAmounts({ initContainers: of(init), containers: of(main) }).get("memory");
        const compare = (n: number): number =>
          compareQuantities(found ?? { digits: 0n, exponent: 0, format: "DecimalSI" }, {
            digits: BigInt(n),
            exponent: 0,
            format: "DecimalSI",
          });
        expect(all.every((amount) => compare(amount) >= 0)).toBe(true);
        expect(compare(all.reduce((a, b) => a + b, 0))).toBeLessThanOrEqual(0);
      }),
    );
  });
});
