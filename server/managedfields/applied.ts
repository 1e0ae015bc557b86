import { badRequest, untyped } from "../../api/errors/catalogue.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { FieldType } from "../../machinery/smd/field-type.ts";
import { checkType, printProblems } from "../../machinery/smd/validate.ts";

/** What an applied object must be. */
export interface ExpectedType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly type: FieldType;
}

/** Throws what kube-apiserver answers to an applied object of another type. */
export function checkAppliedType(applied: JsonObject, { apiVersion, kind }: ExpectedType): void {
  const type = typeText(applied);
  if (type !== gvkText(apiVersion, kind)) throw badRequest(`invalid object type: ${type}`);
}

/** Throws what it answers to one with managed fields or with the wrong fields, which it looks at later. */
export function checkApplied(applied: JsonObject, { apiVersion, kind, type: fieldType }: ExpectedType): void {
  if (Array.isArray(getPath(applied, "metadata", "managedFields"))) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const problems = checkType(applied, fieldType);
  if (problems.length > 0) {
    throw untyped(
      `failed to create typed patch object (${describe(applied, apiVersion, kind)}): ${printProblems(problems)}`,
    );
  }
}

/** An object as field manager errors name it. */
export const describe = (object: JsonObject, apiVersion: string, kind: string): string =>
  `${metadataText(object, "namespace")}/${metadataText(object, "name")}; ${gvkText(apiVersion, kind)}`;

function metadataText(object: JsonObject, key: string): string {
  const value = getPath(object, "metadata", key);
  return typeof value === "string" ? value : "";
}

function gvkText(apiVersion: string, kind: string): string {
  const { group, version } = parseApiVersion(apiVersion);
  return `${group}/${version}, Kind=${kind}`;
}

function typeText(object: JsonObject): string {
  const { apiVersion, kind } = object;
  return gvkText(typeof apiVersion === "string" ? apiVersion : "", typeof kind === "string" ? kind : "");
}
