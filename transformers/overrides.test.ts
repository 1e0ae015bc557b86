import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../machinery/json/value.ts";
import { mergeOverrides, mergeSchema } from "./overrides.ts";

const schema = mergeSchema(["spec.groups.[].template.spec", "spec.parts.*.pod"], {
  "spec.groups": "groupName",
});
const merge = (target: JsonObject, patch: JsonObject): JsonObject => mergeOverrides(target, patch, schema);

describe("overrides", () => {
  const groups = (...items: JsonObject[]): JsonObject => ({ spec: { groups: items } });
  test.each<{ says: string; target: JsonObject; patch: JsonObject; want: JsonObject }>([
    { says: "merge objects", target: { a: { b: 1 } }, patch: { a: { c: 2 } }, want: { a: { b: 1, c: 2 } } },
    {
      says: "remove by null",
      target: { a: { b: 1, c: 2 } },
      patch: { a: { b: null } },
      want: { a: { c: 2 } },
    },
    {
      says: "leave nothing of null in what is new",
      target: {},
      patch: { a: { b: null, c: 1 } },
      want: { a: { c: 1 } },
    },
    { says: "replace lists without a key", target: { a: [1, 2] }, patch: { a: [3] }, want: { a: [3] } },
    {
      says: "keep false and zero",
      target: { a: true, b: 1 },
      patch: { a: false, b: 0 },
      want: { a: false, b: 0 },
    },
    {
      says: "merge lists by their key, whatever it is called, and put new items behind",
      target: groups({ groupName: "a", n: 1 }, { groupName: "b", n: 1 }),
      patch: groups({ groupName: "c" }, { groupName: "b", n: 2, m: 3 }),
      want: groups({ groupName: "a", n: 1 }, { groupName: "b", n: 2, m: 3 }, { groupName: "c" }),
    },
    {
      says: "find pod specs inside lists and maps",
      target: {
        spec: {
          groups: [{ groupName: "a", template: { spec: { containers: [{ name: "x", image: "1" }] } } }],
          parts: { p: { pod: { volumes: [{ name: "v", emptyDir: {} }] } } },
        },
      },
      patch: {
        spec: {
          groups: [{ groupName: "a", template: { spec: { containers: [{ name: "x", tty: true }] } } }],
          parts: { p: { pod: { volumes: [{ name: "w", emptyDir: {} }] } } },
        },
      },
      want: {
        spec: {
          groups: [
            { groupName: "a", template: { spec: { containers: [{ name: "x", image: "1", tty: true }] } } },
          ],
          parts: {
            p: {
              pod: {
                volumes: [
                  { name: "v", emptyDir: {} },
                  { name: "w", emptyDir: {} },
                ],
              },
            },
          },
        },
      },
    },
    {
      says: "take directives of other merges for fields",
      target: { a: { b: 1 } },
      patch: { a: { $patch: "replace" } },
      want: { a: { b: 1, $patch: "replace" } },
    },
    {
      says: "take hostile keys for data",
      target: {},
      patch: JSON.parse('{"__proto__": {"a": 1}}') as JsonObject,
      want: JSON.parse('{"__proto__": {"a": 1}}') as JsonObject,
    },
  ])("$says", ({ target, patch, want }) => {
    expect(merge(target, patch)).toEqual(want);
  });

  test("change neither of the two, and twice is as once", () => {
    const object = fc.dictionary(fc.constantFrom("a", "b", "spec"), fc.jsonValue(), { maxKeys: 3 });
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = merge(target as JsonObject, patch as JsonObject);
        expect(merge(once, patch as JsonObject)).toEqual(once);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });
});
