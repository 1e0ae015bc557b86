import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getKey, isObject } from "../../machinery/json/value.ts";

/**
 * What a write does to an object: `none` leaves it as it is, `housekeeping` touches only status, finalizers and
 * annotations, as operators and controllers do while they work on an object.
 */
export type Change = "none" | "housekeeping" | "content";

/** Written by the server itself with every change. */
const bookkeeping: ReadonlySet<string> = new Set(["managedFields", "resourceVersion", "generation"]);
const housekeeping: ReadonlySet<string> = new Set(["finalizers", "annotations"]);

/** The weightiest difference between the objects. */
export function changeBetween(before: JsonObject, after: JsonObject): Change {
  let change: Change = "none";
  for (const key of keysOf(before, after)) {
    const was = getKey(before, key);
    const is = getKey(after, key);
    if (key === "metadata" && isObject(was) && isObject(is)) {
      change = heavier(change, metadataChange(was, is));
    } else if (!equalJson(was, is)) change = heavier(change, key === "status" ? "housekeeping" : "content");
    if (change === "content") return change;
  }
  return change;
}

function metadataChange(before: JsonObject, after: JsonObject): Change {
  let change: Change = "none";
  for (const key of keysOf(before, after)) {
    if (bookkeeping.has(key) || equalOrEmpty(getKey(before, key), getKey(after, key))) continue;
    change = heavier(change, housekeeping.has(key) ? "housekeeping" : "content");
  }
  return change;
}

const keysOf = (a: JsonObject, b: JsonObject): Set<string> => new Set([...Object.keys(a), ...Object.keys(b)]);

const heavier = (a: Change, b: Change): Change =>
  a === "content" || b === "content" ? "content" : a === "housekeeping" ? a : b;

/** An empty map or list is the same as none. */
function equalOrEmpty(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return equalJson(a, b) || (isEmpty(a) && isEmpty(b));
}

const isEmpty = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
