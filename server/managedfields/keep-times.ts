import type { JsonObject } from "../../machinery/json/value.ts";
import { equalJson, getPath, isObject } from "../../machinery/json/value.ts";
import { withManagedFields } from "./managed.ts";

/**
 * The object to store when a write, after admission, turned out to change nothing but the times of its managed fields:
 * the stored ones are kept, so the write becomes a no-op. Any other object comes back as it is.
 */
export function keepTimes(live: JsonObject, next: JsonObject): JsonObject {
  const stored = entriesOf(live);
  const written = entriesOf(next);
  if (stored.length !== written.length || stored.length === 0) return next;
  if (!stored.every((entry, index) => equalJson(timeless(entry), timeless(written[index] ?? {}))))
    return next;
  return equalJson(comparable(live), comparable(next)) ? withManagedFields(next, stored) : next;
}

function entriesOf(object: JsonObject): JsonObject[] {
  const entries = getPath(object, "metadata", "managedFields");
  return Array.isArray(entries) ? entries.filter(isObject) : [];
}

const timeless = ({ time: _time, ...entry }: JsonObject): JsonObject => entry;

function comparable(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  if (!isObject(metadata)) return object;
  const { managedFields: _managedFields, resourceVersion: _resourceVersion, ...others } = metadata;
  return { ...object, metadata: others };
}
