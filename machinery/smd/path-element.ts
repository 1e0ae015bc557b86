/**
 * Elements of a field path. An element is kept in its serialized form, the one managed fields use, because that form
 * is canonical: `f:<name>` a field, `k:{…}` a list item by its keys (sorted by name), `v:<json>` an item of a set,
 * `i:<n>` an index. Equality of elements is equality of strings, so sets of paths can be plain maps.
 */
import type { JsonObject, JsonPrimitive, JsonValue } from "../json/value.ts";
import { goQuote } from "../json/quote.ts";
import { getKey, isObject } from "../json/value.ts";
import { compareText, compareValues } from "./order.ts";
import { parseElementJson } from "./element-json.ts";
import { writeNumber } from "../yaml/scalar.ts";

/** One step of a path, in serialized form. */
export type PathElement = string;
/** A path from the root of an object. */
export type Path = readonly PathElement[];
/** One key of a list map item: its field and its value. */
export type KeyField = readonly [name: string, value: JsonValue];

/** What decodePathElement throws for text that is no path element. */
export class PathElementError extends Error {
  override readonly name = "PathElementError";
}

/** A field of an object. */
export const fieldElement = (name: string): PathElement => `f:${name}`;

/** An item of an atomic list. */
export const indexElement = (index: number): PathElement => `i:${String(index)}`;

/** An item of a set. */
export const valueElement = (value: JsonValue): PathElement => `v:${printElementJson(value)}`;

/** An item of a list map by the values of its keys, in any order. */
export function keyElement(fields: readonly KeyField[]): PathElement {
  if (fields.length === 1) {
    const [name, value] = fields[0] as KeyField;
    return `k:{${JSON.stringify(name)}:${printElementJson(value)}}`;
  }
  const sorted = [...fields].sort(([a], [b]) => compareText(a, b));
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${printElementJson(value)}`).join(",")}}`;
}

/** The field name of a field element, undefined for any other. */
export const fieldName = (element: PathElement): string | undefined =>
  element.startsWith("f:") ? element.slice(2) : undefined;

/** The keys of a key element, undefined for any other. */
export function elementKeys(element: PathElement): KeyField[] | undefined {
  if (!element.startsWith("k:")) return undefined;
  const keys = parseElementJson(element.slice(2)) as JsonObject;
  return Object.keys(keys)
    .sort(compareText)
    .map((name) => [name, getKey(keys, name) ?? null]);
}

const plainScalar = String.raw`(?:"[\w ./:@-]*"|0|[1-9]\d{0,14}|true|false)`;
const plainValue = new RegExp(`^v:${plainScalar}$`);
const plainKeys = new RegExp(String.raw`^k:\{"([\w.-]+)":${plainScalar}(?:,"([\w.-]+)":${plainScalar})?\}$`);

/** Whether a value or key element is canonical at first sight, as nearly all are; false when it takes a closer look. */
function isPlain(text: string): boolean {
  if (text.startsWith("v:")) return plainValue.test(text);
  const [match, first, second] = plainKeys.exec(text) ?? [];
  return match !== undefined && (second === undefined || (first as string) < second);
}

/**
 * Reads a serialized element and makes it canonical. Undefined for a type letter this version does not know, which
 * readers skip; throws PathElementError for anything malformed.
 */
export function decodePathElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new PathElementError("key must be 2 characters long:");
  if (text[1] !== ":") throw new PathElementError(`missing colon: ${text}`);
  switch (text[0]) {
    case "f":
      return text;
    case "v":
      return isPlain(text) ? text : valueElement(parseText(text));
    case "k": {
      if (isPlain(text)) return text;
      const keys = parseText(text);
      if (!isObject(keys)) throw new PathElementError(`not an object of keys: ${text}`);
      return keyElement(Object.keys(keys).map((name) => [name, getKey(keys, name) ?? null]));
    }
    case "i":
      if (!/^i:[+-]?\d+$/.test(text)) throw new PathElementError(`invalid index: ${text}`);
      return indexElement(Number(text.slice(2)));
    default:
      return undefined;
  }
}

function parseText(text: string): JsonValue {
  try {
    return parseElementJson(text.slice(2));
  } catch (cause) {
    throw new PathElementError(`invalid JSON: ${text}`, { cause });
  }
}

/** The element as paths in messages print it: `.name`, `[name="a"]`, `[="v"]`, `[3]`. */
export function printElement(element: PathElement): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${rest}`;
    case "k":
      return `[${(elementKeys(element) ?? []).map(([name, value]) => `${name}=${printValue(value)}`).join(",")}]`;
    case "v":
      return `[=${printValue(parseElementJson(rest))}]`;
    default:
      return `[${rest}]`;
  }
}

/** The path as messages print it: `.spec.items[name="a"].value`. */
export const printPath = (path: Path): string => path.map(printElement).join("");

const rank = (element: PathElement): number => "fkvi".indexOf(element[0] ?? "i");

/** The order of elements: fields, keys, values, indices, each by its content. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0;
  const kind = rank(a) - rank(b);
  if (kind !== 0) return kind;
  switch (a[0]) {
    case "f":
      return compareText(a, b);
    case "k":
      return compareKeys(elementKeys(a) ?? [], elementKeys(b) ?? []);
    case "v":
      return compareValues(parseElementJson(a.slice(2)), parseElementJson(b.slice(2)));
    default:
      return Number(a.slice(2)) - Number(b.slice(2));
  }
}

function compareKeys(a: readonly KeyField[], b: readonly KeyField[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [aName, aValue] = a[i] as KeyField;
    const [bName, bValue] = b[i] as KeyField;
    const order = compareText(aName, bName) || compareValues(aValue, bValue);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const htmlSensitive = /[<>&\u2028\u2029]/g;
const plain = /^[\w ./:@-]*$/;

function printString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    htmlSensitive,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** JSON as Go writes it inside elements: object keys sorted, HTML characters of strings escaped. */
function printElementJson(value: JsonValue): string {
  if (typeof value === "string") return printString(value);
  if (Array.isArray(value)) return `[${value.map(printElementJson).join(",")}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort(compareText);
    return `{${keys.map((key) => `${printString(key)}:${printElementJson(value[key] as JsonValue)}`).join(",")}}`;
  }
  return printPrimitive(value);
}

const printPrimitive = (value: JsonPrimitive): string => (Object.is(value, -0) ? "0" : String(value));

function printValue(value: JsonValue): string {
  if (typeof value === "string") return goQuote(value);
  if (Array.isArray(value)) return `[${value.map(printValue).join(",")}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort(compareText);
    return keys.map((key) => `${key}=${printValue(value[key] as JsonValue)}`).join("");
  }
  return typeof value === "number" && value !== 0 ? writeNumber(value) : printPrimitive(value);
}
