import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeJson } from "../../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { encodeStored, isStoredAs, metadataBytes, withResourceVersion } from "./stored-form.ts";

const hostileText = fc.constantFrom(
  '"metadata":{"resourceVersion":"1"}',
  "\\",
  '\\"',
  "}{][",
  "é<&>",
  "metadata",
  "",
  "a,b:c",
);
const leaf: fc.Arbitrary<JsonValue> = fc.oneof(hostileText, fc.integer(), fc.boolean(), fc.constant(null));
const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(hostileText, tie("value"), { maxKeys: 3 }),
  ),
})).value;
const fields = fc.constantFrom(
  "annotations",
  "labels",
  "managedFields",
  "name",
  "ownerReferences",
  "resourceVersion",
  "uid",
  "selfLink",
  "zzz",
);
const object: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.dictionary(fc.constantFrom("apiVersion", "data", "kind", "spec", "a{", '"'), value),
    fc.dictionary(fields, value),
  )
  .map(([rest, metadata]) => ({ ...rest, metadata }));

test("putting the resourceVersion into stored bytes equals encoding the object with it", () => {
  fc.assert(
    fc.property(object, fc.integer({ min: 1 }), (o, revision) => {
      const want = {
        ...o,
        metadata: { ...(o["metadata"] as JsonObject), resourceVersion: String(revision) },
      };
      expect(withResourceVersion("/k", encodeStored(o), revision).toString()).toBe(encodeJson(want));
    }),
    { numRuns: 500 },
  );
});

test("an object is stored as the bytes it was stored as, and as no others", () => {
  fc.assert(
    fc.property(object, object, fc.integer({ min: 1 }), (o, other, revision) => {
      const [stored, others] = [encodeStored(o), encodeStored(other)];
      const cached = { key: "/k", revision, json: withResourceVersion("/k", stored, revision) };
      expect(isStoredAs(cached, Buffer.from(stored))).toBe(true);
      expect(isStoredAs(cached, others)).toBe(others.equals(stored));
    }),
    { numRuns: 500 },
  );
});

test("bytes that have one already get the new one", () => {
  const stored = Buffer.from('{"metadata":{"name":"x","resourceVersion":"1","uid":"u"}}');
  expect(withResourceVersion("/k", stored, 23).toString()).toBe(
    '{"metadata":{"name":"x","resourceVersion":"23","uid":"u"}}',
  );
});

test("encoding for the store does not change the object", () => {
  const o: JsonObject = { metadata: { name: "x", resourceVersion: "7" } };
  expect(encodeStored(o).toString()).toBe('{"metadata":{"name":"x"}}');
  expect(o).toEqual({ metadata: { name: "x", resourceVersion: "7" } });
});

test.each(["", "[]", "{}", '{"metadata":[]}', '{"metadata":{', "garbage"])("bytes %j are corrupt", (text) => {
  expect(() => withResourceVersion("/k", Buffer.from(text), 1)).toThrow(
    "the stored value of /k is not an object",
  );
});

test("the metadata that is found in the bytes is that of the object, in its own version only", () => {
  fc.assert(
    fc.property(object, (o) => {
      // No object of the API has a key that stands before its apiVersion.
      delete o['"'];
      const metadata = o["metadata"] as JsonObject;
      const bytes = Buffer.from(encodeJson({ ...o, apiVersion: "example.com/v1" }));
      expect(metadataBytes(bytes, "example.com/v1")?.toString()).toBe(encodeJson(metadata));
      expect(metadataBytes(bytes, "example.com/v2")).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test.each([
  { says: "that are no object", text: "[1]" },
  { says: "without metadata", text: '{"apiVersion":"v1","kind":"Widget"}' },
  { says: "whose metadata are no object", text: '{"apiVersion":"v1","metadata":"none"}' },
  { says: "that end in their midst", text: '{"apiVersion":"v1","kind' },
])("no metadata are found in bytes $says", ({ text }) => {
  expect(metadataBytes(Buffer.from(text), "v1")).toBeUndefined();
});
