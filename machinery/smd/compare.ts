import type { JsonObject, JsonValue } from "../json/value.ts";
import { equalJson, isObject } from "../json/value.ts";
import type { FieldSet } from "./field-set.ts";
import { FieldSetBuilder } from "./field-set.ts";
import type { FieldType, ListType, MapType } from "./field-type.ts";
import { elementOfKey, narrow, typeOfKey } from "./field-type.ts";
import { itemElementOrNone } from "./list-item.ts";
import type { PathElement } from "./path-element.ts";

/** What differs between two values; no path is in more than one of the sets. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two values of one type. Absent values are undefined, which differs from null. */
export function compare(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  type: FieldType,
): Comparison {
  const walker = new CompareWalker();
  walker.compare(before, after, type);
  return walker.result();
}

/** Whether the comparison found no difference. */
export const isSame = ({ added, modified, removed }: Comparison): boolean =>
  added.isEmpty && modified.isEmpty && removed.isEmpty;

/** The comparison with every set put through the function. */
export const mapComparison = (
  { added, modified, removed }: Comparison,
  change: (set: FieldSet) => FieldSet,
): Comparison => ({ added: change(added), modified: change(modified), removed: change(removed) });

type Maybe<T> = T | undefined;

class CompareWalker {
  readonly #added = new FieldSetBuilder();
  readonly #modified = new FieldSetBuilder();
  readonly #removed = new FieldSetBuilder();
  readonly #path: PathElement[] = [];

  result(): Comparison {
    return {
      added: this.#added.build(),
      modified: this.#modified.build(),
      removed: this.#removed.build(),
    };
  }

  compare(before: Maybe<JsonValue>, after: Maybe<JsonValue>, type: FieldType): void {
    if (before === after) return;
    const beforeType = narrow(type, before);
    const afterType = narrow(type, after);
    let isLeaf: boolean;
    if (after === undefined) {
      isLeaf = this.#compareAs(before, after, beforeType);
    } else {
      if (before !== undefined && beforeType !== afterType) this.#compareAs(before, after, beforeType);
      isLeaf = this.#compareAs(before, after, afterType);
    }
    if (isLeaf) return;
    if (before === undefined) this.#added.insert(this.#path);
    else if (after === undefined) this.#removed.insert(this.#path);
  }

  /** Compares as the first form the type has; answers whether the node is a leaf, which records itself. */
  #compareAs(before: Maybe<JsonValue>, after: Maybe<JsonValue>, type: FieldType): boolean {
    if (type.map !== undefined) return this.#compareMaps(before, after, type.map);
    if (type.scalar !== undefined) return this.#compareLeaf(before, after);
    return type.list === undefined || this.#compareLists(before, after, type.list);
  }

  #compareLeaf(before: Maybe<JsonValue>, after: Maybe<JsonValue>): true {
    if (before === undefined) this.#added.insert(this.#path);
    else if (after === undefined) this.#removed.insert(this.#path);
    else if (!equalJson(before, after)) this.#modified.insert(this.#path);
    return true;
  }

  #compareMaps(before: Maybe<JsonValue>, after: Maybe<JsonValue>, map: MapType): boolean {
    const left = isObject(before) ? before : undefined;
    const right = isObject(after) ? after : undefined;
    // Two empty maps are compared as leaves, which keeps null and {} apart.
    if (map.atomic || (isEmptyMap(left) && isEmptyMap(right))) return this.#compareLeaf(before, after);
    for (const key of left === undefined ? [] : Object.keys(left)) {
      const other = right !== undefined && Object.hasOwn(right, key) ? right[key] : undefined;
      this.#compareKey(map, key, left?.[key], other);
    }
    for (const key of right === undefined ? [] : Object.keys(right)) {
      if (left === undefined || !Object.hasOwn(left, key))
        this.#compareKey(map, key, undefined, right?.[key]);
    }
    return false;
  }

  #compareKey(map: MapType, key: string, before: Maybe<JsonValue>, after: Maybe<JsonValue>): void {
    if (before === after) return;
    this.#path.push(elementOfKey(map, key));
    this.compare(before, after, typeOfKey(map, key));
    this.#path.pop();
  }

  #compareLists(before: Maybe<JsonValue>, after: Maybe<JsonValue>, list: ListType): boolean {
    const left = Array.isArray(before) ? before : [];
    const right = Array.isArray(after) ? after : [];
    if (list.atomic || (left.length === 0 && right.length === 0)) return this.#compareLeaf(before, after);
    if (left.length === right.length && equalJson(left, right)) return false;
    const leftItems = itemsByElement(left, list);
    const rightItems = itemsByElement(right, list);
    for (const [element, items] of leftItems)
      this.#compareItems(list, element, items, rightItems.get(element) ?? []);
    for (const [element, items] of rightItems) {
      if (!leftItems.has(element)) this.#compareItems(list, element, [], items);
    }
    return false;
  }

  /** Items of one element on both sides; more than one on a side are duplicates, owned as one leaf. */
  #compareItems(
    list: ListType,
    element: PathElement,
    before: readonly JsonValue[],
    after: readonly JsonValue[],
  ): void {
    this.#path.push(element);
    if (before.length <= 1 && after.length <= 1) {
      this.compare(before[0], after[0], list.item);
    } else if (before.length >= 2 && after.length >= 2) {
      if (!equalJson([...before], [...after])) this.#modified.insert(this.#path);
    } else if (before.length >= 2) {
      if (after.length > 0) this.compare(undefined, after[0], list.item);
      this.#removed.insert(this.#path);
    } else {
      if (before.length > 0) this.compare(before[0], undefined, list.item);
      this.#added.insert(this.#path);
    }
    this.#path.pop();
  }
}

const isEmptyMap = (map: JsonObject | undefined): boolean =>
  map === undefined || Object.keys(map).length === 0;

function itemsByElement(items: readonly JsonValue[], list: ListType): Map<PathElement, JsonValue[]> {
  const byElement = new Map<PathElement, JsonValue[]>();
  for (const item of items) {
    const element = itemElementOrNone(list, item);
    if (element === undefined) continue;
    const same = byElement.get(element);
    if (same === undefined) byElement.set(element, [item]);
    else same.push(item);
  }
  return byElement;
}
