import { encodeJson, encodeOrdered } from "../json/encode.ts";
import { goQuote } from "../json/quote.ts";
import { writeNumber } from "../yaml/scalar.ts";
import type { JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import type { FieldPath } from "./path.ts";

/** The kinds of field error kube-apiserver knows; the values are the cause reasons on the wire. */
export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueTypeInvalid"
  | "FieldValueNotSupported"
  | "FieldValueTooLong"
  | "FieldValueTooShort"
  | "FieldValueTooMany"
  | "FieldValueTooFew"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueNotFound"
  | "InternalError";

/** One problem at one path. `detail` is the complete text after the path: `Invalid value: "x": must be …`. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly path: string;
  readonly detail: string;
}

type At = FieldPath | string;

/** A bad value the way Go prints it in a field error: strings quoted, null, numbers bare, objects as JSON. */
export function printValue(value: JsonValue | undefined): string {
  if (value === undefined) return "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number") return writeNumber(value);
  return isObject(value) || Array.isArray(value) ? encodeJson(value) : JSON.stringify(value);
}

const withDetail = (head: string, detail: string | undefined): string =>
  detail === undefined || detail === "" ? head : `${head}: ${detail}`;

const error = (type: FieldErrorType, at: At, detail: string): FieldError => ({
  type,
  path: at.toString(),
  detail,
});

export const required = (at: At, detail?: string): FieldError =>
  error("FieldValueRequired", at, withDetail("Required value", detail));
export const invalid = (at: At, value: JsonValue | undefined, detail: string): FieldError =>
  error("FieldValueInvalid", at, withDetail(`Invalid value: ${printValue(value)}`, detail));
/** An Invalid error about a typed struct, which Go prints in the order of its declaration: that of the keys given. */
export const invalidStruct = (at: At, value: JsonValue, detail: string): FieldError =>
  error("FieldValueInvalid", at, withDetail(`Invalid value: ${encodeOrdered(value)}`, detail));
/** An Invalid error that does not repeat the value, as kube-apiserver does for objects and lists in CEL rules. */
export const invalidWithoutValue = (at: At, detail: string): FieldError =>
  error("FieldValueInvalid", at, `Invalid value: ${detail}`);
export const typeInvalid = (at: At, value: JsonValue | undefined, detail: string): FieldError =>
  error("FieldValueTypeInvalid", at, withDetail(`Invalid value: ${printValue(value)}`, detail));
export const notSupported = (
  at: At,
  value: JsonValue | undefined,
  supported: readonly string[],
): FieldError =>
  error(
    "FieldValueNotSupported",
    at,
    withDetail(
      `Unsupported value: ${printValue(value)}`,
      supported.length > 0 ? `supported values: ${supported.map(goQuote).join(", ")}` : undefined,
    ),
  );
export const tooLong = (at: At, max: number): FieldError =>
  error(
    "FieldValueTooLong",
    at,
    `Too long: may not be more than ${String(max)} ${max === 1 ? "byte" : "bytes"}`,
  );
export const tooMany = (at: At, actual: number, max: number): FieldError =>
  error(
    "FieldValueTooMany",
    at,
    `Too many: ${String(actual)}: must have at most ${String(max)} ${max === 1 ? "item" : "items"}`,
  );
export const duplicate = (at: At, value: JsonValue | undefined): FieldError =>
  error("FieldValueDuplicate", at, `Duplicate value: ${printValue(value)}`);
export const forbidden = (at: At, detail: string): FieldError =>
  error("FieldValueForbidden", at, withDetail("Forbidden", detail));
export const notFoundValue = (at: At, value: JsonValue | undefined, detail?: string): FieldError =>
  error("FieldValueNotFound", at, withDetail(`Not found: ${printValue(value)}`, detail));

/** `path: detail`, the form used in messages. */
export const printFieldError = (e: FieldError): string => `${e.path}: ${e.detail}`;
