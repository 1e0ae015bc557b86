import { goQuote } from "../json/quote.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import { compareUtf8 } from "../json/encode.ts";
import { parseRequirements } from "./label-parser.ts";
import type { LabelRequirement } from "./requirement.ts";
import { makeRequirement, printRequirement } from "./requirement.ts";
import { SelectorError } from "./selector-error.ts";

/** Selection of objects by their labels: the text form of query parameters and the object form of specs. */
export interface LabelSelector {
  /** Sorted by key; all must hold. Empty selects everything. */
  readonly requirements: readonly LabelRequirement[];
  /** Whether labels match; `get` answers the value of a key or undefined. */
  matches(get: (key: string) => string | undefined): boolean;
  /** The canonical text, parsable again. */
  toString(): string;
}

export type { LabelRequirement } from "./requirement.ts";
export { SelectorError } from "./selector-error.ts";

/** Reads the text form, e.g. `a=b,c in (d,e),!f`; the empty text selects everything. Throws SelectorError. */
export function parseLabelSelector(text: string): LabelSelector {
  return selectorOf(parseRequirements(text));
}

/** A selector of given requirements. */
export function selectorOf(requirements: readonly LabelRequirement[]): LabelSelector {
  const sorted = [...requirements].sort((a, b) => compareUtf8(a.key, b.key));
  return {
    requirements: sorted,
    matches: (get) => sorted.every((requirement) => holds(requirement, get(requirement.key))),
    toString: () => sorted.map(printRequirement).join(","),
  };
}

/** A selector that nothing matches. */
export const nothing = (): LabelSelector => ({ requirements: [], matches: () => false, toString: () => "" });

const objectOperators: Readonly<Record<string, "in" | "notin" | "exists" | "!">> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * Reads the object form `{matchLabels, matchExpressions}`; an absent selector matches nothing, an empty one
 * everything. Throws SelectorError.
 */
export function selectorFromObject(selector: JsonValue | undefined): LabelSelector {
  if (!isObject(selector)) return nothing();
  const requirements: LabelRequirement[] = [];
  const { matchLabels, matchExpressions } = selector as { [key: string]: JsonValue | undefined };
  if (isObject(matchLabels)) {
    for (const [key, value] of Object.entries(matchLabels)) {
      requirements.push(makeRequirement(key, "=", [asText(value)]));
    }
  }
  if (Array.isArray(matchExpressions)) {
    for (const expression of matchExpressions) {
      if (isObject(expression)) requirements.push(fromExpression(expression));
    }
  }
  return selectorOf(requirements);
}

function fromExpression(expression: JsonObject): LabelRequirement {
  const { key, operator, values } = expression as { [key: string]: JsonValue | undefined };
  const name = asText(operator);
  const known = Object.hasOwn(objectOperators, name) ? objectOperators[name] : undefined;
  if (known === undefined) throw new SelectorError(`${goQuote(name)} is not a valid label selector operator`);
  return makeRequirement(asText(key), known, Array.isArray(values) ? values.map(asText) : []);
}

const asText = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

function holds(requirement: LabelRequirement, actual: string | undefined): boolean {
  switch (requirement.operator) {
    case "exists":
      return actual !== undefined;
    case "!":
      return actual === undefined;
    case "in":
    case "=":
    case "==":
      return actual !== undefined && requirement.values.includes(actual);
    case "notin":
    case "!=":
      return actual === undefined || !requirement.values.includes(actual);
    case "gt":
    case "lt":
      return compares(requirement, actual);
  }
}

const integer = /^[+-]?[0-9]+$/;

function compares(requirement: LabelRequirement, actual: string | undefined): boolean {
  const bound = requirement.values[0] ?? "";
  if (actual === undefined || !integer.test(actual) || !integer.test(bound)) return false;
  const difference = BigInt(withoutPlus(actual)) - BigInt(withoutPlus(bound));
  return requirement.operator === "gt" ? difference > 0n : difference < 0n;
}

const withoutPlus = (text: string): string => text.replace(/^\+/, "");
