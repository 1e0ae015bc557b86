import type { Structural } from "../schema/structural.ts";

/** How a list is merged; lists without a strategy are replaced. Keys are empty for lists of primitives. */
export interface ListStrategy {
  readonly keys: readonly string[];
}

/** The schema of a member, as far as there is one. */
export const childSchema = (schema: Structural | undefined, key: string): Structural | undefined =>
  schema?.properties?.get(key) ??
  (schema?.additionalProperties === true ? undefined : schema?.additionalProperties);

const strategiesOf = (schema: Structural | undefined): readonly string[] | undefined =>
  schema?.patchStrategy?.split(",").map((strategy) => strategy.trim());

/** An explicit patch strategy decides; without one, the list type does. */
export function listStrategy(schema: Structural | undefined): ListStrategy | undefined {
  const strategies = strategiesOf(schema);
  const merges =
    strategies === undefined
      ? schema?.listType === "map" || schema?.listType === "set"
      : strategies.includes("merge");
  if (schema === undefined || !merges) return undefined;
  return { keys: schema.patchMergeKey === undefined ? (schema.listMapKeys ?? []) : [schema.patchMergeKey] };
}

/** Whether a map is replaced as a whole instead of merged. */
export const replacesMap = (schema: Structural | undefined): boolean =>
  strategiesOf(schema)?.includes("replace") ?? schema?.mapType === "atomic";

/** Schemas do not declare metadata; its lists have strategies all the same. */
export function withMetadata(schema: Structural): Structural {
  return { ...schema, properties: new Map([...(schema.properties ?? []), ["metadata", metadata]]) };
}

const metadata: Structural = {
  type: "object",
  properties: new Map<string, Structural>([
    ["finalizers", { type: "array", patchStrategy: "merge", items: { type: "string" } }],
    ["ownerReferences", { type: "array", patchStrategy: "merge", patchMergeKey: "uid" }],
  ]),
};
