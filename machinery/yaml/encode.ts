import type { JsonPrimitive, JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import { sortedKeys } from "../json/encode.ts";
import { resolvePlain } from "./resolve.ts";

/**
 * YAML as sigs.k8s.io/yaml writes it: sorted keys, two spaces, lists not indented below their key, texts quoted where
 * a YAML 1.1 reader would take them for something else, texts of several lines as literal blocks.
 */

/** One document with a final newline. Throws TypeError for numbers YAML readers of JSON do not accept. */
export function encodeYaml(value: JsonValue): string {
  if (isObject(value) && Object.keys(value).length > 0) return writeMap(value, "");
  if (Array.isArray(value) && value.length > 0) return writeList(value, "");
  return `${writeScalar(value, "")}\n`;
}

function writeMap(object: { [key: string]: JsonValue }, indent: string, firstIndent = indent): string {
  let out = "";
  for (const key of sortedKeys(object)) {
    out += `${out === "" ? firstIndent : indent}${writeText(key, true)}:${writeBelowKey(object[key] ?? null, indent)}`;
  }
  return out;
}

function writeBelowKey(value: JsonValue, indent: string): string {
  if (isObject(value) && Object.keys(value).length > 0) return `\n${writeMap(value, `${indent}  `)}`;
  if (Array.isArray(value) && value.length > 0) return `\n${writeList(value, indent)}`;
  return ` ${writeScalar(value, `${indent}  `)}\n`;
}

function writeList(items: JsonValue[], indent: string, firstIndent = indent): string {
  let out = "";
  const inner = `${indent}  `;
  for (const item of items) {
    out += `${out === "" ? firstIndent : indent}- `;
    if (isObject(item) && Object.keys(item).length > 0) out += writeMap(item, inner, "");
    else if (Array.isArray(item) && item.length > 0) out += writeList(item, inner, "");
    else out += `${writeScalar(item, inner)}\n`;
  }
  return out;
}

function writeScalar(value: JsonValue, indent: string): string {
  if (isObject(value)) return "{}";
  if (Array.isArray(value)) return "[]";
  const primitive: JsonPrimitive = value;
  if (typeof primitive !== "string") return writeBare(primitive);
  return primitive.includes("\n") && canBeBlock(primitive)
    ? writeBlock(primitive, indent)
    : writeText(primitive, false);
}

function writeBare(value: null | boolean | number | bigint): string {
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) throw new TypeError(`json: unsupported value: ${String(value)}`);
  if (Object.is(value, -0)) return "-0";
  // Go writes exponents of at least two digits.
  return String(value).replace(/e([+-])([0-9])$/, "e$10$2");
}

/** Everything a reader passes over unchanged: no controls except line ends and tabs, no byte order mark. */
const special =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/;
const astral = /[\ud800-\udbff][\udc00-\udfff]/g;

const hasSpecial = (text: string): boolean => special.test(text.replace(astral, ""));

const canBeBlock = (text: string): boolean => !hasSpecial(text) && !/\u0085/.test(text);

/** A literal block; the indicator keeps leading spaces, the chomping sign the line ends. */
function writeBlock(text: string, indent: string): string {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text.endsWith("\n\n") || text === "\n" ? "+" : "";
  const lines = text.replace(/\n$/, "").split("\n");
  return `|${hint}${chomp}\n${lines.map((line) => (line === "" ? "" : indent + line)).join("\n")}`;
}

/** Characters that start something else than a plain text. */
const badStart = /^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:[\s]|$)|---|\.\.\.)/;
const badInside = /: |:$| #|^ | $|[\t\n]|\u0085/;
/** Numbers in base 60 and dates, which other YAML 1.1 readers would not read as text. */
const otherReaders =
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9]*)?$|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt\s])|^[=<]+$/;

function writeText(text: string, key: boolean): string {
  if (hasSpecial(text) || (text.includes("\n") && key)) return doubleQuoted(text);
  if (typeof resolvePlain(text) !== "string" || otherReaders.test(text)) return doubleQuoted(text);
  if (text.includes("\n") || text.includes("\u0085")) return doubleQuoted(text);
  if (badStart.test(text) || badInside.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return text;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\u001b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0085", "\\N"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

function doubleQuoted(text: string): string {
  let out = "";
  for (const c of text.toWellFormed()) {
    const known = escapes.get(c);
    if (known !== undefined) out += known;
    else if (hasSpecial(c)) {
      const code = c.charCodeAt(0).toString(16).toUpperCase();
      out += code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
    } else out += c;
  }
  return `"${out}"`;
}
