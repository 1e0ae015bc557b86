/** Reads the Scale of a PUT or what a patch made of one. kube-apiserver has one answer for whatever it cannot read in a PUT. */
import { goQuote } from "../../machinery/json/quote.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import { badRequest, invalid } from "../../api/errors/catalogue.ts";
import { checkMetadata } from "../../api/meta/decode-meta.ts";
import { invalid as invalidField } from "../../machinery/field/error.ts";
import { encodeJson, encodeOrdered } from "../../machinery/json/encode.ts";
import { jsonTypeName } from "../../machinery/json/type-name.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import type { ObjectMediaType } from "../negotiation/content-type.ts";
import { parseBody } from "./decode-body.ts";
import type { FieldValidation } from "./write-options.ts";

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
export function readScaleBody(body: Buffer, mediaType: ObjectMediaType, isStrict: boolean): ScaleBody {
  const parsed = parse(body, mediaType);
  const { scale } = parsed;
  const unknown = [...parsed.duplicates, ...unknownFields(scale)];
  if (!isScale(scale) || (isStrict && unknown.length > 0)) throw unreadable();
  return { scale, unknown };
}

export interface PatchedScaleOptions {
  readonly mode: FieldValidation;
  readonly warn: (text: string) => void;
}

/** The Scale a patch made; throws Invalid, of no kind, for what is none. */
export function readPatchedScale(
  patched: JsonObject,
  strictPatch: readonly string[],
  { mode, warn }: PatchedScaleOptions,
): JsonObject {
  const text = inOrder(patched);
  const refuse = (why: string): Error =>
    invalid({ group: "", kind: "" }, "", [invalidField("patch", text, why)]);
  const why = whyNoScale(patched, text);
  if (why !== undefined) throw refuse(why);
  const problems = [...strictPatch, ...unknownFields(patched)];
  if (problems.length > 0 && mode === "Strict") throw refuse(`strict decoding error: ${problems.join(", ")}`);
  if (mode === "Warn") for (const problem of problems) warn(problem);
  return patched;
}

/** As the library that patches writes it: what is changed sorted, what is below as it was. */
function inOrder(scale: JsonObject): string {
  const parts = Object.keys(scale)
    .sort()
    .map((key) => `${encodeJson(key)}:${encodeOrdered(scale[key] ?? null)}`);
  return `{${parts.join(",")}}`;
}

function whyNoScale(scale: JsonObject, whole: string): string | undefined {
  const kind = getKey(scale, "kind");
  const apiVersion = getKey(scale, "apiVersion");
  if (kind === undefined || kind === null || kind === "") return `Object 'Kind' is missing in '${whole}'`;
  if (kind !== "Scale" || apiVersion !== "autoscaling/v1") {
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion ?? "")} in scheme "pkg/runtime/scheme.go:111"`;
  }
  const [wrong] = checkMetadata(scale).errors;
  return wrong ?? whyNoCount(scale, "spec", "ScaleSpec") ?? whyNoCount(scale, "status", "ScaleStatus");
}

function whyNoCount(scale: JsonObject, part: "spec" | "status", struct: string): string | undefined {
  const value = getKey(scale, part) ?? {};
  const cannot = (what: JsonValue, field: string, type: string): string => {
    const literal = jsonTypeName(what) === "number" ? ` ${encodeJson(what)}` : "";
    return `json: cannot unmarshal ${jsonTypeName(what)}${literal} into Go struct field ${field} of type ${type}`;
  };
  if (!isObject(value)) return cannot(value, `Scale.${part}`, `v1.${struct}`);
  const replicas = getKey(value, "replicas") ?? 0;
  if (typeof replicas === "number" && isInt32(replicas)) {
    return undefined;
  }
  return cannot(replicas, `${struct}.${part}.replicas`, "int32");
}

const unreadable = (): Error =>
  badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"');

function parse(
  body: Buffer,
  mediaType: ObjectMediaType,
): { scale: JsonObject; duplicates: readonly string[] } {
  if (mediaType === "protobuf") throw unreadable();
  try {
    const { value, duplicates } = parseBody(body, mediaType, "Scale");
    if (value === null || isObject(value)) return { scale: value ?? {}, duplicates };
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
  return typeof replicas === "number" && isInt32(replicas);
}

const isInt32 = (value: number): boolean => value === (value | 0);

function unknownFields(scale: JsonObject): string[] {
  const paths = [...checkMetadata(scale).unknown];
  for (const [part, fields] of Object.entries(known)) {
    const object = part === "" ? scale : getKey(scale, part);
    if (!isObject(object)) continue;
    for (const key of Object.keys(object)) {
      if (!fields.has(key)) paths.push(part === "" ? key : `${part}.${key}`);
    }
  }
  return paths.map((path) => `unknown field ${goQuote(path)}`);
}
