import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { Bench, entriesOf, failureOf, widget, widgets, widgetSchema, withSpec } from "./testing/widget.ts";

describe("updates", () => {
  test("a create owns everything but identity and what the server maintains", () => {
    const bench = new Bench();
    const next = widget(
      {
        spec: {
          color: "red",
          items: [{ name: "a", value: "1" }],
          tags: ["x"],
          args: ["y"],
          free: { a: { b: 1 } },
        },
      },
      {
        labels: { app: "w" },
        generateName: "w-",
        creationTimestamp: "2026-01-01T00:00:00Z",
        generation: 1,
        resourceVersion: "1",
        finalizers: ["a.b/c"],
        ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "1" }],
      },
    );
    expect(entriesOf(bench.update(undefined, next, "me"))).toEqual([
      'me Update v1 @0: {"f:metadata":{"f:finalizers":{".":{},"v:\\"a.b/c\\"":{}},"f:generateName":{},"f:labels":{".":{},"f:app":{}},"f:ownerReferences":{".":{},"k:{\\"uid\\":\\"1\\"}":{}}},"f:spec":{".":{},"f:args":{},"f:color":{},"f:free":{".":{},"f:a":{".":{},"f:b":{}}},"f:items":{".":{},"k:{\\"name\\":\\"a\\",\\"protocol\\":\\"TCP\\"}":{".":{},"f:name":{},"f:value":{}}},"f:tags":{".":{},"v:\\"x\\"":{}}}}',
    ]);
  });

  test("a change moves what changed to its writer and drops what was removed", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { color: "red", replicas: 1, args: ["a"] } }), "one");
    bench.seconds = 5;
    const next = bench.update(live, widget({ spec: { color: "blue", args: ["a"] } }), "two");
    expect(entriesOf(next)).toEqual([
      'one Update v1 @0: {"f:spec":{".":{},"f:args":{}}}',
      'two Update v1 @5: {"f:spec":{"f:color":{}}}',
    ]);
  });

  test("a member that lost everything below is written as an empty node", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { color: "red" } }), "one");
    const next = bench.update(live, widget({ spec: { color: "blue" } }), "two");
    expect(entriesOf(next)[0]).toBe('one Update v1 @0: {"f:spec":{}}');
  });

  test("an update that changes nothing keeps entries and times", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { color: "red", items: [{ name: "a" }] } }), "one");
    bench.seconds = 9;
    expect(bench.update(live, structuredClone(live), "two")).toEqual(live);
    expect(bench.update(live, widget({ spec: { color: "red", items: [{ name: "a" }] } }), "one")).toEqual(
      live,
    );
  });

  test("neither object is changed", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { color: "red" } }, { labels: { a: "b" } }), "one");
    const next = withSpec(live, { color: "blue" });
    const before = structuredClone([live, next]);
    bench.update(live, next, "two");
    bench.apply(live, widget({ spec: { color: "red" } }), "kubectl!");
    expect([live, next]).toEqual(before);
  });

  test("a manager is one per version and subresource, and unknown without a name", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { color: "red" } }), "");
    const atTwo = bench.update(
      widget({ spec: { colour: "red" } }, live["metadata"] as JsonObject, "v2"),
      widget({ spec: { colour: "red", replicas: 2 } }, {}, "v2"),
      "",
      "v2",
    );
    expect(entriesOf(atTwo)).toEqual([
      'unknown Update v1 @0: {"f:spec":{".":{},"f:color":{}}}',
      'unknown Update v2 @0: {"f:spec":{"f:replicas":{}}}',
    ]);
  });

  test("the main resource owns no status, and the status subresource no spec", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { color: "red" }, status: { phase: "x" } }), "one");
    expect(entriesOf(live)).toEqual(['one Update v1 @0: {"f:spec":{".":{},"f:color":{}}}']);
    const next = widget({ spec: { color: "blue" }, status: { phase: "y" } }, { labels: { a: "b" } });
    expect(entriesOf(bench.update(live, next, "two", "v1/status"))).toEqual([
      'one Update v1 @0: {"f:spec":{".":{},"f:color":{}}}',
      'two Update v1 [status] @0: {"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:status":{"f:phase":{}}}',
    ]);
  });

  test("sets of another version are compared in the words of that version", () => {
    const bench = new Bench();
    const live = bench.update(undefined, widget({ spec: { color: "red", replicas: 1 } }), "one");
    const stored = widget({ spec: { colour: "red", replicas: 1 } }, live["metadata"] as JsonObject, "v2");
    const next = bench.update(
      stored,
      widget({ spec: { colour: "blue", replicas: 1 } }, {}, "v2"),
      "two",
      "v2",
    );
    expect(entriesOf(next)).toEqual([
      'one Update v1 @0: {"f:spec":{".":{},"f:replicas":{}}}',
      'two Update v2 @0: {"f:spec":{"f:colour":{}}}',
    ]);
  });

  test("with an entry of a version the kind never had, nothing is tracked any more", () => {
    const bench = new Bench();
    const entry = { manager: "m", operation: "Update", fieldsType: "FieldsV1", fieldsV1: { "f:spec": {} } };
    const live = widget(
      { spec: {} },
      {
        managedFields: [
          { ...entry, apiVersion: "lab.example.com/v0" },
          { ...entry, apiVersion: "other.example.com/v1" },
          { ...entry, apiVersion: "lab.example.com/v1" },
        ],
      },
    );
    expect(entriesOf(bench.update(live, live, "me"))).toEqual([]);
  });
});

