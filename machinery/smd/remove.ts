import type { JsonObject, JsonValue } from "../json/value.ts";
import { isObject, setKey } from "../json/value.ts";
import type { FieldSet } from "./field-set.ts";
import { FieldSetBuilder } from "./field-set.ts";
import type { FieldType, ListType, MapType } from "./field-type.ts";
import { elementOfKey, narrow, typeOfKey } from "./field-type.ts";
import { itemElementOrNone } from "./list-item.ts";
import type { Path } from "./path-element.ts";
import { elementKeys, fieldElement } from "./path-element.ts";
import { toFieldSet } from "./to-field-set.ts";

/**
 * The value without the listed items and fields. Emptied lists and maps become null. The result shares parts with the
 * input, which is not changed.
 */
export function removeItems(value: JsonValue, items: FieldSet, type: FieldType): JsonValue {
  return items.isEmpty ? value : walk(value, items, type, false);
}

/**
 * Only the listed items and fields of the value, null where nothing is left. With `keys`, the key fields of list items
 * on the way are included, which makes the result a value that can be applied.
 */
export function extractItems(
  value: JsonValue,
  items: FieldSet,
  type: FieldType,
  options: { keys: boolean } = { keys: false },
): JsonValue {
  return walk(value, options.keys ? withKeyFields(value, items, type) : items, type, true);
}

function withKeyFields(value: JsonValue, items: FieldSet, type: FieldType): FieldSet {
  const present = toFieldSet(value, type);
  const keyFields = new FieldSetBuilder();
  for (const path of items.paths()) if (present.has(path)) addKeyFields(path, keyFields);
  return items.union(keyFields.build());
}

function addKeyFields(path: Path, into: FieldSetBuilder): void {
  for (const [depth, element] of path.entries()) {
    for (const [name] of elementKeys(element) ?? [])
      into.insert([...path.slice(0, depth + 1), fieldElement(name)]);
  }
}

function walk(value: JsonValue, items: FieldSet, type: FieldType, extract: boolean): JsonValue {
  const { map, scalar, list } = narrow(type, value);
  if (map !== undefined) return isObject(value) ? walkMap(value, items, map, extract) : null;
  if (scalar !== undefined) return value;
  return list !== undefined && Array.isArray(value) ? walkList(value, items, list, extract) : null;
}

function walkMap(value: JsonObject, items: FieldSet, map: MapType, extract: boolean): JsonValue {
  const keys = Object.keys(value);
  if (keys.length === 0) return null;
  if (map.atomic) return extract ? value : null;
  const out: JsonObject = {};
  const keep = (key: string, kept: JsonValue): void => {
    setKey(out, key, kept);
  };
  for (const key of keys) {
    const child = value[key] as JsonValue;
    const element = elementOfKey(map, key);
    const type = typeOfKey(map, key);
    if (items.members.has(element)) {
      if (extract) keep(key, walk(child, items, type, true));
      continue;
    }
    const below = items.children.get(element);
    if (below !== undefined) keep(key, walk(child, below, type, extract));
    else if (!extract) keep(key, child);
  }
  return Object.keys(out).length === 0 ? null : out;
}

function walkList(value: readonly JsonValue[], items: FieldSet, list: ListType, extract: boolean): JsonValue {
  if (value.length === 0) return null;
  if (list.atomic) return extract ? [...value] : null;
  const out: JsonValue[] = [];
  for (const item of value) {
    const element = itemElementOrNone(list, item);
    const isListed = element !== undefined && items.members.has(element);
    const below = element === undefined ? undefined : items.children.get(element);
    if (isListed) {
      if (extract) out.push(walk(item, items, list.item, true));
      else continue;
    }
    if (below !== undefined) out.push(walk(item, below, list.item, extract));
    else if (!extract) out.push(item);
  }
  return out.length === 0 ? null : out;
}
