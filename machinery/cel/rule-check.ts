import type { FieldError } from "../field/error.ts";
import { forbidden, invalid, notSupported, required } from "../field/error.ts";
import type { FieldPath } from "../field/path.ts";
import type { Structural, ValidationRule } from "../schema/structural.ts";
import { declaredType, maxRequestBytes } from "./declared.ts";
import { compileFieldPath } from "./field-path.ts";
import type { CompiledRule } from "./rule.ts";
import { compileRule } from "./rule.ts";

/**
 * Checks the rules of a schema when it is defined: that they compile, that oldSelf can be told for them, and that the
 * worst case of what they cost, over as many values as the schema or the size of a request allows, is affordable.
 */
export const ruleCostLimit = 10_000_000;
export const schemaCostLimit = 100_000_000;

/** Everything wrong with the rules of the schema of a whole object. */
export function checkRules(schema: Structural, at: FieldPath): FieldError[] {
  const walk: Walk = { errors: [], total: 0 };
  visit(schema, { at, isResource: true, count: 1, uncorrelatable: undefined }, walk);
  if (walk.total > schemaCostLimit)
    walk.errors.push(
      forbidden(
        at,
        costMessage(
          "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema",
          walk.total,
          schemaCostLimit,
        ),
      ),
    );
  return walk.errors;
}

interface Walk {
  readonly errors: FieldError[];
  total: number;
}

interface Where {
  readonly at: FieldPath;
  readonly isResource: boolean;
  /** How many values there can be here; undefined when only the request's size bounds it. */
  readonly count: number | undefined;
  /** The list because of which old and new values cannot be matched. */
  readonly uncorrelatable: FieldPath | undefined;
}

function visit(s: Structural, where: Where, walk: Walk): void {
  (s.rules ?? []).forEach((rule, i) => {
    checkRule(rule, s, { ...where, at: where.at.child("x-kubernetes-validations").index(i) }, walk);
  });
  const times = (max: number | undefined): number | undefined =>
    max === undefined || where.count === undefined ? undefined : max * where.count;
  const { at, uncorrelatable } = where;
  if (s.items !== undefined) {
    const isMap = s.listType === "map";
    visit(
      s.items,
      {
        at: at.child("items"),
        isResource: s.items.embeddedResource === true,
        count: times(s.validation?.maxItems),
        uncorrelatable: isMap ? uncorrelatable : (uncorrelatable ?? at.child("items")),
      },
      walk,
    );
  }
  for (const [key, child] of s.properties ?? [])
    visit(
      child,
      {
        at: at.child("properties").key(key),
        isResource: child.embeddedResource === true,
        count: where.count,
        uncorrelatable,
      },
      walk,
    );
  const additional = s.additionalProperties;
  if (additional !== undefined && additional !== true)
    visit(
      additional,
      {
        at: at.child("additionalProperties"),
        isResource: additional.embeddedResource === true,
        count: times(s.validation?.maxProperties),
        uncorrelatable,
      },
      walk,
    );
}

function checkRule(rule: ValidationRule, s: Structural, where: Where, walk: Walk): void {
  const before = walk.errors.length;
  checkTexts(rule, s, where.at, walk.errors);
  if (walk.errors.length > before) return;
  const compiled = compileRule(rule, s, where.isResource);
  const ruleAt = where.at.child("rule");
  if (compiled.error !== undefined) {
    walk.errors.push(invalidRule(ruleAt, rule, compiled.error));
    return;
  }
  checkCost(compiled, s, where, walk);
  if (compiled.messageError !== undefined)
    walk.errors.push(invalidRule(where.at.child("messageExpression"), rule, compiled.messageError));
  if (compiled.usesOldSelf && where.uncorrelatable !== undefined)
    walk.errors.push(
      invalid(
        ruleAt,
        rule.rule,
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${String(where.uncorrelatable)}`,
      ),
    );
  if (!compiled.usesOldSelf && rule.optionalOldSelf !== undefined)
    walk.errors.push(
      invalid(
        where.at.child("optionalOldSelf"),
        rule.optionalOldSelf,
        "may not be set if oldSelf is not used in rule",
      ),
    );
}

/** kube-apiserver prints the whole rule as the bad value, by the names of its Go fields. */
function invalidRule(at: FieldPath, rule: ValidationRule, detail: string): FieldError {
  const value = JSON.stringify({
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }).replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  return { type: "FieldValueInvalid", path: at.toString(), detail: `Invalid value: ${value}: ${detail}` };
}

const hasBreak = (text: string): boolean => /[\n\r]/.test(text);

function checkTexts(rule: ValidationRule, s: Structural, at: FieldPath, errors: FieldError[]): void {
  const text = rule.rule.trim();
  const message = (rule.message ?? "").trim();
  if (text === "") errors.push(required(at.child("rule"), "rule is not specified"));
  else if (rule.message !== undefined && message === "")
    errors.push(invalid(at.child("message"), rule.message, "must be non-empty if specified"));
  else if (hasBreak(message))
    errors.push(invalid(at.child("message"), rule.message, "must not contain line breaks"));
  else if (hasBreak(text) && message === "")
    errors.push(required(at.child("message"), "message must be specified if rule contains line breaks"));
  if (rule.messageExpression !== undefined && rule.messageExpression.trim() === "")
    errors.push(required(at.child("messageExpression"), "messageExpression must be non-empty if specified"));
  const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
  if (rule.reason !== undefined && !reasons.includes(rule.reason))
    errors.push(notSupported(at.child("reason"), rule.reason, reasons));
  if (rule.fieldPath === undefined) return;
  const below = at.child("fieldPath");
  if (rule.fieldPath.trim() === "")
    errors.push(invalid(below, rule.fieldPath, "must be non-empty if specified"));
  if (hasBreak(rule.fieldPath)) errors.push(invalid(below, rule.fieldPath, "must not contain line breaks"));
  if ("error" in compileFieldPath(rule.fieldPath, s))
    errors.push(invalid(below, rule.fieldPath, "must be a valid path"));
}

function checkCost(compiled: CompiledRule, s: Structural, where: Where, walk: Walk): void {
  if (compiled.program === undefined) return;
  const smallest = declaredType(s, where.isResource)?.minSize ?? 1;
  const count = where.count ?? Math.floor(maxRequestBytes / (smallest + 1));
  const cost = compiled.program.checked.cost * count;
  walk.total += cost;
  if (cost > ruleCostLimit)
    walk.errors.push(
      forbidden(where.at.child("rule"), costMessage("estimated rule cost", cost, ruleCostLimit)),
    );
  const message = compiled.message?.checked.cost ?? 0;
  walk.total += message;
  if (message > ruleCostLimit)
    walk.errors.push(
      forbidden(
        where.at.child("messageExpression"),
        costMessage("estimated messageExpression cost", message, ruleCostLimit),
      ),
    );
}

function costMessage(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const printed = factor > 100 ? "more than 100x" : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${what} exceeds budget by factor of ${printed} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
