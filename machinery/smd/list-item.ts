import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";
import type { ListType } from "./field-type.ts";
import type { KeyField, PathElement } from "./path-element.ts";
import { keyElement, valueElement } from "./path-element.ts";

/** Why an item of a set or list map has no path element. */
export interface ItemProblem {
  readonly problem: string;
}

/** The path element of an item of an associative list, or why there is none. */
export function itemElement(list: ListType, item: JsonValue): PathElement | ItemProblem {
  return list.keys.length > 0 ? keyedItem(list, item) : setItem(item);
}

/** The path element of an item; undefined where there is none. */
export function itemElementOrNone(list: ListType, item: JsonValue): PathElement | undefined {
  const element = itemElement(list, item);
  return typeof element === "string" ? element : undefined;
}

function setItem(item: JsonValue): PathElement | ItemProblem {
  if (item === null)
    return { problem: "associative list without keys has an element that's an explicit null" };
  if (Array.isArray(item)) return { problem: "not supported: associative list with lists as elements" };
  if (isObject(item)) return { problem: "associative list without keys has an element that's a map type" };
  return valueElement(item);
}

function keyedItem(list: ListType, item: JsonValue): PathElement | ItemProblem {
  if (item === null) return { problem: "associative list with keys may not have a null element" };
  if (!isObject(item)) return { problem: "associative list with keys may not have non-map elements" };
  const fields: KeyField[] = [];
  for (const key of list.keys) {
    // A key that is absent and has no default stays out: such an item is another one than any with that key.
    const value = getKey(item, key) ?? presetOf(list, item, key);
    if (value !== undefined) fields.push([key, value]);
  }
  if (fields.length > 0) return keyElement(fields);
  const names = list.keys.map((key) => JSON.stringify(key)).join(" ");
  return {
    problem: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  };
}

/** What stands for a key that is absent; an explicit null stays null. */
function presetOf(list: ListType, item: JsonObject, key: string): JsonValue | undefined {
  if (Object.hasOwn(item, key)) return null;
  return list.item.map?.fields.get(key)?.default ?? undefined;
}
