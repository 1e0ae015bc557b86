import type { FieldError } from "../../machinery/field/error.ts";
import { invalid, tooLong } from "../../machinery/field/error.ts";
import type { FieldPath } from "../../machinery/field/path.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";

const MANAGER_BYTES = 128;
const SUBRESOURCE_BYTES = 256;

/** Validates the entries of managedFields as far as their meaning does not matter. */
export function validateManagedFields(value: JsonValue | undefined, path: FieldPath): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry, i) => {
    if (!isObject(entry)) return [];
    const at = path.index(i);
    const text = (key: string): string => {
      const member = getKey(entry, key);
      return typeof member === "string" ? member : "";
    };
    const errors: FieldError[] = [];
    const operation = text("operation");
    if (operation !== "Apply" && operation !== "Update") {
      errors.push(invalid(at.child("operation"), operation, "must be `Apply` or `Update`"));
    }
    const fieldsType = text("fieldsType");
    if (fieldsType !== "" && fieldsType !== "FieldsV1") {
      errors.push(invalid(at.child("fieldsType"), fieldsType, "must be `FieldsV1`"));
    }
    errors.push(...validateFieldManager(text("manager"), at.child("manager")));
    if (Buffer.byteLength(text("subresource")) > SUBRESOURCE_BYTES) {
      errors.push(tooLong(at.child("subresource"), SUBRESOURCE_BYTES));
    }
    return errors;
  });
}

/** Letters, marks, numbers, punctuation, symbols and the plain space, as Go's unicode.IsPrint. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Validates the name of a field manager, in an entry or in the fieldManager parameter. */
export function validateFieldManager(manager: string, path: FieldPath | string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > MANAGER_BYTES) errors.push(tooLong(path, MANAGER_BYTES));
  let position = 0;
  for (const rune of manager) {
    if (!printable.test(rune)) {
      const code = (rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      errors.push(invalid(path, manager, `invalid character U+${code} (at position ${String(position)})`));
    }
    position += Buffer.byteLength(rune);
  }
  return errors;
}
