import { interpretSuffix, suffixOf } from "./suffix.ts";
import type { QuantityFormat } from "./suffix.ts";

/**
 * Resource quantities (`100m`, `1.5Gi`, `2e3`) with exact arithmetic. A value is digits × 10^exponent with the
 * exponent never below -9: smaller parts are rounded away from zero when parsed, as kube-apiserver does. Digits and
 * exponent stay apart so that `1e1000000` costs nothing.
 */
export interface Quantity {
  /** Without trailing zeros unless the exponent is -9; 0n for zero. */
  readonly digits: bigint;
  readonly exponent: number;
  /** The family of suffixes the value was written in and is printed in. */
  readonly format: QuantityFormat;
}

/** Text that is no quantity; the message is the one kube-apiserver gives. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const NANO = -9;
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_LENGTH = 10_000;
/** Decimal places two operands may lie apart; beyond it, arithmetic would only burn memory. */
const MAX_DISTANCE = 1000;

const FORMAT_MESSAGE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_MESSAGE = "unable to parse quantity's suffix";

const NUMERIC_MESSAGE = "unable to parse numeric part of quantity";

const shape = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

const make = (digits: bigint, exponent: number, format: QuantityFormat): Quantity => {
  if (digits === 0n) return { digits, exponent: 0, format };
  let d = digits;
  let e = exponent;
  while (d % 1000n === 0n) {
    d /= 1000n;
    e += 3;
  }
  while (d % 10n === 0n) {
    d /= 10n;
    e += 1;
  }
  return { digits: d, exponent: e, format };
};

/** Reads a quantity; throws QuantityError. */
export function parseQuantity(text: string): Quantity {
  if (text === "" || text.length > MAX_LENGTH) throw new QuantityError(FORMAT_MESSAGE);
  const match = shape.exec(text);
  if (match === null) throw new QuantityError(FORMAT_MESSAGE);
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  const unit = interpretSuffix(suffix);
  if (unit === undefined) throw new QuantityError(SUFFIX_MESSAGE);
  // kube-apiserver takes some texts without any digit, such as `m`, for zero. Nobody means that.
  if (whole === "" && fraction === "") throw new QuantityError(NUMERIC_MESSAGE);
  const digits = BigInt(whole + fraction);
  const scaled = unit.base === 2 ? digits << BigInt(unit.exponent) : digits;
  const exponent = (unit.base === 2 ? 0 : unit.exponent) - fraction.length;
  const rounded = roundUp(scaled, exponent, NANO);
  const [capped, format] = settleBinary(rounded, unit.format);
  return make(sign === "-" ? -capped.digits : capped.digits, capped.exponent, format);
}

/** Binary values are capped at int64, and printed decimally when they are below one. */
function settleBinary(
  value: { digits: bigint; exponent: number },
  format: QuantityFormat,
): [{ digits: bigint; exponent: number }, QuantityFormat] {
  if (format !== "BinarySI") return [value, format];
  const scaled = { ...value, format };
  if (compareQuantities(scaled, { digits: MAX_INT64, exponent: 0, format }) > 0) {
    return [{ digits: MAX_INT64, exponent: 0 }, format];
  }
  const belowOne = value.digits > 0n && compareQuantities(scaled, { digits: 1n, exponent: 0, format }) < 0;
  return [value, belowOne ? "DecimalSI" : format];
}

/** The quantity the text is; undefined when it is none. */
export function readQuantity(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

/** Whether the text is a quantity. */
export const isQuantity = (text: string): boolean => readQuantity(text) !== undefined;

/** Brings a non-negative value to an exponent of at least `to`, rounding up. */
function roundUp(digits: bigint, exponent: number, to: number): { digits: bigint; exponent: number } {
  if (exponent >= to) return { digits, exponent };
  const drop = to - exponent;
  if (digits === 0n) return { digits, exponent: to };
  if (drop > MAX_LENGTH * 2) return { digits: 1n, exponent: to };
  const divisor = 10n ** BigInt(drop);
  return { digits: (digits + divisor - 1n) / divisor, exponent: to };
}

const sign = (n: bigint): number => (n > 0n ? 1 : n < 0n ? -1 : 0);
const abs = (n: bigint): bigint => (n < 0n ? -n : n);

/** Negative, zero or positive as `a` is smaller than, equal to or larger than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  if (a.exponent === b.exponent) return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0;
  const signs = sign(a.digits) - sign(b.digits);
  if (signs !== 0 || a.digits === 0n) return Math.sign(signs);
  const magnitudes =
    abs(a.digits).toString().length + a.exponent - (abs(b.digits).toString().length + b.exponent);
  if (magnitudes !== 0) return Math.sign(magnitudes) * sign(a.digits);
  const [x, y] = align(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function align(a: Quantity, b: Quantity): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [
    a.digits * 10n ** BigInt(a.exponent - exponent),
    b.digits * 10n ** BigInt(b.exponent - exponent),
    exponent,
  ];
}

/** The sum, in the format of the first operand unless that is zero. Throws QuantityError for absurd exponents. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  if (a.digits === 0n) return b;
  if (b.digits === 0n) return a;
  if (Math.abs(a.exponent - b.exponent) > MAX_DISTANCE) throw new QuantityError("quantities too far apart");
  const [x, y, exponent] = align(a, b);
  return make(x + y, exponent, a.format);
}

/** The value with the other sign. */
export const negateQuantity = (q: Quantity): Quantity => ({ ...q, digits: -q.digits });

/** Whether the value has no fraction. */
export const isInteger = (q: Quantity): boolean => q.exponent >= 0;

/** The value multiplied by 10^-scale as an integer, rounded up (away from zero): scale -3 gives milli-units. */
export function scaledValue(q: Quantity, scale: number): bigint {
  const exponent = q.exponent - scale;
  if (exponent > MAX_DISTANCE) throw new QuantityError("quantity too large");
  if (exponent >= 0) return q.digits * 10n ** BigInt(exponent);
  const rounded = roundUp(abs(q.digits), exponent, 0).digits;
  return q.digits < 0n ? -rounded : rounded;
}

/** The canonical text: no fraction, the largest suffix that keeps the digits whole. */
export function formatQuantity(q: Quantity): string {
  if (q.digits === 0n) return "0";
  if (q.format === "BinarySI" && q.exponent >= 0 && q.exponent < MAX_DISTANCE) {
    const value = q.digits * 10n ** BigInt(q.exponent);
    if (abs(value) >= 1024n) return formatBinary(value);
  }
  return formatDecimal(q, q.format === "DecimalExponent" ? "DecimalExponent" : "DecimalSI");
}

function formatBinary(value: bigint): string {
  let digits = value;
  let exponent = 0;
  while (exponent < 60 && digits % 1024n === 0n) {
    digits /= 1024n;
    exponent += 10;
  }
  return `${digits.toString()}${suffixOf(2, exponent)}`;
}

function formatDecimal(q: Quantity, format: "DecimalSI" | "DecimalExponent"): string {
  let exponent = Math.floor(q.exponent / 3) * 3;
  if (format === "DecimalSI") exponent = Math.min(exponent, 18);
  const zeros = q.exponent - exponent;
  if (zeros > MAX_DISTANCE) return `${q.digits.toString()}e${String(q.exponent)}`;
  const digits = (q.digits * 10n ** BigInt(zeros)).toString();
  if (format === "DecimalSI") return `${digits}${suffixOf(10, exponent)}`;
  return exponent === 0 ? digits : `${digits}e${String(exponent)}`;
}
