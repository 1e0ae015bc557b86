import type { JsonObject, JsonValue } from "../json/value.ts";
import { equalJson, getKey, isObject } from "../json/value.ts";
import { PatchError } from "./patch-error.ts";

type Same = (a: JsonValue, b: JsonValue) => boolean;

const indexIn = (list: readonly JsonValue[], item: JsonValue, same: Same): number =>
  list.findIndex((other) => same(other, item));

/** Items in the order they have in the patch. */
export function sortByPatch(
  items: readonly JsonValue[],
  patch: readonly JsonValue[],
  same: Same,
): JsonValue[] {
  return [...items].sort((a, b) => indexIn(patch, a, same) - indexIn(patch, b, same));
}

/**
 * Interleaves what only the server has with what the patch ordered: an item of the server comes first only where it
 * stood before the next patched item already.
 */
export function mergeOrder(
  serverOnly: readonly JsonValue[],
  patched: readonly JsonValue[],
  live: readonly JsonValue[],
  same: Same,
): JsonValue[] {
  const left = sortByPatch(serverOnly, live, same);
  const result: JsonValue[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < patched.length) {
    const a = left[i] as JsonValue;
    const b = patched[j] as JsonValue;
    const li = indexIn(live, a, same);
    const ri = indexIn(live, b, same);
    if (li >= 0 && ri >= 0 && li < ri) {
      result.push(a);
      i += 1;
    } else {
      result.push(b);
      j += 1;
    }
  }
  return [...result, ...patched.slice(j), ...left.slice(i)];
}

/** The merged list in the order a `$setElementOrder` directive asks for. Throws PatchError when they disagree. */
export function applySetElementOrder(lists: {
  merged: readonly JsonValue[];
  order: readonly JsonValue[];
  patch: readonly JsonValue[];
  live: readonly JsonValue[];
  keys: readonly string[];
}): JsonValue[] {
  const { merged, order, patch, live, keys } = lists;
  const same: Same =
    keys.length === 0
      ? equalJson
      : (a, b) => isObject(a) && isObject(b) && keys.every((key) => sameMember(a, b, key));
  checkOrder(patch, order, same);
  const listed = (item: JsonValue): boolean => indexIn(order, item, same) >= 0;
  return mergeOrder(
    merged.filter((item) => !listed(item)),
    sortByPatch(merged.filter(listed), order, same),
    live,
    same,
  );
}

/** An order names as many of several keys as the client knows. */
const sameMember = (a: JsonObject, b: JsonObject, key: string): boolean =>
  !Object.hasOwn(a, key) || !Object.hasOwn(b, key) || equalJson(getKey(a, key), getKey(b, key));

/** What the patch adds or changes must stand in the order list, in the same order. */
function checkOrder(patch: readonly JsonValue[], order: readonly JsonValue[], same: Same): void {
  if (patch.length === 0 || order.length === 0) return;
  let at = 0;
  for (const item of patch) {
    if (isObject(item) && Object.hasOwn(item, "$patch")) continue;
    while (at < order.length && !same(order[at] ?? null, item)) at += 1;
    if (at === order.length)
      throw new PatchError("the order in patch list doesn't match $setElementOrder list");
    at += 1;
  }
}