describe("managed fields sent by clients", () => {
  const bench = new Bench();
  const live = bench.update(undefined, widget({ spec: { color: "red" } }), "one");
  const given = (managedFields: JsonObject[] | undefined): JsonObject => ({
    ...live,
    metadata: {
      ...(widget()["metadata"] as JsonObject),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
  });
  const entry = {
    manager: "edited",
    operation: "Update",
    apiVersion: "lab.example.com/v1",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:spec": { "f:color": {} } },
  };

  test.each([
    { says: "missing", managedFields: undefined },
    { says: "an empty list", managedFields: [] },
    { says: "another operation", managedFields: [{ ...entry, operation: "Change" }] },
    { says: "no apiVersion", managedFields: [{ ...entry, apiVersion: "" }] },
    { says: "another fieldsType", managedFields: [{ ...entry, fieldsType: "FieldsV2" }] },
    { says: "malformed fields", managedFields: [{ ...entry, fieldsV1: { spec: {} } }] },
    { says: "a time that is none", managedFields: [{ ...entry, time: "noon" }] },
    { says: "two entries, one empty", managedFields: [entry, {}] },
  ])("$says: the stored ones stay", ({ managedFields }) => {
    expect(bench.update(live, given(managedFields), "me")).toEqual(live);
  });

  test("valid ones are taken over", () => {
    expect(entriesOf(bench.update(live, given([entry]), "me"))).toEqual([
      'edited Update v1: {"f:spec":{"f:color":{}}}',
    ]);
  });

  test("through a subresource they are ignored", () => {
    expect(bench.update(live, given([entry]), "me", "v1/status")).toEqual(live);
    expect(bench.update(live, given([{}]), "me", "v1/status")).toEqual(live);
  });

  test("one empty entry clears them, and nothing is tracked until the next apply", () => {
    const cleared = bench.update(live, given([{}]), "me");
    expect(cleared["metadata"]).not.toHaveProperty("managedFields");
    const changed = bench.update(cleared, withSpec(cleared, { color: "blue" }), "me");
    expect(changed["metadata"]).not.toHaveProperty("managedFields");
    expect(entriesOf(bench.apply(changed, widget({ spec: { replicas: 1 } }), "m1"))).toEqual([
      'm1 Apply v1 @0: {"f:spec":{"f:replicas":{}}}',
      'before-first-apply Update v1 @0: {"f:spec":{".":{},"f:color":{}}}',
    ]);
  });
});

describe("the cap on update entries", () => {
  test("the oldest of more than ten are merged into one per version", () => {
    const bench = new Bench();
    let live = bench.update(undefined, widget({ spec: { labels: { k0: "" } } }), "m0");
    for (let i = 1; i <= 12; i++) {
      bench.seconds = i;
      const labels = getPath(live, "spec", "labels") as JsonObject;
      live = bench.update(
        live,
        withSpec(live, { labels: { ...labels, [`k${String(i)}`]: "" } }),
        `m${String(i)}`,
      );
    }
    const entries = entriesOf(live);
    expect(entries).toHaveLength(10);
    expect(entries[0]).toBe(
      'ancient-changes Update v1 @3: {"f:spec":{".":{},"f:labels":{".":{},"f:k0":{},"f:k1":{},"f:k2":{},"f:k3":{}}}}',
    );
    expect(entries[1]).toBe('m4 Update v1 @4: {"f:spec":{"f:labels":{"f:k4":{}}}}');
  });

  test("appliers do not count", () => {
    const bench = new Bench();
    let live = bench.apply(undefined, widget({ spec: { color: "red" } }), "a0");
    for (let i = 1; i <= 12; i++)
      live = bench.apply(live, widget({ spec: { color: "red" } }), `a${String(i)}`);
    expect(entriesOf(live)).toHaveLength(13);
  });
});

describe("schemas that changed", () => {
  const definition = (atomic: boolean): typeof widgets => ({
    ...widgets,
    versions: widgets.versions.map((version) => ({ ...version, schema: widgetSchema("color", atomic) })),
  });

  test("owning below what became atomic is owning it", () => {
    const live = new Bench(definition(false)).update(
      undefined,
      widget({ spec: { labels: { a: "b" } } }),
      "one",
    );
    const next = new Bench(definition(true)).update(live, withSpec(live, { color: "red" }), "two");
    expect(entriesOf(next)[0]).toBe('one Update v1 @0: {"f:spec":{".":{},"f:labels":{}}}');
  });

  test("owning what became granular stays owning the node", () => {
    const live = new Bench(definition(true)).update(
      undefined,
      widget({ spec: { labels: { a: "b" } } }),
      "one",
    );
    const next = new Bench(definition(false)).update(live, withSpec(live, { labels: { a: "c" } }), "two");
    expect(entriesOf(next)).toEqual([
      'one Update v1 @0: {"f:spec":{".":{},"f:labels":{}}}',
      'two Update v1 @0: {"f:spec":{"f:labels":{"f:a":{}}}}',
    ]);
  });
});

describe("failures of apply", () => {
  const bench = new Bench();
  const live = bench.update(undefined, widget({ spec: { color: "red" } }), "one");
  const at = "(ns/w; lab.example.com/v1, Kind=Widget)";

  test.each<{ says: string; applied: JsonObject; code: number; reason: string; message: string }>([
    {
      says: "another version",
      applied: widget({}, {}, "v2"),
      code: 400,
      reason: "BadRequest",
      message: "invalid object type: lab.example.com/v2, Kind=Widget",
    },
    {
      says: "no type",
      applied: { metadata: {} },
      code: 400,
      reason: "BadRequest",
      message: "invalid object type: /, Kind=",
    },
    {
      says: "managed fields",
      applied: widget({}, { managedFields: [] }),
      code: 400,
      reason: "BadRequest",
      message: "metadata.managedFields must be nil",
    },
    {
      says: "an unknown field",
      applied: widget({ spec: { bogus: 1 } }),
      code: 500,
      reason: "",
      message: `failed to create typed patch object ${at}: .spec.bogus: field not declared in schema`,
    },
    {
      says: "a wrong type",
      applied: widget({ spec: { tags: "q" } }),
      code: 500,
      reason: "",
      message: `failed to create typed patch object ${at}: .spec.tags: expected list, got &{q}`,
    },
    {
      says: "a duplicate in a set",
      applied: widget({ spec: { tags: ["q", "q"] } }),
      code: 500,
      reason: "",
      message: `failed to create typed patch object ${at}: .spec.tags: duplicate entries for key [="q"]`,
    },
    {
      says: "a duplicate by a default key",
      applied: widget({ spec: { items: [{ name: "q" }, { name: "q", protocol: "TCP" }] } }),
      code: 500,
      reason: "",
      message: `failed to create typed patch object ${at}: .spec.items: duplicate entries for key [name="q",protocol="TCP"]`,
    },
    {
      says: "an unknown field of an embedded object's metadata",
      applied: widget({ spec: { template: { metadata: { bogus: 1 } } } }),
      code: 500,
      reason: "",
      message: `failed to create typed patch object ${at}: .spec.template.metadata.bogus: field not declared in schema`,
    },
  ])("$says", ({ applied, code, reason, message }) => {
    expect(failureOf(() => bench.apply(live, applied, "m1"))).toMatchObject({ code, reason, message });
  });

  test("stored managed fields that cannot be read", () => {
    const broken = widget({}, { managedFields: [{ operation: "?" }] });
    expect(failureOf(() => bench.apply(broken, widget(), "m1"))).toMatchObject({
      code: 500,
      reason: "",
      message: "failed to decode managed fields: operation must be `Apply` or `Update`",
    });
  });
});
