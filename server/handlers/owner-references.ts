import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getKey, isObject } from "../../machinery/json/value.ts";
import { metadataOf } from "./object-metadata.ts";

/** Where in a write repeated references were found: in what was sent, or only after mutating admission. */
export type DedupStage = "sent" | "admitted";

/** Keeps the first of several equal owner references, and warns. */
export function dedupOwnerReferences(
  object: JsonObject,
  stage: DedupStage,
  warn: (text: string) => void,
): void {
  const metadata = metadataOf(object);
  const references = getKey(metadata, "ownerReferences");
  if (!Array.isArray(references) || references.length < 2) return;
  const kept: JsonValue[] = [];
  const repeated = new Set<string>();
  for (const reference of references) {
    if (kept.some((other) => equalJson(other, reference))) repeated.add(uidOf(reference));
    else kept.push(reference);
  }
  if (repeated.size === 0) return;
  metadata["ownerReferences"] = kept;
  const when = stage === "admitted" ? " after mutating admission happens" : "";
  warn(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...repeated].join(", ")}`,
  );
}

function uidOf(reference: JsonValue): string {
  const uid = isObject(reference) ? getKey(reference, "uid") : undefined;
  return typeof uid === "string" ? uid : "";
}
