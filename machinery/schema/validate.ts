import type { FieldError } from "../field/error.ts";
import { invalid, printFieldError } from "../field/error.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";

import { compileRules } from "../cel/rules.ts";
import { compileEmbedded } from "./embedded.ts";
import type { EmbeddedOptions } from "./embedded.ts";
import { compileListTypes } from "./list-types.ts";
import type { Structural } from "./structural.ts";
import { compileNode } from "./validate-node.ts";
import { ValidationRun } from "./validation-run.ts";

/**
 * Validation of a whole object against its schema, in kube-apiserver's stages: values (types, bounds, junctors), embedded
 * resources, list sets and maps, then the CEL rules, which are skipped when an earlier error could confuse them.
 *
 * With an old object, what did not change is not held against the update (ratcheting). Objects are not changed; a
 * validator is made once per schema and may be shared.
 */
export interface Validator {
  /**
   * Everything wrong with the object, each stage sorted by path; empty means valid. `warn` is told what a rule holds
   * against a value that did not change.
   */
  validate(object: JsonObject, old?: JsonObject, warn?: (text: string) => void): FieldError[];
}

export interface ValidatorOptions extends EmbeddedOptions {
  /** Leaves the CEL rules out, for schemas that are not those of a served kind. */
  readonly withoutRules?: boolean;
}

const blocking: ReadonlySet<string> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

const rulesSkipped = invalid(
  "<nil>",
  null,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
);

/** Compiles the schema of a whole object into a validator. Rules that do not compile are reported when they would run. */
export function compileValidator(schema: Structural, options: ValidatorOptions = {}): Validator {
  const checkValues = compileNode(schema);
  const checkEmbedded = compileEmbedded(schema, options);
  const checkLists = compileListTypes(schema);
  const rules = options.withoutRules === true ? undefined : compileRules(schema);

  return {
    validate(object, old, warn) {
      const run = new ValidationRun();
      checkValues(object, old, run);
      const errors = sorted(unique(run.errors));
      if (checkEmbedded !== undefined) errors.push(...sorted(checkEmbedded(object)));
      if (checkLists !== undefined && (old === undefined || checkLists(old).length === 0))
        errors.push(...sorted(checkLists(object)));
      if (rules === undefined) return errors;
      if (errors.some((e) => blocking.has(e.type))) errors.push(rulesSkipped);
      else {
        const found = rules.validate(object, old);
        errors.push(...sorted(found.errors));
        if (warn !== undefined)
          for (const ratcheted of sorted(found.ratcheted)) warn(printFieldError(ratcheted));
      }
      return errors;
    },
  };
}

/** Checks a value that stands alone, such as a default, against the schema of its field; no rules, no embedded metadata. */
export function compileValueValidator(schema: Structural): { validate(value: JsonValue): FieldError[] } {
  const check = compileNode(schema, false);
  return {
    validate(value) {
      const run = new ValidationRun();
      check(value, undefined, run);
      return sorted(unique(run.errors));
    },
  };
}

function unique(errors: readonly FieldError[]): FieldError[] {
  if (errors.length < 2) return [...errors];
  const seen = new Set<string>();
  return errors.filter((e) => {
    const key = `${e.path}\n${e.detail}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** By path; errors of one path keep their order. */
function sorted(errors: readonly FieldError[]): FieldError[] {
  return errors.length < 2
    ? [...errors]
    : errors.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
