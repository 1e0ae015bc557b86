import { checkRules } from "../../machinery/cel/rule-check.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { forbidden, invalid, required } from "../../machinery/field/error.ts";
import type { FieldPath } from "../../machinery/field/path.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import { pruneValue } from "../../machinery/schema/prune.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { compileValueValidator } from "../../machinery/schema/validate.ts";

/** What a CustomResourceDefinition's schema must keep to beyond being structural: lists, defaults, CEL rules. */
export function checkCrdSchema(schema: Structural, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  checkNode(schema, at, errors);
  // Rules are compiled against types made from the schema, so they wait until that is right.
  if (errors.length > 0) return errors;
  checkDefaults(schema, at, errors);
  errors.push(...checkRules(schema, at));
  return errors;
}

/** Calls a visitor with every structural child and its path. */
function children(s: Structural, at: FieldPath, visit: (child: Structural, at: FieldPath) => void): void {
  if (s.items !== undefined) visit(s.items, at.child("items"));
  for (const [key, child] of s.properties ?? []) visit(child, at.child("properties").key(key));
  const additional = s.additionalProperties;
  if (additional !== undefined && additional !== true) visit(additional, at.child("additionalProperties"));
}

function checkNode(s: Structural, at: FieldPath, errors: FieldError[]): void {
  if (s.validation?.uniqueItems === true)
    errors.push(
      forbidden(
        at.child("uniqueItems"),
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  if (s.additionalProperties !== undefined && s.properties !== undefined)
    errors.push(
      forbidden(at.child("additionalProperties"), "additionalProperties and properties are mutual exclusive"),
    );
  if (s.mapType !== undefined && s.type !== "object")
    errors.push(wrongType(s, at, "must be object if x-kubernetes-map-type is specified"));
  if (s.listType !== undefined && s.type !== "array")
    errors.push(wrongType(s, at, "must be array if x-kubernetes-list-type is specified"));
  else if (s.listType === "set") checkSet(s, at, errors);
  else if (s.listType === "map") checkMapList(s, at, errors);
  if (s.listMapKeys !== undefined && s.listType !== "map") {
    const why = "must be map if x-kubernetes-list-map-keys is non-empty";
    const below = at.child("x-kubernetes-list-type");
    errors.push(s.listType === undefined ? required(below, why) : invalid(below, s.listType, why));
  }
  children(s, at, (child, below) => {
    checkNode(child, below, errors);
  });
}

const wrongType = (s: Structural, at: FieldPath, why: string): FieldError =>
  s.type === undefined ? required(at.child("type"), why) : invalid(at.child("type"), s.type, why);

function checkSet(s: Structural, at: FieldPath, errors: FieldError[]): void {
  const { items } = s;
  const why = "must be atomic as item of a list with x-kubernetes-list-type=set";
  if (items?.type === "array" && items.listType !== undefined && items.listType !== "atomic")
    errors.push(invalid(at.child("items").child("x-kubernetes-list-type"), items.listType, why));
  if (items?.type === "object" && items.mapType !== "atomic")
    errors.push(invalid(at.child("items").child("x-kubernetes-map-type"), items.listType ?? null, why));
  checkNullableItems(s, at, errors);
}

function checkNullableItems(s: Structural, at: FieldPath, errors: FieldError[]): void {
  if (s.items?.nullable === true)
    errors.push(
      forbidden(
        at.child("items").child("nullable"),
        `cannot be nullable when x-kubernetes-list-type is ${s.listType ?? ""}`,
      ),
    );
}

function checkMapList(s: Structural, at: FieldPath, errors: FieldError[]): void {
  const keys = s.listMapKeys ?? [];
  const { items } = s;
  const keysAt = at.child("x-kubernetes-list-map-keys");
  if (keys.length === 0) errors.push(required(keysAt, "must not be empty if x-kubernetes-list-type is map"));
  if (items === undefined) {
    errors.push(required(at.child("items"), "must have a schema if x-kubernetes-list-type is map"));
    return;
  }
  if (items.type !== "object") {
    errors.push(
      invalid(
        at.child("items").child("type"),
        items.type ?? "",
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
    return;
  }
  checkNullableItems(s, at, errors);
  if (new Set(keys).size !== keys.length)
    errors.push(invalid(keysAt, [...keys], "must not contain duplicate entries"));
  for (const key of keys) checkMapKey(key, items, at, errors);
}

function checkMapKey(key: string, items: Structural, at: FieldPath, errors: FieldError[]): void {
  const property = items.properties?.get(key);
  const below = at.child("items").child("properties").key(key);
  if (property === undefined) {
    errors.push(
      invalid(at.child("x-kubernetes-list-map-keys"), [key], "entries must all be names of item properties"),
    );
    return;
  }
  if (property.type === "array" || property.type === "object")
    errors.push(
      invalid(
        below.child("type"),
        property.type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      ),
    );
  if (items.validation?.required?.includes(key) !== true && property.default === undefined)
    errors.push(
      required(
        below.child("default"),
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      ),
    );
  if (property.nullable === true)
    errors.push(
      forbidden(
        below.child("nullable"),
        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
      ),
    );
}

function checkDefaults(s: Structural, at: FieldPath, errors: FieldError[]): void {
  if (s.default !== undefined && s.default !== null) {
    const below = at.child("default");
    const pruned = cloneJson(s.default);
    if (pruneValue(pruned, s).length > 0)
      errors.push(invalid(below, s.default, "must not have unknown fields"));
    else
      for (const e of compileValueValidator(s).validate(s.default))
        errors.push({
          ...e,
          path: e.path === "" || e.path === "<nil>" ? String(below) : `${String(below)}.${e.path}`,
        });
  }
  children(s, at, (child, below) => {
    checkDefaults(child, below, errors);
  });
}
