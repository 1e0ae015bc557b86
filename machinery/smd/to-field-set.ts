import type { JsonObject, JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import type { FieldSet } from "./field-set.ts";
import { FieldSetBuilder } from "./field-set.ts";
import type { FieldType, ListType, MapType } from "./field-type.ts";
import { elementOfKey, narrow, typeOfKey } from "./field-type.ts";
import { itemElementOrNone } from "./list-item.ts";
import type { PathElement } from "./path-element.ts";
import { indexElement } from "./path-element.ts";

/**
 * The paths a value mentions: its leaves, the items of sets and list maps, and keys that are not declared. Items that
 * occur more than once are owned as one leaf each.
 */
export function toFieldSet(value: JsonValue | undefined, type: FieldType): FieldSet {
  const builder = new FieldSetBuilder();
  if (value !== undefined) visit(value, type, builder);
  return builder.build();
}

/** Collects the paths below a value; answers whether the value itself is a leaf. */
function visit(value: JsonValue, type: FieldType, into: FieldSetBuilder): boolean {
  const { map, scalar, list } = narrow(type, value);
  if (map !== undefined) {
    if (map.atomic) return true;
    if (isObject(value)) visitMap(value, map, into);
    return false;
  }
  if (scalar !== undefined) return true;
  if (list === undefined) return false;
  if (list.atomic) return true;
  if (Array.isArray(value)) visitList(value, list, into);
  return false;
}

/** Null and empty objects have no leaves below, so they count as leaves themselves. */
const isHollow = (value: JsonValue): boolean =>
  value === null || (isObject(value) && Object.keys(value).length === 0);

function visitMap(value: JsonObject, map: MapType, into: FieldSetBuilder): void {
  for (const key of Object.keys(value)) {
    const child = value[key] as JsonValue;
    const element = elementOfKey(map, key);
    const isLeaf = visitChild(child, typeOfKey(map, key), into, element);
    if (isLeaf || isHollow(child) || !map.fields.has(key)) into.add(element);
  }
}

/** Stands for items without keys, which pruning leaves behind for a moment: a list that has one is not empty. */
const unkeyed: PathElement = indexElement(-1);

function visitList(items: readonly JsonValue[], list: ListType, into: FieldSetBuilder): void {
  const elements = items.map((item) => itemElementOrNone(list, item) ?? unkeyed);
  const duplicates = repeated(elements);
  for (const [index, element] of elements.entries()) {
    into.add(element);
    if (!duplicates.has(element)) visitChild(items[index] as JsonValue, list.item, into, element);
  }
}

function visitChild(value: JsonValue, type: FieldType, into: FieldSetBuilder, element: PathElement): boolean {
  if (typeof value !== "object") return true;
  const below = new FieldSetBuilder();
  const isLeaf = visit(value, type, below);
  if (!below.isEmpty) into.adopt(element, below);
  return isLeaf;
}

function repeated(elements: readonly PathElement[]): ReadonlySet<PathElement> {
  const seen = new Set<PathElement>();
  const duplicates = new Set<PathElement>();
  for (const element of elements) {
    if (seen.has(element)) duplicates.add(element);
    seen.add(element);
  }
  return duplicates;
}
