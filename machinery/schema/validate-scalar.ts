import { invalid, notSupported, tooLong, typeInvalid } from "../field/error.ts";
import { goQuote } from "../json/quote.ts";
import type { JsonValue } from "../json/value.ts";
import { equalJson } from "../json/value.ts";
import { encodeGoNumber } from "./go-number.ts";
import { formatCheck } from "./formats.ts";
import { compilePattern } from "./pattern.ts";
import type { ValueValidation } from "./structural.ts";
import type { ValidationRun } from "./validation-run.ts";

/** Length in code points, as Kubernetes counts. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        count--;
        i++;
      }
    }
  }
  return count;
}

/** Length, pattern and format of strings; undefined when nothing is asked. */
export function compileString(
  values: ValueValidation,
  format: string | undefined,
  types: readonly string[],
): ((value: string, run: ValidationRun) => number) | undefined {
  const { minLength, maxLength, pattern } = values;
  const matcher = pattern === undefined ? undefined : compilePattern(pattern);
  const isFormat = format === undefined || !couldBeString(types) ? undefined : formatCheck(format);
  if (minLength === undefined && maxLength === undefined && matcher === undefined && isFormat === undefined)
    return undefined;
  return (value, run) => {
    const before = run.errors.length;
    // Of length and pattern only the first problem is reported, as kube-apiserver does.
    // The length in UTF-16 units is an upper bound of the one in code points, half of it a lower one.
    if (maxLength !== undefined && value.length > maxLength && codePoints(value) > maxLength)
      run.add(tooLong(run.path(), maxLength));
    else if (minLength !== undefined && codePoints(value) < minLength)
      fail(run, value, `should be at least ${String(minLength)} chars long`);
    else if (matcher !== undefined && !matcher.matches(value))
      fail(
        run,
        value,
        `should match '${matcher.error === undefined ? (pattern ?? "") : `${pattern ?? ""}, but pattern is invalid: ${matcher.error}`}'`,
      );
    if (isFormat !== undefined && !isFormat(value)) {
      const path = run.path();
      run.add(typeInvalid(path, value, `${path} in body must be of type ${format ?? ""}: ${goQuote(value)}`));
    }
    return run.errors.length === before ? 1 : 0;
  };
}

const couldBeString = (types: readonly string[]): boolean => types.length === 0 || types.includes("string");

const fail = (run: ValidationRun, value: JsonValue, what: string): void => {
  const path = run.path();
  run.add(invalid(path, value, `${path} in body ${what}`));
};

/** Bounds and multiples of numbers; undefined when nothing is asked. */
export function compileNumber(
  values: ValueValidation,
): ((value: number | bigint, run: ValidationRun) => number) | undefined {
  const { maximum, minimum, exclusiveMaximum, exclusiveMinimum, multipleOf } = values;
  if (maximum === undefined && minimum === undefined && multipleOf === undefined) return undefined;
  return (value, run) => {
    const before = run.errors.length;
    if (multipleOf !== undefined) checkMultiple(value, multipleOf, run);
    if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum))
      fail(
        run,
        value,
        `should be less than ${exclusiveMaximum === true ? "" : "or equal to "}${printLimit(maximum, value)}`,
      );
    if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum))
      fail(
        run,
        value,
        `should be greater than ${exclusiveMinimum === true ? "" : "or equal to "}${printLimit(minimum, value)}`,
      );
    return run.errors.length === before ? 1 : 0;
  };
}

/** Limits are compared, and then printed, as numbers of the type of the value. */
const printLimit = (limit: number | bigint, value: number | bigint): string =>
  typeof value === "bigint" || Number.isSafeInteger(value) ? String(limit) : encodeGoNumber(limit);

/** Of an integer kube-apiserver takes the factor for one, too, and has none left where it is below one. */
function checkMultiple(value: number | bigint, multipleOf: number, run: ValidationRun): void {
  const factor = isWhole(value) ? Math.trunc(multipleOf) : multipleOf;
  const path = run.path();
  if (factor <= 0)
    run.add(invalid(path, 0, `factor MultipleOf declared for ${path} must be positive: ${String(factor)}`));
  else if (!isMultiple(value, factor))
    fail(run, value, `should be a multiple of ${printLimit(factor, value)}`);
}

function isMultiple(value: number | bigint, factor: number): boolean {
  if (typeof value === "bigint" && Number.isInteger(factor)) return value % BigInt(factor) === 0n;
  const number = Number(value);
  const quotient = factor < 1 ? (1 / factor) * number : number / factor;
  const off = Math.abs(quotient - Math.round(quotient));
  // As kube-apiserver: 0.1 has no exact form, so the comparison allows for the last digits.
  return off === 0 || off < 1e-9 * Math.max(1, Math.abs(quotient));
}

/** The enumeration; undefined when there is none. */
export function compileCommon(
  values: ValueValidation,
): ((value: JsonValue, run: ValidationRun) => number) | undefined {
  const allowed = values.enum;
  if (allowed === undefined || allowed.length === 0) return undefined;
  const scalars = new Set<JsonValue>(allowed.filter((one) => typeof one !== "object"));
  const whole = new Set(allowed.filter(isWhole).map(Number));
  const names = allowed.map((one) => (typeof one === "string" ? one : printEnum(one)));
  return (value, run) => {
    if (value !== null && (scalars.has(value) || allowed.some((one) => equalJson(one, value)))) return 1;
    // kube-apiserver makes the value one of the type of what it is compared with, which cuts off a fraction.
    if (typeof value === "number" && whole.has(Math.trunc(value))) return 1;
    run.add(notSupported(run.path() || "<nil>", value, names));
    return 0;
  };
}

const isWhole = (value: JsonValue): boolean => typeof value === "bigint" || Number.isInteger(value);

const printEnum = (value: JsonValue): string =>
  typeof value === "bigint"
    ? value.toString()
    : JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? Number(one) : one));
