/** The Scale object of `autoscaling/v1` and what it says about the object behind it. */
import { untyped } from "../../api/errors/catalogue.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { invalid } from "../../machinery/field/error.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { goTypeName, printPlain } from "../../machinery/smd/go-print.ts";
import type { CompiledScale, ServedVersion } from "../registry/served-resource.ts";
import { metaText } from "./object-metadata.ts";

/** The replica counts of an object; a count that is not there is an untyped 500. */
export function readScale(
  scale: CompiledScale,
  object: JsonObject,
): { spec: JsonValue; status: JsonValue; selector: string } {
  const spec = scale.specReplicas(object);
  if (spec === undefined) {
    throw untyped(`the spec replicas field ${JSON.stringify(scale.specPath)} does not exist`);
  }
  const selector = scale.selector(object);
  return {
    spec,
    status: scale.statusReplicas(object) ?? 0,
    selector: typeof selector === "string" ? selector : "",
  };
}

/** The Scale of an object, its keys in the order of the Go structs. */
export function encodeScale(version: ServedVersion, object: JsonObject): string {
  const { spec, status, selector } = readScale(requireScale(version), object);
  const metadata = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]
    .filter((field) => metaText(object, field) !== "")
    .map((field) => `"${field}":${encodeJson(metaText(object, field))}`)
    .join(",");
  const specText = spec === 0 ? "{}" : `{"replicas":${encodeJson(spec)}}`;
  const selectorText = selector === "" ? "" : `,"selector":${encodeJson(selector)}`;
  return `{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{${metadata}},"spec":${specText},"status":{"replicas":${encodeJson(status)}${selectorText}}}`;
}

/** The same as a JSON value, for patches; a count that is not there is the one given. */
export function scaleValue(version: ServedVersion, object: JsonObject, missing: number): JsonObject {
  const scale = requireScale(version);
  const spec = scale.specReplicas(object) ?? missing;
  const status = scale.statusReplicas(object) ?? 0;
  const selector = scale.selector(object) ?? "";
  const metadata: JsonObject = {};
  for (const field of ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]) {
    const text = metaText(object, field);
    if (text !== "") metadata[field] = text;
  }
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata,
    spec: spec === 0 ? {} : { replicas: spec },
    status: { replicas: status, ...(selector === "" ? {} : { selector }) },
  };
}

/** The scale of a version that has one. */
export function requireScale(version: ServedVersion): CompiledScale {
  if (version.scale === undefined) throw new Error(`${version.gvr.resource} has no scale subresource`);
  return version.scale;
}

/** What kube-apiserver says when it cannot read a count where one should be. */
function accessorErrors(
  segments: readonly string[],
  object: JsonObject,
  wanted: "int64" | "string" = "int64",
): FieldError[] {
  const refuse = (depth: number, value: JsonValue, expected: string): FieldError[] => {
    const at = `.${segments.slice(0, depth).join(".")}`;
    const why = `${at} accessor error: ${printPlain(value)} is of the type ${goTypeName(value)}, expected ${expected}`;
    return [invalid(`.${segments.join(".")}`, wanted === "int64" ? 0 : "", why)];
  };
  let value: JsonValue = object;
  for (const [depth, segment] of segments.entries()) {
    if (value === null) return [];
    if (!isObject(value)) return refuse(depth + 1, value, "map[string]interface{}");
    const next = getKey(value, segment);
    if (next === undefined) return [];
    value = next;
  }
  return goTypeName(value) === wanted ? [] : refuse(segments.length, value, wanted);
}

/** Throws an untyped 500 for an object whose counts or selector cannot be read. */
export function requireReadable(scale: CompiledScale, object: JsonObject): void {
  const errors = [
    ...accessorErrors(scale.specSegments, object),
    ...accessorErrors(scale.statusSegments, object),
    ...(scale.selectorSegments === undefined ? [] : accessorErrors(scale.selectorSegments, object, "string")),
  ];
  const [first] = errors;
  if (first !== undefined) throw untyped(first.detail.replace(/^Invalid value: \S+: /, ""));
}

const maxInt32 = 2 ** 31 - 1;

/** Replica counts are non-negative 32-bit integers, whatever the schema says. Of a status only its own part is checked. */
export function validateScale(scale: CompiledScale, object: JsonObject, isStatusOnly = false): FieldError[] {
  const inSpec = { path: scale.specPath, segments: scale.specSegments };
  const inStatus = { path: scale.statusPath, segments: scale.statusSegments };
  const errors = (isStatusOnly ? [inStatus] : [inSpec, inStatus]).flatMap(({ path, segments }) => {
    const wrong = accessorErrors(segments, object);
    return wrong.length > 0 ? wrong : countErrors(path, getPath(object, ...segments));
  });
  if (scale.selectorSegments === undefined) return errors;
  return [...errors, ...accessorErrors(scale.selectorSegments, object, "string")];
}

function countErrors(path: string, value: JsonValue | undefined): FieldError[] {
  if (typeof value !== "number" && typeof value !== "bigint") return [];
  if (value < 0) return [invalid(path, value, "should be a non-negative integer")];
  return value > maxInt32
    ? [invalid(path, value, `should be less than or equal to ${String(maxInt32)}`)]
    : [];
}
