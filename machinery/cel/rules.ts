import type { FieldError } from "../field/error.ts";
import { duplicate, forbidden, invalid, invalidWithoutValue, required } from "../field/error.ts";
import { FieldPath } from "../field/path.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";
import { correlateItems, isUnchanged } from "../schema/correlate.ts";
import type { Structural, ValidationRule } from "../schema/structural.ts";
import { declaredType } from "./declared.ts";
import { jsonToCel } from "./json-value.ts";
import { CelFailure, perCallLimit } from "./program.ts";
import type { CompiledRule } from "./rule.ts";
import { compileRule } from "./rule.ts";
import type { Value } from "./value.ts";
import { CelError, CelOptional } from "./value.ts";

/**
 * `x-kubernetes-validations`: every node of the schema may have rules about the value there (`self`), and about the
 * change from the old value (`oldSelf`) where old and new correlate, which they do through fields, map keys and the
 * items of map lists. Errors of rules without oldSelf are dropped when the value did not change (ratcheting).
 */
export interface RuleValidator {
  /** `budgetLeft` is negative when rules went unchecked because the budget was used up. */
  validate(
    object: JsonObject,
    old?: JsonObject,
    budget?: number,
  ): {
    readonly errors: readonly FieldError[];
    /** What would be errors if the value had changed. */
    readonly ratcheted: readonly FieldError[];
    readonly budgetLeft: number;
  };
}

/** What all rules of one object may cost together, in Kubernetes' units; about a second. */
export const objectBudget = 10_000_000;

/** Compiles all rules of the schema of a whole object; undefined when it has none. */
export function compileRules(schema: Structural): RuleValidator | undefined {
  const root = compileNode(schema, true);
  if (root === undefined) return undefined;
  return {
    validate(object, old, budget = objectBudget) {
      const run: Run = { errors: [], ratcheted: [], budget };
      root({ value: object, old, at: FieldPath.of(), unchanged: () => false }, run);
      return { errors: run.errors, ratcheted: run.ratcheted, budgetLeft: run.budget };
    },
  };
}

interface Run {
  readonly errors: FieldError[];
  readonly ratcheted: FieldError[];
  budget: number;
}

interface Place {
  readonly value: JsonValue;
  readonly old: JsonValue | undefined;
  readonly at: FieldPath;
  /** Whether the nearest enclosing value that has an old counterpart equals it. */
  readonly unchanged: () => boolean;
}

type Visit = (place: Place, run: Run) => void;

function compileNode(s: Structural, isResource: boolean): Visit | undefined {
  const own = s.rules === undefined || s.rules.length === 0 ? undefined : compileOwn(s, isResource);
  const children = compileChildren(s);
  if (own === undefined) return children;
  if (children === undefined) return own;
  return (place, run) => {
    own(place, run);
    if (run.budget >= 0) children(place, run);
  };
}

function compileChildren(s: Structural): Visit | undefined {
  const items = s.items === undefined ? undefined : compileVisible(s.items);
  if (items !== undefined) return visitItems(items, s);
  const fields = new Map<string, Visit>();
  for (const [key, child] of s.properties ?? []) {
    const visit = compileVisible(child);
    if (visit !== undefined) fields.set(key, visit);
  }
  const additional = s.additionalProperties;
  const other = additional === undefined || additional === true ? undefined : compileVisible(additional);
  if (fields.size === 0 && other === undefined) return undefined;
  return (place, run) => {
    if (!isObject(place.value)) return;
    const unchanged = unchangedOf(place, s);
    for (const key of Object.keys(place.value)) {
      const visit = fields.get(key);
      const chosen = visit ?? (s.properties?.has(key) === true ? undefined : other);
      if (chosen === undefined) continue;
      chosen(
        {
          value: place.value[key] as JsonValue,
          old: isObject(place.old) ? getKey(place.old, key) : undefined,
          at: visit === undefined ? place.at.key(key) : place.at.child(key),
          unchanged,
        },
        run,
      );
      if (run.budget < 0) return;
    }
  };
}

/** Nodes that declare nothing to expressions have no rules below them either. */
const compileVisible = (s: Structural): Visit | undefined =>
  declaredType(s) === undefined ? undefined : compileNode(s, s.embeddedResource === true);

function visitItems(visit: Visit, s: Structural): Visit {
  const keys = s.listType === "map" ? s.listMapKeys : undefined;
  return (place, run) => {
    if (!Array.isArray(place.value)) return;
    const correlated = correlateItems(place.old, keys);
    const unchanged = unchangedOf(place, s);
    for (const [i, value] of place.value.entries()) {
      visit({ value, old: correlated?.(value), at: place.at.index(i), unchanged }, run);
      if (run.budget < 0) return;
    }
  };
}

/** Answers once and remembers: many rules may ask about the same pair. */
function unchangedOf({ value, old, unchanged }: Place, s: Structural): () => boolean {
  if (old === undefined) return unchanged;
  let known: boolean | undefined;
  return () => (known ??= isUnchanged(value, old, s));
}

const outOfBudget =
  "validation failed due to running out of cost budget, no further validation rules will be run";

