import { sortFew } from "./sort-few.ts";
import type { JsonObject, JsonValue } from "./value.ts";

/**
 * JSON as the API writes it, byte for byte what Go's encoding/json gives: keys in the order of their UTF-8 bytes,
 * HTML characters escaped, floats in Go's form. Most objects are already in that order, so the native encoder does
 * the work and only what it writes differently is corrected.
 */

/** Compact JSON, keys sorted, without a newline. Throws TypeError for what JSON cannot say (NaN, Infinity). */
export function encodeJson(value: JsonValue): string {
  return isNative(value, true) ? goEscape(JSON.stringify(value)) : writeValue(value, true, NATIVE_LEVELS);
}

/** Compact JSON with keys in insertion order, for what Go encodes from a struct. */
export function encodeOrdered(value: JsonValue): string {
  return isNative(value, false) ? goEscape(JSON.stringify(value)) : writeValue(value, false, NATIVE_LEVELS);
}

/** JSON indented by two spaces, without a final newline. */
export function encodePretty(value: JsonValue, options: { sorted: boolean }): string {
  return writePretty(value, options.sorted, "");
}

/** Whether JSON.stringify gives the right bytes apart from goEscape. */
function isNative(value: JsonValue, sorted: boolean): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !(value === 0 && Object.is(value, -0));
  if (typeof value !== "object") return typeof value !== "bigint";
  if (value === null) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (!isNative(item, sorted)) return false;
    return true;
  }
  let last = "";
  // Inherited keys cannot occur: the values are plain objects.
  for (const key in value) {
    if (sorted) {
      if (key < last || hasSurrogate.test(key)) return false;
      last = key;
    }
    if (!isNative(value[key] as JsonValue, sorted)) return false;
  }
  return true;
}

const hasSurrogate = /[\ud800-\udfff]/;
const needsEscape = /[<>&\u2028\u2029]|\\ud/;

/** Corrects the output of JSON.stringify: these characters can only stand inside strings. */
function goEscape(json: string): string {
  if (!needsEscape.test(json)) return json;
  return json.replace(/[<>&\u2028\u2029]|\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) =>
    found === "\\\\"
      ? found
      : found.length > 1
        ? "\\ufffd"
        : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Only characters that are written as they are: no quotes, controls, markup, separators or surrogates. */
const plain = /^[ !#-%'-;=?-[\]-\u2027\u202a-\ud7ff\ue000-\uffff]*$/;

const writeString = (text: string): string =>
  plain.test(text) ? `"${text}"` : goEscape(JSON.stringify(text));

/** Go's float format is that of JavaScript apart from the sign of zero. */
function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`json: unsupported value: ${String(value)}`);
  return Object.is(value, -0) ? "-0" : String(value);
}

function writePrimitive(value: null | boolean | number | bigint | string): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      return writeNumber(value);
    default:
      return String(value);
  }
}

/**
 * So many levels below the root, parts are tried with the native encoder: mostly only metadata is out of order. Not
 * without end, since every try walks the whole part.
 */
const NATIVE_LEVELS = 3;

function writeValue(value: JsonValue, sorted: boolean, tries: number): string {
  if (typeof value !== "object" || value === null) return writePrimitive(value);
  let out = "";
  if (Array.isArray(value)) {
    for (const item of value) out += (out === "" ? "" : ",") + writePart(item, sorted, tries - 1);
    return `[${out}]`;
  }
  for (const key of sorted ? sortedKeys(value) : Object.keys(value)) {
    const item = value[key];
    if (item === undefined) continue;
    out += `${out === "" ? "" : ","}${writeString(key)}:${writePart(item, sorted, tries - 1)}`;
  }
  return `{${out}}`;
}

function writePart(value: JsonValue, sorted: boolean, tries: number): string {
  return tries > 0 && typeof value === "object" && isNative(value, sorted)
    ? goEscape(JSON.stringify(value))
    : writeValue(value, sorted, tries);
}

function writePretty(value: JsonValue, sorted: boolean, indent: string): string {
  if (typeof value !== "object" || value === null) return writePrimitive(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item) => inner + writePretty(item, sorted, inner)).join(",\n")}\n${indent}]`;
  }
  const entries = (sorted ? sortedKeys(value) : Object.keys(value)).flatMap((key) => {
    const item = value[key];
    return item === undefined ? [] : [`${inner}${writeString(key)}: ${writePretty(item, sorted, inner)}`];
  });
  return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n${indent}}`;
}

/** The keys of an object in the order of their UTF-8 bytes. */
export function sortedKeys(object: JsonObject): string[] {
  const keys = Object.keys(object);
  let sorted = true;
  let surrogates = false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (i > 0 && key < (keys[i - 1] as string)) sorted = false;
    if (hasSurrogate.test(key)) surrogates = true;
  }
  if (surrogates) return keys.sort(compareUtf8);
  return sorted ? keys : sortFew(keys, compareUnits);
}

const compareUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of two texts by their UTF-8 bytes, which is the order of their code points. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xSurrogate = x >= 0xd800 && x <= 0xdfff;
    const ySurrogate = y >= 0xd800 && y <= 0xdfff;
    // UTF-16 sorts surrogates (code points above U+FFFF) before U+E000..U+FFFF; UTF-8 after.
    if (xSurrogate !== ySurrogate)
      return xSurrogate && y >= 0xe000 ? 1 : ySurrogate && x >= 0xe000 ? -1 : x - y;
    return x - y;
  }
  return a.length - b.length;
}
