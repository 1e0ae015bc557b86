/**
 * The CEL rules of InferenceProviders. Absent fields read as their zero value, one at a time and only where the rule
 * asks for them, so that has() stays truthful about every other field.
 */
import type { SelectionRule } from "../api/inferenceprovider/v1alpha1/types.ts";
import { modelDeploymentSchemas } from "../api/modeldeployment/schemas.ts";
import type { ModelDeploymentSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import type { CompiledExpression } from "../machinery/cel/compile-expression.ts";
import { compileExpression } from "../machinery/cel/compile-expression.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { cloneJson, isObject } from "../machinery/json/value.ts";
import type { Structural } from "../machinery/schema/structural.ts";

/** A rule that cannot be evaluated; it counts as not matching. */
export interface RuleError {
  readonly index: number;
  readonly condition: string;
  readonly message: string;
}

export interface RuleOutcome {
  /** The highest priority of the rules that hold, 0 without any. */
  readonly priority: number;
  /** The rule that gave it. */
  readonly condition?: string;
  readonly errors: readonly RuleError[];
}

/** More absent fields than this in one rule mean that the rule is not about deployments. */
const maxFills = 32;
const maxCached = 1024;

/** Compiles and evaluates rules; compiled ones are kept. */
export class SelectionRules {
  readonly #compiled = new Map<string, CompiledExpression>();

  /** Why a condition cannot be used; empty when it can. */
  problems(condition: string): readonly string[] {
    return this.#compile(condition).errors;
  }

  /** The priority the rules give a deployment. */
  evaluate(rules: readonly SelectionRule[], spec: ModelDeploymentSpec): RuleOutcome {
    const errors: RuleError[] = [];
    let best: { priority: number; condition?: string } = { priority: 0 };
    for (const [index, { condition, priority = 0 }] of rules.entries()) {
      const holds = this.#holds(condition, spec);
      if (typeof holds === "string") errors.push({ index, condition, message: holds });
      else if (holds && (best.condition === undefined || priority > best.priority)) {
        best = { priority, condition };
      }
    }
    return { ...best, errors };
  }

  /** Whether the condition holds, or why it cannot be told. */
  #holds(condition: string, spec: JsonObject): boolean | string {
    const expression = this.#compile(condition);
    if (expression.errors.length > 0) return expression.errors.join("; ");
    let input = spec;
    for (let fills = 0; ; fills += 1) {
      const result = expression.evaluate({ spec: input });
      if (result.ok) return result.value === true;
      const missing =
        result.code === "no-such-key" ? /^no such key: (.+)$/s.exec(result.error)?.[1] : undefined;
      if (missing === undefined || fills === maxFills) return result.error;
      const filled = fill(input, specSchema(), missing);
      if (filled === undefined) return result.error;
      input = filled;
    }
  }

  #compile(condition: string): CompiledExpression {
    const known = this.#compiled.get(condition);
    if (known !== undefined) return known;
    const compiled = compileExpression(condition, { variables: { spec: specSchema() }, resultType: "bool" });
    if (this.#compiled.size >= maxCached) this.#compiled.clear();
    this.#compiled.set(condition, compiled);
    return compiled;
  }
}

function specSchema(): Structural {
  const spec = modelDeploymentSchemas.v1alpha2().properties?.get("spec");
  if (spec === undefined) throw new Error("the schema of ModelDeployment has no spec");
  return spec;
}

/** A copy in which fields of this name have their zero value wherever they are declared and absent, or undefined. */
function fill(object: JsonObject, schema: Structural, name: string): JsonObject | undefined {
  const copy = cloneJson(object);
  return fillIn(copy, schema, name) ? copy : undefined;
}

function fillIn(value: JsonValue, schema: Structural | undefined, name: string): boolean {
  let changed = false;
  if (Array.isArray(value)) {
    for (const item of value) changed = fillIn(item, schema?.items, name) || changed;
    return changed;
  }
  if (!isObject(value)) return false;
  for (const [key, child] of schema?.properties ?? []) {
    if (key === name && !Object.hasOwn(value, key)) {
      value[key] = zeroOf(child);
      changed = true;
    } else if (Object.hasOwn(value, key)) {
      changed = fillIn(value[key] ?? null, child, name) || changed;
    }
  }
  return changed;
}

function zeroOf(schema: Structural): JsonValue {
  switch (schema.type) {
    case "object":
      return {};
    case "array":
      return [];
    case "boolean":
      return false;
    case "integer":
    case "number":
      return 0;
    default:
      return schema.intOrString === true ? 0 : "";
  }
}
