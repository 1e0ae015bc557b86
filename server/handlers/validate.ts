/** Everything an object must satisfy before it is stored, in the version the client speaks. */
import { invalid } from "../../api/errors/catalogue.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../api/meta/validation.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { invalid as invalidField } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getKey } from "../../machinery/json/value.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { metadataOf, metaText } from "./object-metadata.ts";
import { validateScale } from "./scale-object.ts";

const blocking: ReadonlySet<string> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

const rulesSkipped = invalidField(
  "<nil>",
  null,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
);

/** Whether the object is of the kind and version. */
export function isOfType(version: ServedVersion, object: JsonObject): boolean {
  return getKey(object, "kind") === version.gvk.kind && getKey(object, "apiVersion") === version.apiVersion;
}

/**
 * Throws Invalid unless the object is of the kind and version; the error is titled by the kind that was sent. Of what
 * would replace an object the rules it breaks are told, too, as kube-apiserver does: it leaves out the schema alone.
 */
export function validateType(version: ServedVersion, object: JsonObject, old?: JsonObject): void {
  const kind = getKey(object, "kind");
  const apiVersion = getKey(object, "apiVersion");
  const errors: FieldError[] = [];
  if (kind !== version.gvk.kind) errors.push(invalidField("kind", kind, `must be ${version.gvk.kind}`));
  if (apiVersion !== version.apiVersion) {
    errors.push(invalidField("apiVersion", apiVersion, `must be ${version.apiVersion}`));
  }
  if (errors.length === 0) return;
  if (old !== undefined) errors.push(...brokenRules(version, object, old));
  const sent = typeof kind === "string" ? kind : "";
  const { group } = parseApiVersion(typeof apiVersion === "string" ? apiVersion : "");
  throw invalid({ group, kind: sent }, metaText(object, "name"), errors);
}

/** Rules are not run over what the schema refuses. */
function brokenRules(version: ServedVersion, object: JsonObject, old: JsonObject): readonly FieldError[] {
  if (!version.hasRules || version.validatorWithoutRules().validate(object, old).length > 0) return [];
  return version.validator.validate(object, old);
}

/** Throws Invalid unless the new object may be stored. */
export function validateCreate(version: ServedVersion, object: JsonObject): void {
  const errors = validateObjectMeta(metadataOf(object), metaOptions(version, true));
  finish(version, object, [...errors, ...schemaErrors(version, errors, object, {})]);
}

/** Throws Invalid unless the object may replace the stored one. */
export function validateUpdate(
  version: ServedVersion,
  object: JsonObject,
  old: JsonObject,
  { subresource = "", warn }: { readonly subresource?: string; readonly warn?: (text: string) => void } = {},
): void {
  // A status that is null is none.
  const checked =
    subresource === "status" && getKey(object, "status") === null ? without(object, "status") : object;
  const changes = validateObjectMetaUpdate(metadataOf(object), metadataOf(old));
  // kube-apiserver looks at the change of metadata twice, so its causes are there twice.
  finish(version, object, [
    ...validateObjectMeta(metadataOf(object), metaOptions(version, false)),
    ...changes,
    ...changes,
    ...inWordsOf(subresource, schemaErrors(version, changes, checked, { old, subresource, warn })),
  ]);
}

function without(object: JsonObject, field: string): JsonObject {
  const { [field]: _, ...rest } = object;
  return rest;
}

/** The status by itself is checked by a schema that begins there, so messages name fields from there on. */
function inWordsOf(subresource: string, errors: readonly FieldError[]): readonly FieldError[] {
  if (subresource !== "status") return errors;
  return errors.map((error) => ({
    ...error,
    detail: error.detail.replace(
      `: ${error.path} in body `,
      `: ${error.path.slice("status.".length)} in body `,
    ),
  }));
}

function metaOptions(version: ServedVersion, isCreate: boolean): Parameters<typeof validateObjectMeta>[1] {
  const { namespaced, definition } = version.resource;
  return {
    namespaced,
    isCreate,
    ...(definition.validateName === undefined ? {} : { validateName: definition.validateName }),
  };
}

/** Rules are not run on objects whose metadata is broken in a way that could confuse them. */
function schemaErrors(
  version: ServedVersion,
  metaErrors: readonly FieldError[],
  object: JsonObject,
  {
    old,
    subresource = "",
    warn,
  }: {
    readonly old?: JsonObject;
    readonly subresource?: string;
    readonly warn?: ((text: string) => void) | undefined;
  },
): FieldError[] {
  const scaleErrors =
    version.scale === undefined ? [] : validateScale(version.scale, object, subresource === "status");
  const isBlocked = metaErrors.some((error) => blocking.has(error.type));
  if (isBlocked && version.hasRules) {
    const errors = version.validatorWithoutRules().validate(object, old);
    return [...errors, ...scaleErrors, rulesSkipped];
  }
  const errors = version.validator.validate(object, old, warn);
  const last = errors.at(-1);
  // That rules were skipped is the last thing said.
  return last?.detail === rulesSkipped.detail
    ? [...errors.slice(0, -1), ...scaleErrors, last]
    : [...errors, ...scaleErrors];
}

function finish(version: ServedVersion, object: JsonObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(version.resource.gk, metaText(object, "name"), errors);
}
