import type { JsonValue } from "../json/value.ts";
import { equalJson } from "../json/value.ts";
import type { Step } from "./step.ts";
import { JsonPathError } from "./step.ts";

/** `@.a == "b"`, or a bare `@.a`, which asks whether it exists. */
export interface Filter {
  readonly left: Operand;
  readonly operator: "exists" | "==" | "!=" | "<" | "<=" | ">" | ">=";
  readonly right?: Operand;
}

type Operand = { readonly path: readonly Step[] } | { readonly value: JsonValue };

const comparison = /^((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^'"<>=!])+?)(==|!=|<=|>=|<|>)(.*)$/s;

type ParsePath = (text: string) => readonly Step[];

/** Reads what stands inside `?( )`; paths in it are read by the given function. Throws JsonPathError. */
export function parseFilter(text: string, parsePath: ParsePath): Filter {
  const match = comparison.exec(text);
  if (match === null) return { left: parseOperand(text.trim(), parsePath), operator: "exists" };
  const [, left = "", operator, right = ""] = match;
  return {
    left: parseOperand(left.trim(), parsePath),
    operator: operator as "==",
    right: parseOperand(right.trim(), parsePath),
  };
}

function parseOperand(text: string, parsePath: ParsePath): Operand {
  if (text.startsWith("@")) return { path: text === "@" ? [] : parsePath(text) };
  const quoted = /^'((?:\\.|[^'\\])*)'$|^"((?:\\.|[^"\\])*)"$/s.exec(text);
  if (quoted !== null) return { value: (quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/gs, "$1") };
  if (text === "true" || text === "false") return { value: text === "true" };
  if (text === "null") return { value: null };
  if (/^[+-]?[0-9]+(\.[0-9]+)?$/.test(text)) return { value: Number(text) };
  throw new JsonPathError(`unrecognized operand in filter: ${JSON.stringify(text)}`);
}

type Evaluate = (steps: readonly Step[], value: JsonValue) => JsonValue[];

/** Whether the filter holds for an item. A missing side, or several values on one, never compares. */
export function filterHolds(filter: Filter, item: JsonValue, evaluate: Evaluate): boolean {
  const values = (operand: Operand): JsonValue[] =>
    "path" in operand ? evaluate(operand.path, item) : [operand.value];
  const left = values(filter.left);
  if (filter.operator === "exists") return left.length > 0;
  const right = filter.right === undefined ? [] : values(filter.right);
  const [a] = left;
  const [b] = right;
  if (a === undefined || b === undefined || left.length > 1 || right.length > 1) return false;
  if (filter.operator === "==") return equalJson(a, b);
  if (filter.operator === "!=") return !equalJson(a, b);
  return ordered(filter.operator, a, b);
}

function ordered(operator: "<" | "<=" | ">" | ">=", a: JsonValue, b: JsonValue): boolean {
  const numbers = isNumber(a) && isNumber(b);
  if (!numbers && !(typeof a === "string" && typeof b === "string")) return false;
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

const isNumber = (value: JsonValue): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";
