import { getKey, isObject } from "../../machinery/json/value.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { metadataOf } from "./object-metadata.ts";

/** Keeps the first of several owner references with one uid, and warns. */
export function dedupOwnerReferences(
  object: JsonObject,
  warn: (text: string) => void,
  isAfterAdmission = false,
): void {
  const metadata = metadataOf(object);
  const references = getKey(metadata, "ownerReferences");
  if (!Array.isArray(references) || references.length < 2) return;
  const seen = new Set<JsonValue | undefined>();
  const repeated = new Set<string>();
  const kept = references.filter((reference) => {
    const uid = isObject(reference) ? getKey(reference, "uid") : undefined;
    if (!seen.has(uid)) {
      seen.add(uid);
      return true;
    }
    repeated.add(typeof uid === "string" ? uid : "");
    return false;
  });
  if (repeated.size === 0) return;
  metadata["ownerReferences"] = kept;
  warn(
    `.metadata.ownerReferences contains duplicate entries${isAfterAdmission ? " after mutating admission happens" : ""}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...repeated].join(", ")}`,
  );
}
