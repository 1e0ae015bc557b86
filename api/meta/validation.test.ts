import { describe, expect, test } from "vitest";
import { printFieldError } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { dns1035Label } from "../../machinery/names/names.ts";
import { dedupOwnerReferences } from "./owner-references.ts";
import { metadataWarnings, validateObjectMeta, validateObjectMetaUpdate } from "./validation.ts";

const base = (): JsonObject => ({ name: "web", namespace: "default" });
const create = (meta: JsonObject, namespaced = true): string[] =>
  validateObjectMeta(meta, { namespaced, isCreate: true }).map(printFieldError);

/** `~` stands for the rest of a long sentence. */
const short = (errors: readonly string[]): string[] =>
  errors.map((e) => e.replace(/ must consist of.*/s, " ~"));

const owner = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "u1" };

test.each<{ says: string; edit: JsonObject; want: string[] }>([
  { says: "accepts the minimal object", edit: {}, want: [] },
  {
    says: "wants a name",
    edit: { name: "" },
    want: ["metadata.name: Required value: name or generateName is required"],
  },
  {
    says: "refuses bad names",
    edit: { name: "W_1" },
    want: ['metadata.name: Invalid value: "W_1": a lowercase RFC 1123 subdomain ~'],
  },
  {
    says: "refuses long names",
    edit: { name: "a".repeat(254) },
    want: [`metadata.name: Invalid value: "${"a".repeat(254)}": must be no more than 253 characters`],
  },
  { says: "accepts a prefix that ends in a hyphen", edit: { generateName: "web-" }, want: [] },
  {
    says: "refuses bad prefixes",
    edit: { generateName: "Web-" },
    want: ['metadata.generateName: Invalid value: "Web-": a lowercase RFC 1123 subdomain ~'],
  },
  { says: "wants a namespace", edit: { namespace: "" }, want: ["metadata.namespace: Required value"] },
  {
    says: "refuses namespaces with dots",
    edit: { namespace: "a.b" },
    want: ['metadata.namespace: Invalid value: "a.b": must not contain dots'],
  },
  {
    says: "refuses negative generations",
    edit: { generation: -1 },
    want: ["metadata.generation: Invalid value: -1: must be greater than or equal to 0"],
  },
  {
    says: "names a bad label key",
    edit: { labels: { "-a": "x" } },
    want: ['metadata.labels: Invalid value: "-a": name part ~'],
  },
  {
    says: "names a bad label prefix",
    edit: { labels: { "A/a": "x" } },
    want: ['metadata.labels: Invalid value: "A/a": prefix part a lowercase RFC 1123 subdomain ~'],
  },
  {
    says: "names a bad label value",
    edit: { labels: { a: "a b" } },
    want: [
      "metadata.labels: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  },
  {
    says: "refuses long label values",
    edit: { labels: { a: "x".repeat(64) } },
    want: [`metadata.labels: Invalid value: "${"x".repeat(64)}": must be no more than 63 bytes`],
  },
  {
    says: "ignores the case of annotation prefixes",
    edit: { annotations: { "Example.COM/a": "any thing" } },
    want: [],
  },
  {
    says: "names a bad annotation key",
    edit: { annotations: { "a b": "" } },
    want: ['metadata.annotations: Invalid value: "a b": name part ~'],
  },
  { says: "accepts annotations of 256 KiB", edit: { annotations: { ab: "x".repeat(262142) } }, want: [] },
  {
    says: "refuses one byte more",
    edit: { annotations: { ab: "x".repeat(262143) } },
    want: ["metadata.annotations: Too long: may not be more than 262144 bytes"],
  },
  {
    says: "counts annotations in bytes",
    edit: { annotations: { ab: "é".repeat(131072) } },
    want: ["metadata.annotations: Too long: may not be more than 262144 bytes"],
  },
  {
    says: "refuses bad finalizers",
    edit: { finalizers: ["a b"] },
    want: ['metadata.finalizers: Invalid value: "a b": name part ~'],
  },
  {
    says: "refuses contradicting finalizers",
    edit: { finalizers: ["orphan", "foregroundDeletion"] },
    want: [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  },
  {
    says: "wants all of an owner",
    edit: { ownerReferences: [{}] },
    want: [
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
      'metadata.ownerReferences.name: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
  },
  {
    says: "refuses events as owners",
    edit: { ownerReferences: [{ ...owner, kind: "Event" }] },
    want: [
      'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"a","uid":"u1"}: /v1, Kind=Event is disallowed from being an owner',
    ],
  },
  {
    says: "refuses two controllers",
    edit: {
      ownerReferences: [
        { ...owner, kind: "A", controller: true },
        { ...owner, kind: "B", name: "b", controller: true },
      ],
    },
    want: [
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"A","name":"a","uid":"u1","controller":true},{"apiVersion":"v1","kind":"B","name":"b","uid":"u1","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for A/a and B/b',
    ],
  },
  {
    says: "checks managers",
    edit: { managedFields: [{ manager: "a\nb", operation: "Zap", fieldsType: "FieldsV2" }] },
    want: [
      'metadata.managedFields[0].operation: Invalid value: "Zap": must be `Apply` or `Update`',
      'metadata.managedFields[0].fieldsType: Invalid value: "FieldsV2": must be `FieldsV1`',
      'metadata.managedFields[0].manager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ],
  },
])("create: $says", ({ edit, want }) => {
  const errors = create({ ...base(), ...edit });
  expect(want.some((text) => text.includes("~")) ? short(errors) : errors).toEqual(want);
});

test("objects without a namespace must not name one", () => {
  expect(create(base(), false)).toEqual(["metadata.namespace: Forbidden: not allowed on this type"]);
  expect(create({ name: "a" }, false)).toEqual([]);
});

test("a kind may have its own rule for names", () => {
  const errors = validateObjectMeta(
    { name: "1a" },
    { namespaced: false, isCreate: true, validateName: dns1035Label },
  );
  expect(errors.map(({ path, type }) => [path, type])).toEqual([["metadata.name", "FieldValueInvalid"]]);
});

const stored = (): JsonObject => ({
  ...base(),
  uid: "u",
  resourceVersion: "5",
  generation: 2,
  creationTimestamp: "2026-01-01T00:00:00Z",
});

test.each<{ says: string; old?: JsonObject; edit: JsonObject; want: string[] }>([
  { says: "accepts no change", edit: {}, want: [] },
  {
    says: "wants a resource version",
    edit: { resourceVersion: "" },
    want: ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
  },
  {
    says: "keeps the name",
    edit: { name: "x" },
    want: ['metadata.name: Invalid value: "x": field is immutable'],
  },
  {
    says: "keeps the uid",
    edit: { uid: "zz" },
    want: ['metadata.uid: Invalid value: "zz": field is immutable'],
  },
  {
    says: "keeps the deletion timestamp",
    edit: { deletionTimestamp: "2026-01-02T00:00:00Z" },
    want: ['metadata.deletionTimestamp: Invalid value: "2026-01-02T00:00:00Z": field is immutable'],
  },
  {
    says: "keeps the grace period",
    old: { deletionGracePeriodSeconds: 30 },
    edit: { deletionGracePeriodSeconds: 0 },
    want: ["metadata.deletionGracePeriodSeconds: Invalid value: 0: field is immutable"],
  },
  {
    says: "does not count backwards",
    edit: { generation: 1 },
    want: ["metadata.generation: Invalid value: 1: must not be decremented"],
  },
  {
    says: "allows finalizers to be removed while deleting",
    old: { deletionTimestamp: "t", finalizers: ["a/b", "c/d"] },
    edit: { deletionTimestamp: "t", finalizers: ["c/d"] },
    want: [],
  },
  {
    says: "refuses new finalizers while deleting",
    old: { deletionTimestamp: "t", finalizers: ["a/b"] },
    edit: { deletionTimestamp: "t", finalizers: ["a/b", "z.io/f", "y.io/f"] },
    want: [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"y.io/f", "z.io/f"}',
    ],
  },
  {
    says: "checks labels",
    edit: { labels: { "-a": "" } },
    want: ['metadata.labels: Invalid value: "-a": name part ~'],
  },
])("update: $says", ({ old, edit, want }) => {
  const errors = validateObjectMetaUpdate({ ...stored(), ...edit }, { ...stored(), ...old }).map(
    printFieldError,
  );
  expect(short(errors)).toEqual(want);
});

describe("warnings", () => {
  test.each<[string[], string[]]>([
    [["orphan", "foregroundDeletion", "kubernetes", "a.io/b"], []],
    [
      ["foo"],
      [
        'metadata.finalizers: "foo": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers',
      ],
    ],
    [
      ["foo.bar"],
      [
        'metadata.finalizers: "foo.bar": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
      ],
    ],
  ])("finalizers %j", (finalizers, want) => {
    expect(metadataWarnings({ finalizers })).toEqual(want);
  });

  test("are about new finalizers only", () => {
    expect(metadataWarnings({ finalizers: ["foo"] }, { finalizers: ["foo"] })).toEqual([]);
  });
});

describe("dedupOwnerReferences", () => {
  test("drops repeats and warns of them", () => {
    const meta: JsonObject = {
      ownerReferences: [owner, { ...owner }, { ...owner, controller: true }, { ...owner, uid: "u2" }],
    };
    expect(dedupOwnerReferences(meta)).toMatch(
      /^\.metadata\.ownerReferences contains duplicate entries; API server dedups owner references in 1\.20\+, .*duplicate UID\(s\) observed: u1$/,
    );
    expect(meta["ownerReferences"]).toEqual([owner, { ...owner, controller: true }, { ...owner, uid: "u2" }]);
    expect(dedupOwnerReferences(meta)).toBeUndefined();
  });

  test("tells repeats that admission caused", () => {
    expect(dedupOwnerReferences({ ownerReferences: [owner, owner] }, true)).toContain(
      "after mutating admission happens;",
    );
  });
});
