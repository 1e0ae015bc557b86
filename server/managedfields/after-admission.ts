import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getPath, isObject } from "../../machinery/json/value.ts";
import { decodeManaged, ManagedFieldsError, withManagedFields } from "./managed.ts";

/** What came of an object's managed fields in mutating admission. */
export interface AfterAdmission {
  readonly object: JsonObject;
  /** The text of the Warning header when the managed fields had to be put back. */
  readonly warning?: string;
}

/**
 * Puts back the managed fields of before mutating admission when admission left some that cannot be read. Admission
 * may edit them; nothing else about them is computed again.
 */
export function checkManagedFieldsAfterAdmission(before: JsonObject, after: JsonObject): AfterAdmission {
  // What admission left alone was written by this server just now.
  if (equalJson(entriesOf(before), entriesOf(after))) return { object: after };
  try {
    decodeManaged(after);
    return { object: after };
  } catch (error) {
    if (!(error instanceof ManagedFieldsError)) throw error;
    const entries = entriesOf(before);
    return {
      object: withManagedFields(after, Array.isArray(entries) ? entries.filter(isObject) : undefined),
      warning: `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${error.message}`,
    };
  }
}

const entriesOf = (object: JsonObject): JsonValue | undefined => getPath(object, "metadata", "managedFields");
