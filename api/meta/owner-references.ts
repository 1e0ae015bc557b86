import type { FieldError } from "../../machinery/field/error.ts";
import { invalid, invalidStruct } from "../../machinery/field/error.ts";
import type { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { parseApiVersion } from "./types.ts";

const textOf = (reference: JsonObject, key: string): string => {
  const value = getKey(reference, key);
  return typeof value === "string" ? value : "";
};

const referencesOf = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** Validates owner references one by one, and that at most one of them is the controller. */
export function validateOwnerReferences(value: JsonValue | undefined, path: FieldPath): FieldError[] {
  const references = referencesOf(value);
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    errors.push(...validateReference(reference, path));
    if (getKey(reference, "controller") !== true) continue;
    const name = `${textOf(reference, "kind")}/${textOf(reference, "name")}`;
    if (controller === undefined) {
      controller = name;
      continue;
    }
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
    errors.push(invalidStruct(path, references.map(inOrder), detail));
  }
  return errors;
}

function validateReference(reference: JsonObject, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const apiVersion = textOf(reference, "apiVersion");
  const { group, version } = parseApiVersion(apiVersion);
  // More than one slash is no group and version at all for kube-apiserver.
  if (version === "" || version.includes("/")) {
    errors.push(invalid(path.child("apiVersion"), apiVersion, "version must not be empty"));
  }
  for (const key of ["kind", "name", "uid"]) {
    if (textOf(reference, key) === "") errors.push(invalid(path.child(key), "", "must not be empty"));
  }
  if (group === "" && version === "v1" && textOf(reference, "kind") === "Event") {
    errors.push(invalidStruct(path, inOrder(reference), "/v1, Kind=Event is disallowed from being an owner"));
  }
  return errors;
}

/** The reference with its fields in the order Go prints them. */
function inOrder(reference: JsonObject): JsonObject {
  const { controller, blockOwnerDeletion } = reference as { [key: string]: JsonValue | undefined };
  return {
    apiVersion: textOf(reference, "apiVersion"),
    kind: textOf(reference, "kind"),
    name: textOf(reference, "name"),
    uid: textOf(reference, "uid"),
    ...(typeof controller === "boolean" ? { controller } : {}),
    ...(typeof blockOwnerDeletion === "boolean" ? { blockOwnerDeletion } : {}),
  };
}

/**
 * Merges owner references that say the same of the same owner: repeats of a uid with equal fields are dropped. Changes
 * `meta`; answers the warning to send, if any. `afterAdmission` words it for repeats that admission plugins caused.
 */
export function dedupOwnerReferences(meta: JsonObject, afterAdmission = false): string | undefined {
  const value = getKey(meta, "ownerReferences");
  if (!Array.isArray(value)) return undefined;
  const seen = new Map<string, string[]>();
  const repeated: string[] = [];
  const kept = value.filter((reference) => {
    if (!isObject(reference)) return true;
    const uid = textOf(reference, "uid");
    const form = JSON.stringify(inOrder(reference));
    const forms = seen.get(uid) ?? [];
    if (!forms.includes(form)) {
      seen.set(uid, [...forms, form]);
      return true;
    }
    repeated.push(uid);
    return false;
  });
  if (repeated.length === 0) return undefined;
  meta["ownerReferences"] = kept;
  const when = afterAdmission ? " after mutating admission happens" : "";
  return `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(", ")}`;
}
