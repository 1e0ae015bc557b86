import { LRUCache } from "lru-cache";
import type { CheckResult } from "./check.ts";
import { checkExpression } from "./check.ts";
import { compile } from "./evaluate.ts";
import type { Eval } from "./frame.ts";
import { Frame } from "./frame.ts";
import type { Expr } from "./ast.ts";
import { CelSyntaxError } from "./ast.ts";
import { parseExpression } from "./expression.ts";
import type { CelType } from "./type.ts";
import type { Value } from "./value.ts";
import { CelError } from "./value.ts";

/** The most one evaluation may cost, in Kubernetes' units; about a tenth of a second. */
export const perCallLimit = 1_000_000;

/** A checked and compiled expression, to be kept and run many times. */
export interface Program {
  readonly checked: CheckResult;
  /**
   * Values in the order of the variables; undefined is a variable without a value, an error one that cannot be read.
   * Throws CelError.
   */
  run(
    values: readonly (Value | CelError | undefined)[],
    limit?: number,
  ): { readonly value: Value; readonly cost: number };
}

/** Trees are shared between all who compile the same text. A tree is some dozen times as large as its text. */
const trees = new LRUCache<string, Expr>({
  max: 2048,
  maxSize: 1024 * 1024,
  sizeCalculation: (_tree, text) => text.length + 1,
});

function parseCached(text: string): Expr {
  const known = trees.get(text);
  if (known !== undefined) return known;
  const tree = parseExpression(text);
  trees.set(text, tree);
  return tree;
}

/** Compiles text in which these variables are known, or answers why it does not compile, as cel-go prints it. */
export function compileProgram(
  text: string,
  variables: ReadonlyMap<string, CelType>,
): { readonly program: Program } | { readonly error: string } {
  let tree: Expr;
  try {
    tree = parseCached(text);
  } catch (cause) {
    if (cause instanceof CelSyntaxError) return { error: printIssue(text, cause.pos, cause.message) };
    throw cause;
  }
  const checked = checkExpression(tree, variables);
  if (checked.issues.length > 0)
    return {
      error: checked.issues
        .toSorted((a, b) => a.pos - b.pos)
        .map((issue) => printIssue(text, issue.pos, issue.message))
        .join("\n"),
    };
  const run = compile(tree, [...variables.keys()]);
  return { program: { checked, run: (values, limit = perCallLimit) => evaluate(run, values, limit) } };
}

function evaluate(
  run: Eval,
  values: readonly (Value | CelError | undefined)[],
  limit: number,
): { readonly value: Value; readonly cost: number } {
  const unreadable = new Map<number, CelError | undefined>();
  const slots = values.map((value, i) => {
    if (value !== undefined && !(value instanceof CelError)) return value;
    unreadable.set(i, value);
    return null;
  });
  const frame = new Frame(slots, limit, unreadable);
  try {
    return { value: run(frame), cost: frame.cost };
  } catch (cause) {
    if (cause instanceof CelError) throw new CelFailure(cause, frame.cost);
    // Data may be nested deeper than the stack; that is the expression's failure, not the server's.
    if (cause instanceof RangeError) throw new CelFailure(new CelError("evaluation too deep"), frame.cost);
    throw cause;
  }
}

/** A CelError with what the evaluation had cost when it failed. */
export class CelFailure extends CelError {
  readonly cost: number;

  constructor(error: CelError, cost: number) {
    super(error.message, error.code);
    this.cost = cost;
  }
}

/** The message with its place: line and column, the line itself, and a caret under the column. */
function printIssue(text: string, pos: number, message: string): string {
  const before = text.slice(0, pos);
  const line = before.split("\n").length;
  const column = Array.from(before.slice(before.lastIndexOf("\n") + 1)).length;
  const source = text.split("\n")[line - 1] ?? "";
  return `ERROR: <input>:${String(line)}:${String(column + 1)}: ${message}\n | ${source}\n | ${".".repeat(column)}^`;
}
