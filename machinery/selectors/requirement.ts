import type { FieldError } from "../field/error.ts";
import { invalid, printFieldError } from "../field/error.ts";
import { compareUtf8 } from "../json/encode.ts";
import { labelValue, qualifiedName } from "../names/names.ts";
import { SelectorError } from "./selector-error.ts";

/** As they stand in the text form; `exists` is a bare key, `!` a key that must be absent. */
export type LabelOperator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, without repetitions. */
  readonly values: readonly string[];
}

const MAX_INT64 = 2n ** 63n - 1n;

function isInt64Text(text: string): boolean {
  if (!/^[+-]?[0-9]+$/.test(text)) return false;
  const value = BigInt(text.replace(/^\+/, ""));
  return value <= MAX_INT64 && value >= -MAX_INT64 - 1n;
}

function operandErrors(operator: LabelOperator, values: string[]): FieldError[] {
  switch (operator) {
    case "in":
    case "notin":
      if (values.length > 0) return [];
      return [invalid("values", [], "for 'in', 'notin' operators, values set can't be empty")];
    case "=":
    case "==":
    case "!=":
      if (values.length === 1) return [];
      return [invalid("values", values, "exact-match compatibility requires one single value")];
    case "exists":
    case "!":
      if (values.length === 0) return [];
      return [invalid("values", values, "values set must be empty for exists and does not exist")];
    case "gt":
    case "lt": {
      const errors =
        values.length === 1
          ? []
          : [invalid("values", values, "for 'Gt', 'Lt' operators, exactly one value is required")];
      values.forEach((value, i) => {
        if (!isInt64Text(value)) {
          const at = `values[${String(i)}]`;
          errors.push(invalid(at, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
        }
      });
      return errors;
    }
  }
}

/** A checked requirement. Throws SelectorError with all that is wrong with it. */
export function makeRequirement(
  key: string,
  operator: LabelOperator,
  given: readonly string[],
): LabelRequirement {
  const values = [...new Set(given)].sort(compareUtf8);
  const errors: FieldError[] = [];
  const keyProblems = qualifiedName(key);
  if (keyProblems.length > 0) errors.push(invalid("key", key, keyProblems.join("; ")));
  errors.push(...operandErrors(operator, values));
  values.forEach((value, i) => {
    const problems = labelValue(value);
    if (problems.length > 0) errors.push(invalid(`values[${String(i)}][${key}]`, value, problems.join("; ")));
  });
  if (errors.length > 0) throw new SelectorError(printErrors(errors));
  return { key, operator, values };
}

function printErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(printFieldError))];
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

/** The text form of one requirement. */
export function printRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0] ?? ""}`;
    case "lt":
      return `${key}<${values[0] ?? ""}`;
    default:
      return `${key}${operator}${values[0] ?? ""}`;
  }
}