/** Rules are compiled when the first value comes: a server has many kinds, and starts with objects of few. */
function compileOwn(s: Structural, isResource: boolean): Visit {
  let compiled: readonly CompiledRule[] | undefined;
  const typeName = isResource ? "object" : (s.type ?? "");
  return (place, run) => {
    if (place.value === null) return;
    const self = readable(place.value, s, isResource);
    const oldSelf =
      place.old === undefined || place.old === null ? undefined : readable(place.old, s, isResource);
    const unchanged = unchangedOf(place, s);
    compiled ??= (s.rules ?? []).map((rule) => compileRule(rule, s, isResource));
    for (const rule of compiled) {
      if (run.budget <= 0) {
        run.errors.push(invalid(place.at, typeName, outOfBudget));
        run.budget = -1;
        return;
      }
      const step: Step = { rule, self, oldSelf, place, typeName, unchanged };
      if (!runRule(step, run)) return;
    }
  };
}

/** The data as a value, or why it cannot be one, which is said when a rule reads it. */
function readable(json: JsonValue, s: Structural, isResource: boolean): Readable {
  try {
    return jsonToCel(json, s, isResource);
  } catch (cause) {
    if (cause instanceof CelError) return cause;
    throw cause;
  }
}

type Readable = Value | CelError;

interface Step {
  readonly rule: CompiledRule;
  readonly self: Readable;
  readonly oldSelf: Readable | undefined;
  readonly place: Place;
  readonly typeName: string;
  readonly unchanged: () => boolean;
}

/** Runs one rule; false ends the whole validation. */
function runRule(step: Step, run: Run): boolean {
  const { rule, self, oldSelf, place, typeName } = step;
  if (rule.error !== undefined) {
    run.errors.push(invalid(place.at, typeName, `rule compile error: ${rule.error}`));
    return true;
  }
  if (rule.program === undefined) return true;
  const isOptional = rule.source.optionalOldSelf === true;
  if (rule.usesOldSelf && oldSelf === undefined && !isOptional) return true;
  const variables = [self, isOptional ? optional(oldSelf) : oldSelf];
  let holds: boolean;
  try {
    const { value, cost } = rule.program.run(variables, Math.min(perCallLimit, run.budget));
    run.budget -= cost;
    holds = value === true;
  } catch (cause) {
    if (!(cause instanceof CelFailure)) throw cause;
    return ruleFailed(step, cause, run);
  }
  if (!holds) report(step, run, variables);
  return run.budget >= 0;
}

const optional = (value: Readable | undefined): Readable =>
  value instanceof CelError ? value : new CelOptional(value);

function ruleFailed({ rule, place, typeName }: Step, failure: CelFailure, run: Run): boolean {
  const name = ruleName(rule.source);
  const spent = run.budget <= perCallLimit && failure.code === "cost-limit";
  run.budget -= failure.cost;
  if (spent || run.budget < 0) {
    run.errors.push(invalid(place.at, typeName, outOfBudget));
    run.budget = -1;
    return false;
  }
  if (failure.code === "cost-limit") {
    const why = `'${failure.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${name}`;
    run.errors.push(invalid(place.at, typeName, why));
    run.budget = -1;
    return false;
  }
  const why =
    failure.code === "no-such-overload"
      ? `'${failure.message}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`
      : `${failure.message} evaluating rule: ${name}`;
  run.errors.push(invalid(place.at, typeName, why));
  return true;
}

function report(step: Step, run: Run, variables: readonly (Readable | undefined)[]): void {
  const { rule, place, unchanged } = step;
  const at = rule.fieldPath === undefined ? place.at : place.at.child(rule.fieldPath);
  const detail = evaluateMessage(rule, variables, run) ?? messageOrDefault(rule.source);
  const isRatcheted = !rule.usesOldSelf && unchanged();
  (isRatcheted ? run.ratcheted : run.errors).push(brokenRule(step, at, detail));
}

function brokenRule({ rule, place, typeName }: Step, at: FieldPath, detail: string): FieldError {
  const omits = typeName === "object" || typeName === "array";
  switch (rule.source.reason) {
    case "FieldValueForbidden":
      return forbidden(at, detail);
    case "FieldValueRequired":
      return required(at, detail);
    case "FieldValueDuplicate":
      return omits
        ? { type: "FieldValueDuplicate", path: at.toString(), detail: "Duplicate value" }
        : duplicate(at, place.value);
    default:
      return omits ? invalidWithoutValue(at, detail) : invalid(at, place.value, detail);
  }
}

const maxMessageBytes = 5 * 1024;

/** The message expression's text when it is a clean one: not empty, one line, not too long. */
function evaluateMessage(
  rule: CompiledRule,
  variables: readonly (Readable | undefined)[],
  run: Run,
): string | undefined {
  if (rule.message === undefined || run.budget < 0) return undefined;
  try {
    const { value, cost } = rule.message.run(variables, Math.min(perCallLimit, run.budget));
    run.budget -= cost;
    const text = typeof value === "string" ? value.trim() : "";
    return text === "" || text.includes("\n") || Buffer.byteLength(text) > maxMessageBytes ? undefined : text;
  } catch (cause) {
    if (!(cause instanceof CelFailure)) throw cause;
    run.budget -= cause.cost;
    return undefined;
  }
}

const ruleName = (rule: ValidationRule): string => (rule.message ?? rule.rule).trim();

const messageOrDefault = (rule: ValidationRule): string =>
  rule.message === undefined || rule.message === ""
    ? `failed rule: ${rule.rule.trim()}`
    : rule.message.trim();
