import type { Structural } from "../schema/structural.ts";
import { escapeName } from "./escape.ts";
import type { CelType } from "./type.ts";
import { celTypes, listOf, mapOf } from "./type.ts";

/**
 * What a schema declares to expressions. Undefined: the node is not visible to them, like what preserves unknown fields
 * and is no object. Sizes not bounded by the schema are bounded by what fits into one request.
 */
export const maxRequestBytes = 3 * 1024 * 1024;

export function declaredType(s: Structural, isResource = false): CelType | undefined {
  if (s.intOrString === true)
    return { ...celTypes.dyn, maxElements: maxLengthOf(s) ?? maxRequestBytes - 2, minSize: 1 };
  const type = isResource || s.embeddedResource === true ? "object" : s.type;
  switch (type) {
    case "array":
      return listType(s);
    case "object":
      return s.additionalProperties === undefined || s.additionalProperties === true
        ? objectType(s, isResource || s.embeddedResource === true)
        : mapType(s, s.additionalProperties);
    case "string":
      return stringType(s);
    case "boolean":
      return { ...celTypes.bool, minSize: 4 };
    case "number":
      return { ...celTypes.double, minSize: 1 };
    case "integer":
      return { ...celTypes.int, minSize: 1 };
    default:
      return undefined;
  }
}

function listType(s: Structural): CelType | undefined {
  const items = s.items === undefined ? undefined : declaredType(s.items);
  if (items === undefined) return undefined;
  const fits = Math.floor((maxRequestBytes - 2) / ((items.minSize ?? 1) + 1));
  return { ...listOf(items, s.validation?.maxItems ?? fits), minSize: 2 };
}

function mapType(s: Structural, values: Structural): CelType | undefined {
  const elem = declaredType(values);
  if (elem === undefined) return undefined;
  const fits = Math.floor((maxRequestBytes - 2) / ((elem.minSize ?? 1) + 6));
  const key = { ...celTypes.string, maxElements: maxRequestBytes - 2 };
  return { ...mapOf(key, elem, s.validation?.maxProperties ?? fits), minSize: 2 };
}

const metadata: CelType = {
  kind: "object",
  fields: new Map<string, CelType>([
    ["name", { ...celTypes.string, maxElements: 253 }],
    ["generateName", { ...celTypes.string, maxElements: 253 }],
  ]),
  minSize: 2,
};

function objectType(s: Structural, isResource: boolean): CelType {
  const fields = new Map<string, CelType>();
  const required = new Set(s.validation?.required);
  let minSize = 2;
  for (const [name, property] of s.properties ?? []) {
    const type = declaredType(property);
    if (type === undefined) continue;
    const escaped = escapeName(name);
    if (escaped !== undefined) fields.set(escaped, type);
    if (required.has(name) && property.default === undefined)
      minSize += name.length + (type.minSize ?? 0) + 4;
  }
  if (isResource) {
    fields.set("apiVersion", { ...celTypes.string, maxElements: maxRequestBytes });
    fields.set("kind", { ...celTypes.string, maxElements: maxRequestBytes });
    fields.set("metadata", metadata);
  }
  return { kind: "object", fields, minSize };
}

function stringType(s: Structural): CelType {
  switch (s.format) {
    case "byte":
      return { ...celTypes.bytes, maxElements: s.validation?.maxLength ?? maxRequestBytes - 2, minSize: 2 };
    case "duration":
      return { ...celTypes.duration, maxElements: 40, minSize: 4 };
    case "date":
      return { ...celTypes.timestamp, maxElements: 12, minSize: 12 };
    case "date-time":
      return { ...celTypes.timestamp, maxElements: 37, minSize: 22 };
    default:
      return {
        ...celTypes.string,
        maxElements: maxLengthOf(s) ?? longestEnum(s) ?? maxRequestBytes - 2,
        minSize: 2,
      };
  }
}

/** A code point takes up to four bytes. */
const maxLengthOf = (s: Structural): number | undefined => {
  const max = s.validation?.maxLength;
  return max === undefined ? undefined : max * 4;
};

function longestEnum(s: Structural): number | undefined {
  const values = s.validation?.enum;
  if (values === undefined || values.length === 0) return undefined;
  return Math.max(0, ...values.map((value) => (typeof value === "string" ? value.length : 0)));
}
