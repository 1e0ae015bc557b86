import type { Overload } from "../overload.ts";
import { doubleTraversal, flat, overload, perItem, regexCost, traversal } from "../overload.ts";
import { findAll, findFirst, matches } from "../regex.ts";
import type { Value } from "../value.ts";
import { CelError, CelList } from "../value.ts";
import { formatString, quote } from "./format-string.ts";

const points = (text: string): string[] => Array.from(text);

const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (c) => c.toLowerCase());
const upper = (text: string): string => text.replaceAll(/[a-z]/g, (c) => c.toUpperCase());

/** Offsets are in code points, as Go counts runes. */
function indexOf(text: string, what: string, from = 0n): bigint {
  const [all, part] = [points(text), points(what)];
  if (from < 0n || from > BigInt(all.length)) throw new CelError(`index out of range: ${from.toString()}`);
  for (let i = Number(from); i + part.length <= all.length; i++)
    if (part.every((c, j) => all[i + j] === c)) return BigInt(i);
  return -1n;
}

function lastIndexOf(text: string, what: string, from?: bigint): bigint {
  const [all, part] = [points(text), points(what)];
  const start = from ?? BigInt(all.length);
  if (start < 0n || start > BigInt(all.length)) throw new CelError(`index out of range: ${start.toString()}`);
  for (let i = Math.min(Number(start), all.length - part.length); i >= 0; i--)
    if (part.every((c, j) => all[i + j] === c)) return BigInt(i);
  return -1n;
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = points(text);
  const end = to ?? BigInt(all.length);
  if (from < 0n || from > BigInt(all.length)) throw new CelError(`index out of range: ${from.toString()}`);
  if (end < 0n || end > BigInt(all.length)) throw new CelError(`index out of range: ${end.toString()}`);
  if (from > end)
    throw new CelError(`invalid substring range. start: ${from.toString()}, end: ${end.toString()}`);
  return all.slice(Number(from), Number(end)).join("");
}

function charAt(text: string, at: bigint): string {
  const all = points(text);
  if (at < 0n || at > BigInt(all.length)) throw new CelError(`index out of range: ${at.toString()}`);
  return all[Number(at)] ?? "";
}

function replace(text: string, what: string, by: string, count = -1n): string {
  if (count < 0n)
    return what === "" ? replaceFirst(text, what, by, Infinity) : text.replaceAll(what, () => by);
  return replaceFirst(text, what, by, Number(count));
}

function replaceFirst(text: string, what: string, by: string, count: number): string {
  if (what === "") {
    const all = points(text);
    const parts = all.map((c, i) => (i < count ? by + c : c));
    return parts.join("") + (all.length < count ? by : "");
  }
  let out = "";
  let at = 0;
  for (let n = 0; n < count; n++) {
    const found = text.indexOf(what, at);
    if (found < 0) break;
    out += text.slice(at, found) + by;
    at = found + what.length;
  }
  return out + text.slice(at);
}

function split(text: string, separator: string, limit = -1n): CelList {
  if (limit === 0n) return new CelList([]);
  const parts = separator === "" ? points(text) : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return new CelList(parts);
  const keep = Number(limit) - 1;
  return new CelList([...parts.slice(0, keep), parts.slice(keep).join(separator)]);
}

function join(list: CelList, separator = ""): string {
  return list
    .toArray()
    .map((item) => {
      if (typeof item !== "string") throw new CelError("no such overload", "no-such-overload");
      return item;
    })
    .join(separator);
}

const concatCost = ([a = 0, b = 0]: readonly number[]): number => Math.ceil((a + b) * 0.1);

/** Text: CEL's own functions, the strings extension, and Kubernetes' regular expressions. */
export function stringOverloads(): Overload[] {
  return [
    overload("::size(string): int", (s: string) => BigInt(points(s).length)),
    overload("string.size(): int", (s: string) => BigInt(points(s).length)),
    overload("string.contains(string): bool", (s: string, t: string) => s.includes(t), concatCost),
    overload(
      "string.startsWith(string): bool",
      (s: string, t: string) => s.startsWith(t),
      ([, b = 0]) => Math.ceil(b * 0.1),
    ),
    overload(
      "string.endsWith(string): bool",
      (s: string, t: string) => s.endsWith(t),
      ([, b = 0]) => Math.ceil(b * 0.1),
    ),
    overload("string.matches(string): bool", matches, regexCost),
    overload("::matches(string, string): bool", matches, regexCost),
    overload("string.find(string): string", findFirst, regexCost),
    overload("string.findAll(string): list<string>", findAll, regexCost),
    overload("string.findAll(string, int): list<string>", findAll, regexCost),
    overload("string.charAt(int): string", charAt, traversal),
    overload("string.indexOf(string): int", indexOf, traversal),
    overload("string.indexOf(string, int): int", indexOf, traversal),
    overload("string.lastIndexOf(string): int", lastIndexOf, traversal),
    overload("string.lastIndexOf(string, int): int", lastIndexOf, traversal),
    overload("string.lowerAscii(): string", lower, traversal),
    overload("string.upperAscii(): string", upper, traversal),
    overload("string.replace(string, string): string", replace, doubleTraversal),
    overload("string.replace(string, string, int): string", replace, doubleTraversal),
    overload("string.split(string): list<string>", split, doubleTraversal),
    overload("string.split(string, int): list<string>", split, doubleTraversal),
    overload("string.substring(int): string", substring, traversal),
    overload("string.substring(int, int): string", substring, traversal),
    overload("string.trim(): string", trim, traversal),
    overload("string.reverse(): string", (s: string) => points(s).reverse().join(""), traversal),
    overload("list<string>.join(): string", join, perItem),
    overload("list<string>.join(string): string", join, perItem),
    overload(
      "string.format(list<dyn>): string",
      (s: string, args: CelList): Value => formatString(s, args),
      doubleTraversal,
    ),
    overload("::strings.quote(string): string", quote, traversal),
    overload(
      "::jsonpatch.escapeKey(string): string",
      (s: string) => s.replaceAll("~", "~0").replaceAll("/", "~1"),
      traversal,
    ),
    overload("::size(bytes): int", (b: Uint8Array) => BigInt(b.length), flat),
    overload("bytes.size(): int", (b: Uint8Array) => BigInt(b.length), flat),
  ];
}

/** Unicode white space, as Go's TrimSpace and CEL's trim see it. */
function trim(text: string): string {
  return text
    .replace(/^[\s\u0085\u200b\u2060\u180e\ufeff]+/, "")
    .trimEnd()
    .replace(/[\u0085\u200b\u2060\u180e]+$/, "");
}
