import type { JsonValue } from "../json/value.ts";

/**
 * The one internal form of a schema, what a CustomResourceDefinition calls a structural schema. TypeBox sources,
 * CRD manifests and the core kinds all compile to it; defaulting, pruning, validation, structured merge, OpenAPI and
 * documentation are derived from it. Values are immutable and may be shared.
 */
export interface Structural {
  /** Absent for int-or-string and for nodes that accept anything. */
  readonly type?: SchemaType;
  readonly description?: string;
  readonly title?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  /** undefined: no default. `null` is a default of null. */
  readonly default?: JsonValue;
  readonly example?: JsonValue;
  readonly properties?: ReadonlyMap<string, Structural>;
  /** A schema for every other key; `true` accepts any value. */
  readonly additionalProperties?: Structural | true;
  readonly items?: Structural;
  readonly validation?: ValueValidation;
  readonly preserveUnknownFields?: boolean;
  readonly embeddedResource?: boolean;
  readonly intOrString?: boolean;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "granular" | "atomic";
  readonly rules?: readonly ValidationRule[];
  /** Core kinds only: the merge key of strategic merge patch, where it is not the list map key. */
  readonly patchMergeKey?: string;
  /** Core kinds only: `merge`, `replace`, `retainKeys`, comma separated. */
  readonly patchStrategy?: string;
}

export type SchemaType = "object" | "array" | "string" | "integer" | "number" | "boolean";

/** The value constraints of a node; the logical junctors may also constrain children without declaring fields. */
export interface ValueValidation {
  readonly enum?: readonly JsonValue[];
  readonly maximum?: number | bigint;
  readonly minimum?: number | bigint;
  readonly exclusiveMaximum?: boolean;
  readonly exclusiveMinimum?: boolean;
  readonly multipleOf?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly required?: readonly string[];
  readonly allOf?: readonly NestedValidation[];
  readonly anyOf?: readonly NestedValidation[];
  readonly oneOf?: readonly NestedValidation[];
  readonly not?: NestedValidation;
}

/** A schema inside a junctor: constraints only, no defaults and no new fields. */
export interface NestedValidation extends ValueValidation {
  readonly type?: SchemaType;
  readonly format?: string;
  readonly properties?: ReadonlyMap<string, NestedValidation>;
  readonly additionalProperties?: NestedValidation;
  readonly items?: NestedValidation;
  readonly intOrString?: boolean;
}

/** One entry of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?:
    "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueRequired" | "FieldValueDuplicate";
  /** Relative to the node, e.g. `.spec.x` or `['a.b']`. */
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}
