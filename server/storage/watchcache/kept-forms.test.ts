import v8 from "node:v8";
import vm from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cachedObject, factsOf } from "./cached-object.ts";
import { entryBytes, KeptForms } from "./kept-forms.ts";
import type { CachedObject } from "./types.ts";

function anObject(name: string, forms: KeptForms): CachedObject {
  const object = { metadata: { name, uid: name } };
  const stored = Buffer.from(JSON.stringify(object));
  return cachedObject({
    key: `/registry/a/${name}`,
    relative: name,
    revision: 7,
    stored,
    facts: factsOf(object),
    forms,
  });
}

function collectGarbage(): void {
  v8.setFlagsFromString("--expose-gc");
  (vm.runInNewContext("gc") as () => void)();
}

describe("forms that are kept with objects", () => {
  test("are made once while there is room, and after that the oldest are made anew", () => {
    const forms = new KeptForms(3 * (300 + entryBytes));
    const objects = ["a", "b", "c"].map((name) => anObject(name, forms));
    const made: string[] = [];
    const read = (i: number, form: string): number => {
      const object = objects[i]!;
      return object.bytes(form, () => {
        made.push(`${object.name}/${form}`);
        return Buffer.alloc(300);
      }).length;
    };
    for (const form of ["x", "x"]) for (const i of [0, 1, 2]) expect(read(i, form)).toBe(300);
    expect(made.splice(0)).toEqual(["a/x", "b/x", "c/x"]);
    expect(forms.bytes).toBe(3 * (300 + entryBytes));
    read(0, "y");
    expect(forms.bytes).toBe(3 * (300 + entryBytes));
    for (const i of [2, 1]) read(i, "x");
    expect(objects[0]?.kept("x")).toBeUndefined();
    read(0, "x");
    expect(made).toEqual(["a/y", "a/x"]);
  });

  test("weigh nothing where they are what is stored, and stay", () => {
    const forms = new KeptForms(100);
    const object = anObject("a", forms);
    expect(object.bytes("json", ({ json }) => Buffer.from(json))).toBe(object.json);
    expect(forms.bytes).toBe(0);
    for (let i = 0; i < 10; i++) object.bytes(`large-${i}`, () => Buffer.alloc(60));
    expect(object.kept("json")).toBe(object.json);
  });

  test("are, when derived, as heavy as is said, or as their object", () => {
    const forms = new KeptForms(1000);
    const object = anObject("a", forms);
    expect(
      object.memo(
        "cells",
        () => ["x"],
        (cells) => cells.length,
      ),
    ).toEqual(["x"]);
    expect(forms.bytes).toBe(entryBytes + 1);
    object.memo("decoded", (own) => own.decode());
    expect(forms.bytes).toBe(2 * entryBytes + 1 + object.json.length);
    object.bytes("large", () => Buffer.alloc(1000));
    const counted = { computed: 0 };
    object.memo("cells", () => (counted.computed += 1));
    expect(counted).toEqual({ computed: 1 });
  });

  test("count no longer when their objects are gone and there were as many since", async () => {
    const forms = new KeptForms();
    const keep = (count: number): readonly CachedObject[] =>
      Array.from({ length: count }, (_, i) => {
        const object = anObject(`m-${i}`, forms);
        object.bytes("x", () => Buffer.alloc(10));
        return object;
      });
    const held = keep(10);
    keep(4000);
    expect(forms.bytes).toBe(4010 * (10 + entryBytes));
    // What was made within a turn is held until its end.
    await new Promise(setImmediate);
    collectGarbage();
    keep(100);
    expect(forms.bytes).toBeGreaterThanOrEqual(10 * (10 + entryBytes));
    expect(forms.bytes).toBeLessThan(200 * (10 + entryBytes));
    expect(held.map((object) => object.kept("x")?.length)).toEqual(held.map(() => 10));
  });

  test("never take more than there is room for, whatever is asked for in whatever order", () => {
    const asked = fc.array(fc.record({ object: fc.nat(5), form: fc.nat(4), bytes: fc.nat(600) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(asked, (reads) => {
        const forms = new KeptForms(1000);
        const objects = Array.from({ length: 6 }, (_, i) => anObject(`o-${i}`, forms));
        for (const { object, form, bytes } of reads) {
          objects[object]?.bytes(`f-${form}`, () => Buffer.alloc(bytes));
          const kept = objects.flatMap((one) => [0, 1, 2, 3, 4].map((f) => one.kept(`f-${f}`)));
          const sum = kept.reduce(
            (all, form) => all + (form === undefined ? 0 : form.length + entryBytes),
            0,
          );
          expect(sum).toBe(forms.bytes);
          expect(sum).toBeLessThanOrEqual(1000);
        }
      }),
    );
  });
});
