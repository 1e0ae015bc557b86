import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { keepTimes } from "./keep-times.ts";
import { Bench, entriesOf, failureOf, widget, withSpec } from "./testing/widget.ts";

/** A configuration as users apply it: no uid, no namespace. */
const config = (spec: JsonObject, metadata: JsonObject = {}, at = "v1"): JsonObject => ({
  apiVersion: `lab.example.com/${at}`,
  kind: "Widget",
  metadata: { name: "w", ...metadata },
  spec,
});

const specOf = (object: JsonObject): unknown => object["spec"];
const annotation = "kubectl.kubernetes.io/last-applied-configuration";

describe("an apply", () => {
  test("creates what is not there, and owns what it lists but not the struct fields on the way", () => {
    const bench = new Bench();
    const created = bench.apply(
      undefined,
      config({ color: "red", items: [{ name: "a" }], labels: { x: "y" } }),
      "m1",
    );
    expect(created).toEqual({
      ...config({ color: "red", items: [{ name: "a" }], labels: { x: "y" } }),
      metadata: { name: "w", managedFields: expect.anything() as unknown },
    });
    expect(entriesOf(created)).toEqual([
      'm1 Apply v1 @0: {"f:spec":{"f:color":{},"f:items":{"k:{\\"name\\":\\"a\\",\\"protocol\\":\\"TCP\\"}":{".":{},"f:name":{}}},"f:labels":{"f:x":{}}}}',
    ]);
  });

  test("that changes nothing keeps the object, its entries and their times", () => {
    const bench = new Bench();
    const live = bench.apply(undefined, config({ color: "red", tags: ["x"] }), "m1");
    bench.seconds = 7;
    expect(bench.apply(live, config({ color: "red", tags: ["x"] }), "m1")).toEqual(live);
  });

  test("of the same values by another manager shares them, without a time", () => {
    const bench = new Bench();
    const live = bench.apply(undefined, config({ color: "red" }), "m1");
    expect(entriesOf(bench.apply(live, config({ color: "red" }), "m2"))).toEqual([
      'm2 Apply v1: {"f:spec":{"f:color":{}}}',
      'm1 Apply v1 @0: {"f:spec":{"f:color":{}}}',
    ]);
  });

  test("removes what its manager gave up and nobody else owns", () => {
    const bench = new Bench();
    let live = bench.apply(
      undefined,
      config({ color: "red", replicas: 1, items: [{ name: "a" }, { name: "b" }] }),
      "m1",
    );
    live = bench.apply(live, config({ items: [{ name: "b" }] }), "m2");
    live = bench.update(live, withSpec(live, { replicas: 2 }), "u");
    bench.seconds = 3;
    const next = bench.apply(live, config({ tags: ["x"] }), "m1");
    expect(specOf(next)).toEqual({ replicas: 2, items: [{ name: "b" }], tags: ["x"] });
    expect(entriesOf(next)[1]).toBe('m1 Apply v1 @3: {"f:spec":{"f:tags":{"v:\\"x\\"":{}}}}');
  });

  test("removes in the words of the version it was applied at, and moves its entry to the new one", () => {
    const bench = new Bench();
    const live = bench.apply(undefined, config({ color: "red", replicas: 1 }), "m1");
    const stored = {
      ...config({ colour: "red", replicas: 1 }, {}, "v2"),
      metadata: live["metadata"] as JsonObject,
    };
    const next = bench.apply(stored, config({ replicas: 1 }, {}, "v2"), "m1", "v2");
    expect(specOf(next)).toEqual({ replicas: 1 });
    expect(entriesOf(next)).toEqual(['m1 Apply v2 @0: {"f:spec":{"f:replicas":{}}}']);
  });

  test("completes what it changed, and nothing else", () => {
    const bench = new Bench();
    const complete = (object: JsonObject): void => {
      (object["spec"] as JsonObject)["replicas"] = 7;
    };
    const apply = (live: JsonObject | undefined, spec: JsonObject, manager: string): JsonObject =>
      bench.manager.apply(live, config(spec), { manager, version: "v1", complete });
    const created = apply(undefined, { color: "red" }, "m1");
    expect(specOf(created)).toEqual({ color: "red", replicas: 7 });
    const stored = { ...created, spec: { color: "red" } };
    expect(specOf(apply(stored, { color: "red" }, "m2"))).toEqual({ color: "red" });
    expect(specOf(apply(stored, { color: "red", tags: ["x"] }, "m2"))).toEqual({
      color: "red",
      tags: ["x"],
      replicas: 7,
    });
  });

  test("keeps an item of which others own nothing but that it is there", () => {
    const bench = new Bench();
    const entry = {
      manager: "u",
      operation: "Update",
      apiVersion: "lab.example.com/v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:spec": { "f:items": { 'k:{"name":"a","protocol":"TCP"}': {} } } },
    };
    const live = widget({ spec: { items: [{ name: "a", value: "1" }] } }, { managedFields: [entry] });
    const both = bench.apply(live, config({ items: [{ name: "b" }] }), "m1");
    expect(specOf(bench.apply(both, config({ color: "red" }), "m1"))).toEqual({
      color: "red",
      items: [{ name: "a", value: "1" }],
    });
  });

  test("keeps the order it gives, and items it does not mention where they were", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { tags: ["a", "b", "c", "d"] } }), "u");
    expect(specOf(bench.apply(live, config({ tags: ["d", "x", "b"] }), "m1"))).toEqual({
      tags: ["a", "c", "d", "x", "b"],
    });
  });

  test("takes over what is atomic as a whole", () => {
    const bench = new Bench();
    const live = bench.update(
      undefined,
      widget({ spec: { selector: { app: "a", tier: "b" }, args: ["x"] } }),
      "u",
    );
    const next = bench.apply(live, config({ selector: { app: "c" }, args: ["y"] }), "m1!");
    expect(specOf(next)).toEqual({ selector: { app: "c" }, args: ["y"] });
    expect(entriesOf(next)[1]).toBe('u Update v1 @0: {"f:spec":{}}');
  });

  test("of status through the main resource is not owned, through status spec is not", () => {
    const bench = new Bench();
    const live = bench.apply(undefined, { ...config({ color: "red" }), status: { phase: "x" } }, "m1");
    expect(entriesOf(live)).toEqual(['m1 Apply v1 @0: {"f:spec":{"f:color":{}}}']);
    const next = bench.apply(
      live,
      { ...config({ color: "red" }), status: { phase: "y" } },
      "m1",
      "v1/status",
    );
    expect(entriesOf(next)).toEqual([
      'm1 Apply v1 @0: {"f:spec":{"f:color":{}}}',
      'm1 Apply v1 [status] @0: {"f:status":{"f:phase":{}}}',
    ]);
  });

  test("on an object nobody tracked starts with an entry for everything it had", () => {
    const bench = new Bench();
    const next = bench.apply(widget({ spec: { color: "red", replicas: 1 } }), config({ replicas: 1 }), "m1");
    expect(entriesOf(next)).toEqual([
      'm1 Apply v1: {"f:spec":{"f:replicas":{}}}',
      'before-first-apply Update v1 @0: {"f:spec":{".":{},"f:color":{},"f:replicas":{}}}',
    ]);
  });

  test("hands out an object of its own, without null metadata", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: {} }, { labels: {} }), "u");
    const labelled = bench.apply(live, config({ free: { a: [1] } }, { labels: { x: "y" } }), "m1");
    const next = bench.apply(labelled, config({ free: { a: [1] } }), "m1");
    expect(next["metadata"]).not.toHaveProperty("labels");
    (getPath(next, "spec", "free", "a") as number[]).push(2);
    expect(getPath(labelled, "spec", "free", "a")).toEqual([1]);
  });

  test("treats hostile keys as data", () => {
    const bench = new Bench();
    const applied = JSON.parse('{"labels":{"__proto__":"x","constructor":"y"}}') as JsonObject;
    const next = bench.apply(
      bench.update(undefined, widget({ spec: { labels: {} } }), "u"),
      config(applied),
      "m1",
    );
    expect(JSON.stringify(getPath(next, "spec", "labels"))).toBe('{"__proto__":"x","constructor":"y"}');
    expect(entriesOf(next)[0]).toBe(
      'm1 Apply v1 @0: {"f:spec":{"f:labels":{"f:__proto__":{},"f:constructor":{}}}}',
    );
  });
});

