import { goQuote } from "../../machinery/json/quote.ts";
import { untyped } from "../../api/errors/catalogue.ts";

/** Digits only, at most what a uint64 holds; undefined when it is something else. */
export function parseUint64(text: string): bigint | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > maxUint64 ? undefined : value;
}

const maxUint64 = 2n ** 64n - 1n;

/** Why Go refuses the text as an unsigned integer. */
export function uintError(text: string): string {
  const why = /^[0-9]+$/.test(text) ? "value out of range" : "invalid syntax";
  return `strconv.ParseUint: parsing ${goQuote(text)}: ${why}`;
}

/** A revision that was asked for; a bigint where a number would lose digits, for no store has come so far. */
export type AskedRevision = number | bigint;

/** A value of parseUint64 as it is asked for. */
export const askedRevision = (value: bigint): AskedRevision =>
  value > Number.MAX_SAFE_INTEGER ? value : Number(value);

/** The resourceVersion of an object: 0 when absent; text that is no number is an untyped 500, as in kube-apiserver. */
export function objectVersion(text: string): number {
  if (text === "") return 0;
  const value = parseUint64(text);
  if (value === undefined) throw untyped(uintError(text));
  return Number(value);
}

/** A `resourceVersion` parameter of get or watch; text that is no number is an untyped 500. */
export function requestedVersion(text: string): AskedRevision {
  const value = parseUint64(text);
  if (value === undefined) {
    throw untyped(`resourceVersion: Invalid value: ${goQuote(text)}: ${uintError(text)}`);
  }
  return askedRevision(value);
}
