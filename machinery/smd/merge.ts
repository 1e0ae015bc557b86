import type { JsonObject, JsonValue } from "../json/value.ts";
import { isObject, setKey } from "../json/value.ts";
import type { FieldType, ListType, MapType } from "./field-type.ts";
import { narrow, typeOfKey } from "./field-type.ts";
import { itemElementOrNone } from "./list-item.ts";
import type { PathElement } from "./path-element.ts";

/**
 * Merges a partial value into a whole one; nothing is removed. Leaves of the partial value win, granular maps and
 * associative lists are merged item by item. The result shares parts with both inputs, which must not be changed.
 *
 * Items of merged lists stand in the order of the partial value; items it does not mention keep their place between.
 */
export function merge(
  whole: JsonValue | undefined,
  partial: JsonValue | undefined,
  type: FieldType,
): JsonValue | undefined {
  if (partial === undefined) return whole;
  if (whole === undefined) return partial;
  const { map, scalar, list } = narrow(type, partial);
  if (map !== undefined) return mergeMaps(whole, partial, map);
  if (scalar !== undefined || list === undefined) return partial;
  return mergeLists(whole, partial, list);
}

function mergeMaps(whole: JsonValue, partial: JsonValue, map: MapType): JsonValue {
  const left = isObject(whole) ? whole : {};
  const right = isObject(partial) ? partial : {};
  const rightKeys = Object.keys(right);
  if (map.atomic) return partial;
  if (rightKeys.length === 0) return Object.keys(left).length === 0 ? partial : left;
  const merged: JsonObject = { ...left };
  for (const key of rightKeys) {
    const before = Object.hasOwn(left, key) ? left[key] : undefined;
    setKey(merged, key, merge(before, right[key], typeOfKey(map, key)) as JsonValue);
  }
  return merged;
}

function mergeLists(whole: JsonValue, partial: JsonValue, list: ListType): JsonValue {
  const left = Array.isArray(whole) ? whole : [];
  const right = Array.isArray(partial) ? partial : [];
  if (list.atomic) return partial;
  if (right.length === 0) return left.length === 0 ? partial : left;
  return new ListMerge(list, left, right).run();
}

interface Item {
  readonly element: PathElement;
  readonly value: JsonValue;
}

class ListMerge {
  readonly #list: ListType;
  readonly #left: readonly Item[];
  readonly #right: readonly Item[];
  readonly #leftValues: ReadonlyMap<PathElement, JsonValue>;
  readonly #rightElements: ReadonlySet<PathElement>;
  /** Elements of both lists that are still to come, in the order of the partial list. */
  readonly #shared: readonly PathElement[];
  #nextShared = 0;
  readonly #merged = new Set<PathElement>();
  readonly #out: JsonValue[] = [];

  constructor(list: ListType, left: readonly JsonValue[], right: readonly JsonValue[]) {
    this.#list = list;
    this.#left = keyed(list, left);
    this.#right = keyed(list, right);
    this.#leftValues = uniqueValues(this.#left);
    this.#rightElements = new Set(this.#right.map(({ element }) => element));
    this.#shared = this.#right
      .map(({ element }) => element)
      .filter((element) => this.#leftValues.has(element));
  }

  run(): JsonValue[] {
    let l = 0;
    let r = 0;
    while (l < this.#left.length || r < this.#right.length) {
      const left = this.#left[l];
      const right = this.#right[r];
      const isShared = left !== undefined && this.#rightElements.has(left.element);
      if (left !== undefined && right !== undefined) {
        if (left.element === right.element) {
          this.#take(right);
          this.#nextShared++;
          l++;
          r++;
          continue;
        }
        if (isShared && this.#isLaterShared(left.element)) {
          // Shared, but its turn comes later.
          l++;
          continue;
        }
      }
      if (left !== undefined) {
        if (!isShared) {
          this.#out.push(left.value);
          l++;
          continue;
        }
        if (this.#merged.has(left.element)) l++;
      }
      if (right !== undefined) {
        this.#take(right);
        r++;
        if (this.#shared[this.#nextShared] === right.element) this.#nextShared++;
      }
    }
    return this.#out;
  }

  /** Whether another shared element than this one comes next. */
  #isLaterShared(element: PathElement): boolean {
    const next = this.#shared[this.#nextShared];
    return next !== undefined && next !== element;
  }

  #take({ element, value }: Item): void {
    this.#merged.add(element);
    const merged = merge(this.#leftValues.get(element), value, this.#list.item);
    if (merged !== undefined) this.#out.push(merged);
  }
}

const keyed = (list: ListType, items: readonly JsonValue[]): Item[] =>
  items.flatMap((value) => {
    const element = itemElementOrNone(list, value);
    return element === undefined ? [] : [{ element, value }];
  });

/** Values by element; items that occur more than once are not merged into, so null stands in for them. */
function uniqueValues(items: readonly Item[]): Map<PathElement, JsonValue> {
  const values = new Map<PathElement, JsonValue>();
  for (const { element, value } of items) values.set(element, values.has(element) ? null : value);
  return values;
}
