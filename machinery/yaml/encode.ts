import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";
import { foldText } from "./fold.ts";
import { compareKeys } from "./key-order.ts";
import { canBeBlock, doubleQuoted, writeBlock, writeNumber, writeText } from "./scalar.ts";

/**
 * YAML as sigs.k8s.io/yaml writes it: sorted keys, two spaces, lists not indented below their key, texts quoted where
 * a YAML 1.1 reader would take them for something else, texts of several lines as literal blocks, long lines broken.
 */

/** One document with a final newline. Throws TypeError for numbers JSON does not have. */
export function encodeYaml(value: JsonValue): string {
  if (isFilledObject(value)) return writeMap(value, "", "");
  if (isFilledList(value)) return writeList(value, "", "");
  return `${writeScalar(value, "  ", 0)}\n`;
}

const isFilledObject = (value: JsonValue): value is JsonObject =>
  isObject(value) && Object.keys(value).length > 0;
const isFilledList = (value: JsonValue): value is JsonValue[] => Array.isArray(value) && value.length > 0;

/** `first` is the indentation of the first line, which may stand behind a dash already. */
function writeMap(object: JsonObject, indent: string, first: string): string {
  let out = "";
  for (const key of Object.keys(object).sort(compareKeys)) {
    const start = out === "" ? first : indent;
    out += start + writeEntry(key, getKey(object, key) ?? null, indent);
  }
  return out;
}

/** Longer keys, and keys of several lines, need the explicit form. */
const MAX_SIMPLE_KEY = 128;

function writeEntry(key: string, value: JsonValue, indent: string): string {
  const inner = `${indent}  `;
  const simple = !/[\n\r\u0085\u2028\u2029]/.test(key) && Buffer.byteLength(key) <= MAX_SIMPLE_KEY;
  if (simple) {
    const written = writeText(key);
    return `${written}:${writeBelowKey(value, indent, indent.length + written.length + 2)}`;
  }
  const written = key.includes("\n") && canBeBlock(key) ? writeBlock(key, inner) : writeText(key);
  return `? ${written}\n${indent}: ${writeNested(value, inner)}`;
}

/** `column` is where a scalar begins. */
function writeBelowKey(value: JsonValue, indent: string, column: number): string {
  const inner = `${indent}  `;
  if (isFilledObject(value)) return `\n${writeMap(value, inner, inner)}`;
  if (isFilledList(value)) return `\n${writeList(value, indent, indent)}`;
  return ` ${writeScalar(value, inner, column)}\n`;
}

function writeList(items: JsonValue[], indent: string, first: string): string {
  return items.map((item, i) => `${i === 0 ? first : indent}- ${writeNested(item, `${indent}  `)}`).join("");
}

/** A value behind a dash, its first line on the same line. */
function writeNested(value: JsonValue, indent: string): string {
  if (isFilledObject(value)) return writeMap(value, indent, "");
  if (isFilledList(value)) return writeList(value, indent, "");
  return `${writeScalar(value, indent, indent.length)}\n`;
}

function writeScalar(value: JsonValue, indent: string, column: number): string {
  if (isObject(value)) return "{}";
  if (Array.isArray(value)) return "[]";
  if (typeof value === "number") return writeNumber(value);
  if (typeof value !== "string") return String(value);
  if (value.includes("\n") && canBeBlock(value)) return writeBlock(value, indent);
  return foldText(value.includes("\n") ? doubleQuoted(value) : writeText(value), { column, indent });
}
