import { goQuote } from "../json/quote.ts";
import type { JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import { writeNumber } from "../yaml/scalar.ts";
import { compareText } from "./order.ts";

/** A value as Go's `%v` prints the wrapper structured-merge-diff keeps it in: `&{text}`, `&{map[a:1]}`. */
export const printWrapped = (value: JsonValue): string => `&{${printPlain(value)}}`;

/** A value as Go's `%#v` prints that wrapper: `&value.valueUnstructured{Value:1}`. */
export const printWrappedSyntax = (value: JsonValue): string =>
  `&value.valueUnstructured{Value:${printSyntax(value)}}`;

/** The Go type a decoded JSON value has. */
export function goTypeName(value: JsonValue): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isObject(value)) return "map[string]interface {}";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return value === null ? "<nil>" : typeof value === "bigint" ? "int64" : "string";
}

/** A value as Go's `%v` prints it. */
export function printPlain(value: JsonValue): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(printPlain).join(" ")}]`;
  if (isObject(value)) return `map[${entries(value, (key, item) => `${key}:${printPlain(item)}`).join(" ")}]`;
  return typeof value === "number" ? writeNumber(value) : String(value);
}

function printSyntax(value: JsonValue): string {
  if (value === null) return "interface {}(nil)";
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number") return writeNumber(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(printSyntax).join(", ")}}`;
  if (isObject(value)) {
    return `map[string]interface {}{${entries(value, (key, item) => `${goQuote(key)}:${printSyntax(item)}`).join(", ")}}`;
  }
  return String(value);
}

const entries = (
  object: Readonly<Record<string, JsonValue>>,
  print: (key: string, value: JsonValue) => string,
): string[] =>
  Object.keys(object)
    .sort(compareText)
    .map((key) => print(key, object[key] as JsonValue));
