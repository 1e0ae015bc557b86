import type { FieldError } from "../field/error.ts";
import { required } from "../field/error.ts";
import type { FieldPath } from "../field/path.ts";
import type { NestedValidation, Structural, ValueValidation } from "./structural.ts";

/**
 * Every field a junctor of the root constrains must also be declared outside of it. As in kube-apiserver, junctors of
 * nodes below the root are not looked at.
 */
export function checkCompleteness(schema: Structural, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  checkJunctors(schema.validation, schema, { at, from: at }, errors);
  return errors;
}

interface Place {
  /** In the structural schema. */
  readonly at: FieldPath;
  /** In the junctor that asks for it. */
  readonly from: FieldPath;
}

function checkJunctors(
  v: ValueValidation | undefined,
  s: Structural,
  place: Place,
  errors: FieldError[],
): void {
  if (v === undefined) return;
  const { at, from } = place;
  if (v.not !== undefined) checkNested(v.not, s, { at, from: from.child("not") }, errors);
  for (const name of ["allOf", "anyOf", "oneOf"] as const)
    v[name]?.forEach((one, i) => {
      checkNested(one, s, { at, from: from.child(name).index(i) }, errors);
    });
}

function checkNested(v: NestedValidation, s: Structural, { at, from }: Place, errors: FieldError[]): void {
  checkJunctors(v, s, { at, from }, errors);
  if (v.items !== undefined) {
    const below = { at: at.child("items"), from: from.child("items") };
    if (s.items === undefined)
      errors.push(required(below.at, `because it is defined in ${String(below.from)}`));
    else checkNested(v.items, s.items, below, errors);
  }
  for (const [key, field] of v.properties ?? []) {
    const below = { at: at.child("properties").key(key), from: from.child("properties").key(key) };
    const declared = s.properties?.get(key);
    if (declared === undefined)
      errors.push(required(below.at, `because it is defined in ${String(below.from)}`));
    else checkNested(field, declared, below, errors);
  }
}
