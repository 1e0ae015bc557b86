/**
 * Building blocks of the TypeBox sources under api/. A TypeBox schema is plain JSON Schema at run time and carries its
 * TypeScript type; the blocks here keep to what a structural schema allows (no `const`, no `anyOf` of literals) and
 * write the `x-kubernetes-*` extensions in their CustomResourceDefinition spelling. Only generators, tests and
 * `import type` may reach these modules: the server reads what hack/generate.ts wrote to api/generated.
 */
import { Type } from "typebox";
import type { TSchema, TUnsafe } from "typebox";
import type { JsonObject } from "../../machinery/json/value.ts";

/** One entry of `x-kubernetes-validations`; every rule of ours has a message of its own. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly reason?:
    "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueRequired" | "FieldValueDuplicate";
  readonly fieldPath?: string;
}

/** The pattern Kubernetes publishes for quantities that may be written as numbers or as text. */
export const quantityPattern =
  "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

/** The `x-kubernetes-validations` keyword for a list of rules. */
export const celRules = (
  ...rules: readonly CelRule[]
): { "x-kubernetes-validations": readonly CelRule[] } => ({
  "x-kubernetes-validations": rules,
});

/** A string that is one of the values. */
export function stringEnum<const T extends readonly string[]>(
  values: T,
  options: { readonly description: string; readonly default?: T[number] },
): TUnsafe<T[number]> {
  return Type.Unsafe<T[number]>({ type: "string", enum: [...values], ...options });
}

/** A quantity, written as a number or as text: 2, "500m", "16Gi". */
export function quantity(description: string): TUnsafe<string | number> {
  return Type.Unsafe<string | number>({
    anyOf: [{ type: "integer" }, { type: "string" }],
    pattern: quantityPattern,
    description,
    "x-kubernetes-int-or-string": true,
  });
}

/** A 32-bit integer. */
export const int32 = (options: IntegerOptions): TUnsafe<number> =>
  Type.Unsafe<number>({ type: "integer", format: "int32", ...options });

/** A 64-bit integer; values of this API stay below 2^53. */
export const int64 = (options: IntegerOptions): TUnsafe<number> =>
  Type.Unsafe<number>({ type: "integer", format: "int64", ...options });

interface IntegerOptions {
  readonly description: string;
  readonly default?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** An RFC 3339 time. */
export const dateTime = (description: string): TUnsafe<string> =>
  Type.Unsafe<string>({ type: "string", format: "date-time", description });

/** A map from text to text. */
export const stringMap = (options: {
  readonly description: string;
  readonly maxProperties: number;
  readonly maxLength?: number;
}): TUnsafe<Record<string, string>> =>
  Type.Unsafe<Record<string, string>>({
    type: "object",
    description: options.description,
    maxProperties: options.maxProperties,
    additionalProperties:
      options.maxLength === undefined ? { type: "string" } : { type: "string", maxLength: options.maxLength },
  });

/** An object of any shape; nothing in it is pruned. */
export const anyObject = (description: string): TUnsafe<JsonObject> =>
  Type.Unsafe<JsonObject>({ type: "object", description, "x-kubernetes-preserve-unknown-fields": true });

/** Keywords of a list whose items are told apart by keys. */
export const listMap = (...keys: readonly string[]): ListKeywords => ({
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": keys,
});

/** Keywords of a list without duplicates. */
export const listSet: ListKeywords = { "x-kubernetes-list-type": "set" };

/** Keywords of a list that is always replaced as a whole. */
export const listAtomic: ListKeywords = { "x-kubernetes-list-type": "atomic" };

interface ListKeywords {
  readonly "x-kubernetes-list-type": "map" | "set" | "atomic";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

/** Any TypeBox schema. */
export type AnySchema = TSchema;
