import type { JsonObject, JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import type { Structural } from "./structural.ts";

/**
 * Pruning: fields the schema does not declare are removed, at every depth, unless a node preserves unknown fields.
 * apiVersion, kind and metadata of the object itself and of embedded resources are never touched.
 */

/** Fields of an object, and of embedded resources, that no schema takes away. */
export const typeMeta: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

interface Run {
  readonly path: string[];
  readonly removed: string[];
}

/** Removes what the schema of the whole object does not know; answers the removed paths (`spec.items[0].x`), sorted. */
export function prune(object: JsonObject, schema: Structural): string[] {
  const run: Run = { path: [], removed: [] };
  pruneNode(object, schema, run, "root");
  return run.removed.sort();
}

/** Prunes a value that stands below the root, such as a default; answers the removed paths relative to it. */
export function pruneValue(value: JsonValue, schema: Structural): string[] {
  const run: Run = { path: [], removed: [] };
  pruneNode(value, schema, run, undefined);
  return run.removed.sort();
}

function remove(object: JsonObject, key: string, run: Run): void {
  Reflect.deleteProperty(object, key);
  run.removed.push(run.path.join("") + step(run, key));
}

const step = (run: Run, key: string): string => (run.path.length === 0 ? key : `.${key}`);

/** What of a node is kept although nothing declares it: its type and metadata, or everything. */
export type Keep = "root" | "unknown" | undefined;

function pruneNode(value: JsonValue, s: Structural | undefined, run: Run, keep: Keep): void {
  const keepsUnknown = keep === "unknown" || s?.preserveUnknownFields === true;
  if (Array.isArray(value)) {
    pruneItems(value, s, run, keepsUnknown);
    return;
  }
  if (!isObject(value)) return;
  const keepsMeta = keep === "root" || s?.embeddedResource === true;
  for (const key of Object.keys(value)) {
    if (keepsMeta && typeMeta.has(key)) continue;
    const child = s?.properties?.get(key) ?? s?.additionalProperties;
    if (child === undefined) {
      if (!keepsUnknown) remove(value, key, run);
      continue;
    }
    run.path.push(step(run, key));
    // `additionalProperties: true` declares the key but nothing below it.
    pruneNode(value[key] as JsonValue, child === true ? undefined : child, run, undefined);
    run.path.pop();
  }
}

function pruneItems(items: JsonValue[], s: Structural | undefined, run: Run, keepsUnknown: boolean): void {
  if (keepsUnknown && s?.items === undefined) return;
  items.forEach((item, i) => {
    run.path.push(`[${String(i)}]`);
    pruneNode(item, s?.items, run, keepsUnknown ? "unknown" : undefined);
    run.path.pop();
  });
}
