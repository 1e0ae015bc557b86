import { encodeGoNumber } from "../../schema/go-number.ts";
import { printDuration, printTimestamp } from "../time.ts";
import type { Value } from "../value.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
} from "../value.ts";

/** `"%d of %s".format([…])` of CEL's strings extension. */
export function formatString(format: string, args: CelList): string {
  let next = 0;
  const out: string[] = [];
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    if (c !== "%") {
      out.push(c);
      continue;
    }
    const clause = /^%(?:%|(?:\.(\d{1,3}))?([sdfebxXo]))/.exec(format.slice(i, i + 8));
    if (clause === null)
      throw new CelError(
        `could not parse formatting clause: unrecognized formatting clause "${format.charAt(i + 1)}"`,
      );
    i += clause[0].length - 1;
    if (clause[2] === undefined) {
      out.push("%");
      continue;
    }
    if (next >= args.length) throw new CelError(`index ${String(next)} out of range`);
    out.push(formatOne(clause[2], clause[1] === undefined ? 6 : Number(clause[1]), args.at(next++)));
  }
  return out.join("");
}

const wrong = (clause: string, what: string): CelError =>
  new CelError(`error during formatting: ${clause} clause can only be used on ${what}`);

function formatOne(clause: string, precision: number, value: Value): string {
  const integer = value instanceof CelUint ? value.value : typeof value === "bigint" ? value : undefined;
  switch (clause) {
    case "s":
      return printValue(value);
    case "d":
      if (integer !== undefined) return integer.toString();
      throw wrong("decimal", "integers");
    case "f":
      if (typeof value === "number") return value.toFixed(Math.min(precision, 100));
      if (integer !== undefined) return `${integer.toString()}.${"0".repeat(precision)}`;
      throw wrong("fixed-point", "doubles");
    case "e":
      if (typeof value === "number")
        return value.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, "e$10$2");
      throw wrong("scientific", "doubles");
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      if (integer !== undefined) return integer.toString(2);
      throw wrong("binary", "integers and bools");
    case "o":
      if (integer !== undefined) return integer.toString(8);
      throw wrong("octal", "integers");
    default:
      return hex(value, integer, clause === "X");
  }
}

function hex(value: Value, integer: bigint | undefined, isUpper: boolean): string {
  let text: string;
  if (integer !== undefined) text = integer.toString(16);
  else if (typeof value === "string") text = Buffer.from(value).toString("hex");
  else if (value instanceof Uint8Array) text = Buffer.from(value).toString("hex");
  else throw wrong("hex", "integers, byte buffers, and strings");
  return isUpper ? text.toUpperCase() : text;
}

/** A value the way %s prints it. */
function printValue(value: Value): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return encodeGoNumber(value);
    case "bigint":
    case "boolean":
      return String(value);
    default:
  }
  if (value instanceof CelUint) return value.value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (value instanceof CelTimestamp) return printTimestamp(value);
  if (value instanceof CelDuration) return printDuration(value);
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelList) return `[${value.toArray().map(printValue).join(", ")}]`;
  if (value instanceof CelMap)
    return `{${value
      .keys()
      .map((key) => `${printValue(key)}: ${printValue(value.get(key) ?? null)}`)
      .sort()
      .join(", ")}}`;
  if (value instanceof CelOptional || value instanceof CelOpaque)
    throw new CelError(
      "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
    );
  return "";
}

/** A text in double quotes with Go's escapes. */
export function quote(text: string): string {
  const named: Readonly<Record<string, string>> = {
    "\u0007": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
  };
  return `"${text.replaceAll(/[\p{Cc}\\"]/gu, (c) => named[c] ?? c)}"`;
}
