/**
 * `spec.provider.overrides`, merged over a rendered resource: objects are merged, null removes a key, lists whose items
 * have a name are merged item by item, other lists are replaced. What must not be touched is refused by validation
 * before; what the kind does not know, by the dry run.
 */
import type { KubeObject } from "../api/meta/types.ts";
import { asJson, asKubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { cloneJson, equalJson, getKey, isObject, setKey } from "../machinery/json/value.ts";
import { applyMergePatch } from "../machinery/patch/merge-patch.ts";
import type { Structural } from "../machinery/schema/structural.ts";
import { podSpecMerge } from "./pod/merge-schema.ts";

/** The resource with the overrides of its deployment; `schema` says which lists are merged by which key. */
export function withOverrides(
  resource: KubeObject,
  { spec }: ModelDeployment,
  schema: Structural,
): KubeObject {
  const overrides = spec.provider?.overrides;
  if (overrides === undefined) return resource;
  return asKubeObject(mergeOverrides(asJson(resource), overrides, schema));
}

/** The merge itself, for a part of a resource. Neither argument is changed. */
export function mergeOverrides(target: JsonObject, patch: JsonObject, schema: Structural): JsonObject {
  const result = cloneJson(target);
  for (const key of Object.keys(patch)) {
    const value = getKey(patch, key) ?? null;
    if (value === null) Reflect.deleteProperty(result, key);
    else setKey(result, key, mergeValue(getKey(result, key), value, childOf(schema, key)));
  }
  return result;
}

function mergeValue(
  before: JsonValue | undefined,
  value: JsonValue,
  schema: Structural | undefined,
): JsonValue {
  if (isObject(value)) return mergeOverrides(isObject(before) ? before : {}, value, schema ?? {});
  const key = schema?.patchMergeKey;
  if (!Array.isArray(value) || key === undefined || !value.every(isObject)) return applyMergePatch([], value);
  const items = schema?.items ?? {};
  const result = Array.isArray(before) ? [...before] : [];
  for (const item of value) {
    const name = getKey(item, key);
    const at = result.findIndex(
      (other) => name !== undefined && isObject(other) && equalJson(getKey(other, key), name),
    );
    const existing = result[at];
    if (isObject(existing)) result[at] = mergeOverrides(existing, item, items);
    else result.push(mergeOverrides({}, item, items));
  }
  return result;
}

function childOf(schema: Structural, key: string): Structural | undefined {
  const { additionalProperties } = schema;
  return schema.properties?.get(key) ?? (additionalProperties === true ? undefined : additionalProperties);
}

/**
 * The schema that merging needs, from where pod specs and other lists with keys stand in a kind: steps joined by dots,
 * `[]` for every item of a list, `*` for every key of a map.
 */
export function mergeSchema(
  podSpecs: readonly string[],
  lists: Readonly<Record<string, string>> = {},
  others: Readonly<Record<string, Structural>> = {},
): Structural {
  const leaves: (readonly [string, Structural])[] = [
    ...Object.entries(lists).map(([path, patchMergeKey]) => [path, { patchMergeKey }] as const),
    ...podSpecs.map((path) => [path, podSpecMerge] as const),
    ...Object.entries(others),
  ];
  return leaves.reduce<Structural>((root, [path, leaf]) => grafted(root, path.split("."), leaf), {});
}

function grafted(at: Structural, [step, ...rest]: readonly string[], leaf: Structural): Structural {
  if (step === undefined) return { ...at, ...leaf, ...joined(at, leaf) };
  if (step === "[]") return { ...at, items: grafted(at.items ?? {}, rest, leaf) };
  if (step === "*") {
    const values = at.additionalProperties === true ? {} : (at.additionalProperties ?? {});
    return { ...at, additionalProperties: grafted(values, rest, leaf) };
  }
  const child = grafted(at.properties?.get(step) ?? {}, rest, leaf);
  return { ...at, properties: new Map([...(at.properties ?? []), [step, child]]) };
}

/** Properties of both: a pod spec may stand where a list inside it is named as well. */
function joined(a: Structural, b: Structural): Pick<Structural, "properties"> {
  if (a.properties === undefined && b.properties === undefined) return {};
  return { properties: new Map([...(a.properties ?? []), ...(b.properties ?? [])]) };
}
