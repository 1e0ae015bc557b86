import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { ScaleFieldManager } from "./scale.ts";
import { Bench, entriesOf, failureOf, widget, widgets } from "./testing/widget.ts";

const fields = new ScaleFieldManager({ definition: widgets, now: () => new Date(Date.UTC(2026, 0, 1)) });
const scale = (replicas?: number): JsonObject => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "w", namespace: "ns", uid: "u" },
  spec: replicas === undefined ? {} : { replicas },
});

/** The entries of the object after its scale was written from one count to another. */
function written(parent: JsonObject, from: number, to: number | undefined, manager: string): string[] {
  const next = fields.update(fields.ofParent(scale(from), parent), scale(to), manager);
  return entriesOf(fields.toParent(parent, next, "lab.example.com/v1"));
}

describe("the managed fields of a scaled object", () => {
  const updated = new Bench().update(undefined, widget({ spec: { replicas: 1, color: "red" } }), "u");
  const applied = new Bench().apply(undefined, { ...widget({ spec: { replicas: 1 } }) }, "m");

  test("name the new owner, under scale and without a time", () => {
    expect(written(updated, 1, 2, "hpa")).toEqual([
      'hpa Update v1 [scale]: {"f:spec":{"f:replicas":{}}}',
      'u Update v1 @0: {"f:spec":{".":{},"f:color":{}}}',
    ]);
  });

  test("split an Update entry that owned the count even when nothing changes", () => {
    expect(written(updated, 1, 1, "hpa")).toEqual([
      'u Update v1: {"f:spec":{"f:replicas":{}}}',
      'u Update v1 @0: {"f:spec":{".":{},"f:color":{}}}',
    ]);
  });

  test("leave an Apply entry as it is when nothing changes", () => {
    expect(written(applied, 1, 1, "hpa")).toEqual(entriesOf(applied));
  });

  test("own no count that is zero, as a Scale says zero by leaving it out", () => {
    expect(written(updated, 1, undefined, "hpa")).toEqual([
      'u Update v1 @0: {"f:spec":{".":{},"f:color":{}}}',
    ]);
  });

  test("keep entries of a version without a scale and drop those of no version", () => {
    const { versions } = widgets;
    const { scale: _, ...unscaled } = versions[1]!;
    const mixed = new ScaleFieldManager({
      definition: { ...widgets, versions: [versions[0]!, unscaled] },
      now: () => new Date(0),
    });
    const entry = (apiVersion: string): JsonObject => ({
      manager: "m",
      operation: "Update",
      apiVersion,
      fieldsType: "FieldsV1",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    });
    const parent = widget({}, { managedFields: [entry("lab.example.com/v2"), entry("lab.example.com/v9")] });
    const next = mixed.update(mixed.ofParent(scale(1), parent), scale(2), "hpa");
    expect(entriesOf(mixed.toParent(parent, next, "lab.example.com/v1"))).toEqual([
      'm Update v2: {"f:spec":{"f:replicas":{}}}',
    ]);
  });

  test("are in conflict when another manager applies another count", () => {
    const live = fields.ofParent(scale(1), applied);
    const run = (): JsonObject => fields.apply(live, scale(2), { manager: "n" });
    expect(failureOf(run).message).toBe('Apply failed with 1 conflict: conflict with "m": .spec.replicas');
    const forced = fields.apply(live, scale(2), { manager: "n", force: true });
    expect(entriesOf(fields.toParent(applied, forced, "lab.example.com/v1"))).toEqual([
      'n Apply v1 [scale]: {"f:spec":{"f:replicas":{}}}',
    ]);
  });
});