describe("a conflict", () => {
  const cause = (manager: string, field: string): JsonObject => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${manager}`,
    field,
  });

  test("with one field of an applier", () => {
    const bench = new Bench();
    const live = bench.apply(undefined, config({ color: "red" }), "m1");
    expect(failureOf(() => bench.apply(live, config({ color: "blue" }), "m2"))).toEqual({
      code: 409,
      reason: "Conflict",
      message: 'Apply failed with 1 conflict: conflict with "m1": .spec.color',
      details: { causes: [cause('"m1"', ".spec.color")] },
    });
  });

  test("with several fields of several managers, sorted", () => {
    const bench = new Bench();
    let live = bench.apply(
      undefined,
      config({ items: [{ name: "a", value: "1" }] }, { labels: { a: "1" } }),
      "m1",
    );
    live = bench.update(live, withSpec(live, { color: "red", replicas: 1 }), "upd");
    live = bench.apply(live, { ...config({}), status: { phase: "x" } }, "m3", "v1/status");
    const other = {
      ...config({ color: "blue", replicas: 2, items: [{ name: "a", value: "2" }] }, { labels: { a: "2" } }),
      status: { phase: "y" },
    };
    const failure = failureOf(() => bench.apply(live, other, "m2"));
    expect(failure.message).toBe(
      [
        'Apply failed with 4 conflicts: conflicts with "m1":',
        "- .metadata.labels.a",
        '- .spec.items[name="a",protocol="TCP"].value',
        'conflicts with "upd" using lab.example.com/v1:',
        "- .spec.color",
        "- .spec.replicas",
      ].join("\n"),
    );
    expect(failure.details).toEqual({
      causes: [
        cause('"m1"', ".metadata.labels.a"),
        cause('"m1"', '.spec.items[name="a",protocol="TCP"].value'),
        cause('"upd" using lab.example.com/v1', ".spec.color"),
        cause('"upd" using lab.example.com/v1', ".spec.replicas"),
      ],
    });
    expect(failureOf(() => bench.apply(live, other, "m2", "v1/status")).message).toContain(
      'conflicts with "m3" with subresource "status":\n- .status.phase',
    );
  });

  test("is over with force: losers lose exactly those fields, and entries that become empty go", () => {
    const bench = new Bench();
    let live = bench.apply(undefined, config({ color: "red", replicas: 1 }), "m1");
    live = bench.apply(live, config({ replicas: 1 }), "m2");
    const next = bench.apply(live, config({ color: "blue", replicas: 2 }), "m3!");
    expect(entriesOf(next)).toEqual(['m3 Apply v1 @0: {"f:spec":{"f:color":{},"f:replicas":{}}}']);
  });

  test("does not touch the live object", () => {
    const bench = new Bench();
    const live = bench.apply(undefined, config({ color: "red" }), "m1");
    const before = structuredClone(live);
    failureOf(() => bench.apply(live, config({ color: "blue" }), "m2"));
    expect(live).toEqual(before);
  });
});

describe("kubectl taking over from client-side apply", () => {
  const lastApplied = (spec: JsonObject): string => JSON.stringify(config(spec, { annotations: {} }));
  const stored = (bench: Bench, spec: JsonObject, last: string): JsonObject =>
    bench.update(
      undefined,
      widget({ spec }, { annotations: { [annotation]: last } }),
      "kubectl-client-side-apply",
    );

  test("has no conflict with what it applied then, and the annotation follows", () => {
    const bench = new Bench();
    const live = stored(bench, { color: "red", replicas: 1 }, lastApplied({ color: "red", replicas: 1 }));
    const applied = config({ color: "blue", replicas: 1 });
    const next = bench.apply(live, applied, "kubectl");
    expect(getPath(next, "spec", "color")).toBe("blue");
    expect(getPath(next, "metadata", "annotations", annotation)).toBe(
      '{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"color":"blue","replicas":1}}\n',
    );
  });

  test("conflicts where the live value is not what it applied", () => {
    const bench = new Bench();
    const live = stored(bench, { color: "green", replicas: 1 }, lastApplied({ color: "red", replicas: 1 }));
    expect(
      failureOf(() => bench.apply(live, config({ color: "blue", replicas: 2 }), "kubectl")).message,
    ).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using lab.example.com/v1: .spec.color',
    );
  });

  test.each([
    { says: "another manager", manager: "m1", last: lastApplied({ color: "red" }) },
    { says: "no JSON", manager: "kubectl", last: "{" },
    {
      says: "another version",
      manager: "kubectl",
      last: JSON.stringify(config({ colour: "red" }, {}, "v2")),
    },
    {
      says: "a configuration that does not fit",
      manager: "kubectl",
      last: lastApplied({ color: "red", bogus: 1 }),
    },
    { says: "an empty annotation", manager: "kubectl", last: "" },
  ])("conflicts with $says", ({ manager, last }) => {
    const bench = new Bench();
    const live = stored(bench, { color: "red" }, last);
    expect(failureOf(() => bench.apply(live, config({ color: "blue" }), manager)).code).toBe(409);
  });

  test("drops an annotation that would become too large, and leaves other managers' alone", () => {
    const bench = new Bench();
    const live = stored(bench, { color: "red" }, lastApplied({ color: "red" }));
    const large = config({ color: "red", free: { text: "x".repeat(300_000) } });
    expect(
      getPath(bench.apply(live, large, "kubectl"), "metadata", "annotations", annotation),
    ).toBeUndefined();
    expect(getPath(bench.apply(live, large, "m1"), "metadata", "annotations", annotation)).toBe(
      lastApplied({ color: "red" }),
    );
  });
});

describe("keepTimes", () => {
  const bench = new Bench();
  const live = bench.apply(undefined, config({ color: "red" }), "m1");
  bench.seconds = 60;
  const later = bench.apply(undefined, config({ color: "red" }), "m1");

  test("makes a write that only moved times a no-op", () => {
    expect(later).not.toEqual(live);
    expect(keepTimes(live, later)).toEqual(live);
  });

  test.each<{ says: string; next: JsonObject }>([
    { says: "another value", next: { ...later, spec: { color: "blue" } } },
    { says: "another owner", next: bench.apply(undefined, config({ color: "red" }), "m2") },
    { says: "one more owner", next: bench.apply(later, config({ color: "red" }), "m2") },
    {
      says: "a label",
      next: { ...later, metadata: { ...(later["metadata"] as JsonObject), labels: { a: "b" } } },
    },
  ])("leaves a write with $says alone", ({ next }) => {
    expect(keepTimes(live, next)).toBe(next);
  });
});
