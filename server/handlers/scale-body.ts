/** Reads the Scale of a PUT. kube-apiserver has one answer for whatever it cannot read there. */
import { isApiError } from "../../api/errors/api-error.ts";
import { badRequest } from "../../api/errors/catalogue.ts";
import { checkMetadata } from "../../api/meta/decode-meta.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import type { MediaType } from "../negotiation/accept.ts";
import { parseBody } from "./decode-body.ts";

export interface ScaleBody {
  readonly scale: JsonObject;
  /** What strict validation refuses, as it is told. */
  readonly unknown: readonly string[];
}

const known: Readonly<Record<string, ReadonlySet<string>>> = {
  "": new Set(["apiVersion", "kind", "metadata", "spec", "status"]),
  spec: new Set(["replicas"]),
  status: new Set(["replicas", "selector"]),
};

/** A Scale of autoscaling/v1; its type may be left out. Throws BadRequest. */
export function readScaleBody(body: Buffer, mediaType: MediaType, isStrict: boolean): ScaleBody {
  const parsed = parse(body, mediaType);
  const { scale } = parsed;
  const unknown = [...parsed.duplicates, ...unknownFields(scale)];
  if (!isScale(scale) || (isStrict && unknown.length > 0)) throw unreadable();
  return { scale, unknown };
}

const unreadable = (): Error =>
  badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"');

function parse(body: Buffer, mediaType: MediaType): { scale: JsonObject; duplicates: readonly string[] } {
  try {
    const { value, duplicates } = parseBody(body, mediaType, "Scale");
    if (isObject(value)) return { scale: value, duplicates };
  } catch (error) {
    if (!isApiError(error)) throw error;
  }
  throw unreadable();
}

function isScale(scale: JsonObject): boolean {
  const isOfType = (field: string, wanted: string): boolean =>
    [wanted, undefined, ""].includes(text(scale, field));
  return (
    isOfType("apiVersion", "autoscaling/v1") &&
    isOfType("kind", "Scale") &&
    checkMetadata(scale).errors.length === 0 &&
    hasCount(getKey(scale, "spec")) &&
    hasCount(getKey(scale, "status"))
  );
}

function text(scale: JsonObject, field: string): string | undefined {
  const value = getKey(scale, field);
  return typeof value === "string" ? value : value === undefined ? undefined : "?";
}

/** Absent, or an object whose replica count is absent or a whole number. */
function hasCount(part: JsonValue | undefined): boolean {
  if (part === undefined || part === null) return true;
  if (!isObject(part)) return false;
  const replicas = getKey(part, "replicas") ?? 0;
  return typeof replicas === "number" && Number.isInteger(replicas);
}

function unknownFields(scale: JsonObject): string[] {
  const paths = [...checkMetadata(scale).unknown];
  for (const [part, fields] of Object.entries(known)) {
    const object = part === "" ? scale : getKey(scale, part);
    if (!isObject(object)) continue;
    for (const key of Object.keys(object)) {
      if (!fields.has(key)) paths.push(part === "" ? key : `${part}.${key}`);
    }
  }
  return paths.map((path) => `unknown field ${JSON.stringify(path)}`);
}
