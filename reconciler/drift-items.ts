import { decodeJson } from "../machinery/json/decode.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson, getKey, isObject } from "../machinery/json/value.ts";

/** Finds the item of a list that an element of FieldsV1 speaks of. */
export interface ItemMatcher {
  readonly element: string;
  /** Names of the fields that identify an item; empty for sets. */
  readonly keys: ReadonlySet<string>;
  /** `isExact`: every key is given. Otherwise one that is absent counts as its default, which the element has. */
  matches(item: JsonValue, isExact?: boolean): boolean;
}

/** A matcher for each element of a list: `k:{…}` of lists that are maps, `v:…` of sets. */
export function itemMatchers(elements: readonly string[]): readonly ItemMatcher[] {
  return elements.map(matcherOf);
}

function matcherOf(element: string): ItemMatcher {
  const value = parse(element.slice(2));
  if (element.startsWith("k:") && isObject(value)) {
    const keys = Object.entries(value);
    return {
      element,
      keys: new Set(Object.keys(value)),
      matches(item, isExact = false) {
        if (!isObject(item)) return false;
        return keys.every(([name, expected]) => {
          const actual = getKey(item, name);
          return actual === undefined ? !isExact : equalJson(actual, expected);
        });
      },
    };
  }
  return {
    element,
    keys: new Set(),
    matches: (item) => element.startsWith("v:") && value !== undefined && equalJson(item, value),
  };
}

function parse(text: string): JsonValue | undefined {
  try {
    return decodeJson(text).value;
  } catch {
    return undefined;
  }
}
