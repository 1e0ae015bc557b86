import { expect, test } from "vitest";
import { decodeJson } from "../../machinery/json/decode.ts";
import { encodeOrdered } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { checkMetadata, normalizeMetadata } from "./decode-meta.ts";

const object = (metadata: string): JsonObject => decodeJson(`{"metadata":${metadata}}`).value as JsonObject;
const field = (type: string, name: string, go: string): string =>
  `json: cannot unmarshal ${type} into Go struct field ${name} of type ${go}`;

test.each<[string, string]>([
  ['{"labels":{"a":1}}', field("number", "ObjectMeta.labels", "string")],
  ['{"labels":"x"}', field("string", "ObjectMeta.labels", "map[string]string")],
  ['{"labels":[]}', field("array", "ObjectMeta.labels", "map[string]string")],
  ['{"annotations":{"a":true}}', field("bool", "ObjectMeta.annotations", "string")],
  ['{"name":5}', field("number", "ObjectMeta.name", "string")],
  ['{"uid":5}', field("number", "ObjectMeta.uid", "types.UID")],
  ['{"generation":"x"}', field("string", "ObjectMeta.generation", "int64")],
  ['{"generation":1.5}', field("number 1.5", "ObjectMeta.generation", "int64")],
  ['{"creationTimestamp":5}', field("number", "ObjectMeta.creationTimestamp", "string")],
  ['{"ownerReferences":{}}', field("object", "ObjectMeta.ownerReferences", "[]v1.OwnerReference")],
  ['{"ownerReferences":["x"]}', field("string", "ObjectMeta.ownerReferences", "v1.OwnerReference")],
  ['{"ownerReferences":[{"name":1}]}', field("number", "OwnerReference.ownerReferences.name", "string")],
  [
    '{"ownerReferences":[{"controller":"x"}]}',
    field("string", "OwnerReference.ownerReferences.controller", "bool"),
  ],
  ['{"finalizers":"a"}', field("string", "ObjectMeta.finalizers", "[]string")],
  ['{"finalizers":[1]}', field("number", "ObjectMeta.finalizers", "string")],
  [
    '{"managedFields":[{"operation":1}]}',
    field("number", "ManagedFieldsEntry.managedFields.operation", "v1.ManagedFieldsOperationType"),
  ],
  ["[]", "json: cannot unmarshal array into Go value of type v1.ObjectMeta"],
  [
    '{"creationTimestamp":"x"}',
    'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  ],
  ['{"deletionTimestamp":"2020-13-01T00:00:00Z"}', 'parsing time "2020-13-01T00:00:00Z": month out of range'],
  ['{"deletionTimestamp":"2021-02-29T00:00:00Z"}', 'parsing time "2021-02-29T00:00:00Z": day out of range'],
  [
    '{"deletionTimestamp":"2020-01-01 00:00:00"}',
    'parsing time "2020-01-01 00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse " 00:00:00" as "T"',
  ],
  ['{"deletionTimestamp":"2020-01-01T00:00:00Zx"}', 'parsing time "2020-01-01T00:00:00Zx": extra text: "x"'],
  [
    '{"name":5,"deletionTimestamp":"x"}',
    'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  ],
])("metadata %s is refused: %s", (metadata, message) => {
  expect(checkMetadata(object(metadata)).errors[0]).toBe(message);
});

test("unknown fields are reported with their paths, case counts", () => {
  const { errors, unknown } = checkMetadata(
    object('{"bogus":1,"Name":"x","ownerReferences":[{"zz":1}],"managedFields":[{"fieldsV1":{"f:a":{}}}]}'),
  );
  expect(errors).toEqual([]);
  expect(unknown).toEqual(["metadata.Name", "metadata.bogus", "metadata.ownerReferences[0].zz"]);
});

test.each(["null", "{}", '{"labels":null,"name":null,"creationTimestamp":null}'])(
  "metadata %s is fine",
  (metadata) => {
    expect(checkMetadata(object(metadata))).toEqual({ errors: [], unknown: [] });
  },
);

test("absent metadata is fine", () => {
  expect(checkMetadata({})).toEqual({ errors: [], unknown: [] });
});

test.each<[string, string]>([
  ['{"name":"x","bogus":1,"selfLink":"/x"}', '{"name":"x"}'],
  ['{"labels":{},"annotations":null,"finalizers":[],"generateName":"","generation":0}', "{}"],
  ['{"labels":{"a":null,"b":"1"}}', '{"labels":{"a":"","b":"1"}}'],
  ['{"labels":{"__proto__":"x"}}', '{"labels":{"__proto__":"x"}}'],
  ['{"deletionGracePeriodSeconds":0}', '{"deletionGracePeriodSeconds":0}'],
  ['{"creationTimestamp":"2020-01-01T00:00:00.5+02:00"}', '{"creationTimestamp":"2019-12-31T22:00:00Z"}'],
  [
    '{"ownerReferences":[{"uid":"u","controller":false,"x":1}]}',
    '{"ownerReferences":[{"uid":"u","controller":false,"apiVersion":"","kind":"","name":""}]}',
  ],
])("metadata %s is kept as %s", (metadata, want) => {
  expect(encodeOrdered(normalizeMetadata(object(metadata)["metadata"] as JsonObject))).toBe(want);
});
