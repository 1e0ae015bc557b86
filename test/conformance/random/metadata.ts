/** What may stand in the metadata of an object that is sent. */
import type { Fields } from "./content.ts";
import { word } from "./content.ts";
import { oddValue } from "./odd-values.ts";
import type { RandomSource } from "./random-source.ts";

/** Labels, annotations and finalizers; now and then what only the server writes, or nobody. */
export function someMetadata(random: RandomSource, name: string): Fields {
  return {
    ...(random.isTrue(0.4) ? { labels: map(random) } : {}),
    ...(random.isTrue(0.2) ? { annotations: map(random) } : {}),
    ...(random.isTrue(0.08) ? { finalizers: finalizers(random) } : {}),
    ...(random.isTrue(0.05) ? { ownerReferences: owners(random) } : {}),
    ...(random.isTrue(0.06) ? oddMetadata(random, name) : {}),
  };
}

/**
 * The same for an apply, without what kube-apiserver keeps of it as it came when it creates the object: that it is to
 * be deleted, nulls and empty maps. That is on the list of decided differences.
 */
export function appliedMetadata(random: RandomSource, name: string): Fields {
  const metadata = someMetadata(random, name);
  const empty = ["null", "{}", "[]", '{"app":null}'];
  const kept = Object.entries(metadata).filter(
    ([key, value]) => !key.startsWith("deletion") && !empty.includes(JSON.stringify(value)),
  );
  return Object.fromEntries(kept);
}

/** The last resourceVersion known of an object, or 1. */
export const rv = (name: string): string => `{{${name}.rv|1}}`;

/** A resourceVersion for a write of an object: mostly the right one. */
export function someRevision(random: RandomSource, name: string): Fields {
  if (random.isTrue(0.88)) return { resourceVersion: rv(name) };
  return random.pick<Fields>([
    {},
    { resourceVersion: "1" },
    { resourceVersion: "" },
    { resourceVersion: "0" },
    { resourceVersion: "x" },
    { resourceVersion: "01" },
    { resourceVersion: null },
    { resourceVersion: 5 },
  ]);
}

function map(random: RandomSource): Fields {
  if (random.isTrue(0.06)) return {};
  return {
    app: word(random),
    ...(random.isTrue(0.5) ? { tier: word(random) } : {}),
    ...(random.isTrue(0.03) ? { "example.com/a": "" } : {}),
    ...(random.isTrue(0.02) ? { "-bad-": "x y" } : {}),
  };
}

function finalizers(random: RandomSource): readonly string[] {
  const known = ["x.io/a", ...random.some(["x.io/b"])];
  if (random.isTrue(0.1)) return random.pick([["bad"], ["x.io/a", "x.io/a"], [], ["orphan"], ["a b"]]);
  return known;
}

function owners(random: RandomSource): readonly Fields[] {
  const owner = (uid: string): Fields => ({ apiVersion: "v1", kind: "ConfigMap", name: word(random), uid });
  const both = random.some(["11111111-0000-0000-0000-000000000001", "11111111-0000-0000-0000-000000000002"]);
  const list: Fields[] = both.map((uid) => ({
    ...owner(uid),
    ...(random.isTrue(0.4) ? { controller: random.isTrue(0.7) } : {}),
    ...(random.isTrue(0.3) ? { blockOwnerDeletion: random.isTrue(0.5) } : {}),
  }));
  if (random.isTrue(0.2))
    list.push(random.pick([{ name: "x" }, owner(""), { ...owner("1"), apiVersion: "" }, list[0] ?? {}]));
  return list;
}

function oddMetadata(random: RandomSource, name: string): Fields {
  return random.pick<Fields>([
    { uid: "11111111-2222-3333-4444-555555555555" },
    { uid: `{{${name}.uid|}}` },
    { namespace: "other" },
    { namespace: "{{ns}}" },
    { namespace: "" },
    { name: "wrong" },
    { name: "" },
    { name: null },
    { name: 5 },
    { name: "UPPER" },
    { name: "a".repeat(254) },
    { generateName: "gen-" },
    { generation: 7 },
    { creationTimestamp: null },
    { creationTimestamp: "2020-01-01T00:00:00Z" },
    { creationTimestamp: "soon" },
    { deletionTimestamp: "2020-01-01T00:00:00Z" },
    { deletionGracePeriodSeconds: 10 },
    { bogus: 1 },
    { selfLink: 5 },
    { labels: null },
    { labels: { app: null } },
    { labels: { app: 1 } },
    { labels: [] },
    { annotations: { é: "x" } },
    { annotations: null },
    { finalizers: null },
    { ownerReferences: null },
    { ownerReferences: [null] },
    { labels: oddValue(random) },
    { managedFields: someManagedFields(random) },
    { managedFields: someManagedFields(random) },
    { managedFields: someManagedFields(random) },
  ]);
}

/** Managed fields as a client may send them. */
function someManagedFields(random: RandomSource): unknown {
  const entry = {
    manager: random.pick(["u1", "m1", "other"]),
    operation: random.pick(["Update", "Apply"]),
    apiVersion: "twin.example.com/v1",
    time: "2020-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: random.pick([
      { "f:spec": { "f:color": {} } },
      { "f:spec": { ".": {}, "f:title": {} }, "f:metadata": { "f:labels": { "f:app": {} } } },
      { "f:spec": { "f:items": { 'k:{"name":"a"}': { ".": {}, "f:name": {} } } } },
    ]),
  };
  return random.pick<unknown>([
    null,
    [],
    [{}],
    [entry],
    [entry],
    [{ ...entry, apiVersion: "twin.example.com/v1beta1" }],
    [{ ...entry, apiVersion: "twin.example.com/v9" }],
    [{ ...entry, operation: "Guess" }],
    [{ ...entry, fieldsType: "FieldsV2" }],
    [{ ...entry, fieldsV1: { "x:y": {} } }],
    [{ ...entry, subresource: "status" }],
    [entry, entry],
    "x",
  ]);
}
