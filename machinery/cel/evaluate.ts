import { compileComprehension } from "./evaluate-comprehension.ts";
import type { Expr } from "./ast.ts";
import type { Eval, Scope } from "./frame.ts";
import { boolean } from "./frame.ts";
import { standardLibrary } from "./library/library.ts";
import { namedType } from "./library/conversions.ts";
import { binaryOperators, negate, not } from "./operators.ts";
import { accepts, sizesOf } from "./overload.ts";
import type { Value } from "./value.ts";
import {
  CelError,
  CelList,
  CelMap,
  CelOptional,
  kindOf,
  mapFromEntries,
  noSuchKey,
  noSuchOverload,
  sizeOf,
} from "./value.ts";

/**
 * Compiles a tree into closures. Evaluation is bounded: every node charges the frame's budget, and what reads data
 * charges by its size, so the cost of an expression over a tenant's data ends where the budget ends.
 */
export function compile(expr: Expr, scope: Scope): Eval {
  switch (expr.op) {
    case "const": {
      const { value } = expr;
      return () => value;
    }
    case "ident":
      return compileIdent(expr.name, scope);
    case "select":
      return compileQualified(expr, scope) ?? compileSelect(expr, scope);
    case "index":
      return compileIndex(expr, scope);
    case "call":
      return compileCall(expr, scope);
    case "list": {
      const items = expr.items.map((item) => compile(item, scope));
      return (frame) => {
        frame.charge(10);
        return new CelList(items.map((item) => item(frame)));
      };
    }
    case "map": {
      const entries = expr.entries.map(
        ([key, value]) => [compile(key, scope), compile(value, scope)] as const,
      );
      return (frame) => {
        frame.charge(30);
        return mapFromEntries(entries.map(([key, value]) => [key(frame), value(frame)] as const));
      };
    }
    case "cond": {
      const [test, then, otherwise] = [
        compile(expr.test, scope),
        compile(expr.then, scope),
        compile(expr.otherwise, scope),
      ];
      return (frame) => {
        frame.charge(1);
        return boolean(test(frame)) ? then(frame) : otherwise(frame);
      };
    }
    case "and":
    case "or":
      return compileLogic(expr, scope);
    case "comprehension":
      return compileComprehension(expr, scope, compile);
    case "bind":
      return compileBind(expr, scope);
  }
}

function compileIdent(name: string, scope: Scope): Eval {
  const slot = scope.lastIndexOf(name);
  if (slot < 0) {
    const type = namedType(name);
    if (type !== undefined) return () => type;
    return () => {
      throw new CelError(`no such attribute(s): ${name}`);
    };
  }
  return (frame) => {
    frame.charge(1);
    if (frame.unreadable.has(slot))
      throw frame.unreadable.get(slot) ?? new CelError(`no such attribute(s): ${name}`);
    return frame.slots[slot] as Value;
  };
}

/** `a.b.c` as one name, such as a type of protobuf, when its first part is no variable. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.op === "ident") return expr.name;
  if (expr.op !== "select" || expr.mode !== "value") return undefined;
  const operand = qualifiedName(expr.operand);
  return operand === undefined ? undefined : `${operand}.${expr.field}`;
}

const rootName = (expr: Expr): string | undefined => qualifiedName(expr)?.split(".")[0];

function compileQualified(expr: Expr, scope: Scope): Eval | undefined {
  const root = rootName(expr);
  if (root === undefined || scope.includes(root)) return undefined;
  const type = namedType(qualifiedName(expr) ?? "");
  return type === undefined ? undefined : () => type;
}

function compileSelect(expr: Extract<Expr, { op: "select" }>, scope: Scope): Eval {
  const operand = compile(expr.operand, scope);
  const { field, mode } = expr;
  // What has no fields, null above all, does not have this one either.
  const lookUp = (value: Value): Value | undefined =>
    value instanceof CelMap ? value.select(field) : undefined;
  if (mode === "test")
    return (frame) => {
      frame.charge(1);
      const value = operand(frame);
      if (value instanceof CelOptional) return value.value !== undefined && lookUp(value.value) !== undefined;
      return lookUp(value) !== undefined;
    };
  return (frame) => {
    frame.charge(1);
    const value = operand(frame);
    if (value instanceof CelOptional)
      return new CelOptional(value.value === undefined ? undefined : lookUp(value.value));
    const found = lookUp(value);
    if (mode === "optional") return new CelOptional(found);
    if (found === undefined) throw noSuchKey(field);
    return found;
  };
}

function compileIndex(expr: Extract<Expr, { op: "index" }>, scope: Scope): Eval {
  const [operand, index] = [compile(expr.operand, scope), compile(expr.index, scope)];
  return (frame) => {
    frame.charge(1);
    const value = operand(frame);
    const key = index(frame);
    if (value instanceof CelOptional)
      return new CelOptional(value.value === undefined ? undefined : elementAt(value.value, key));
    const found = elementAt(value, key);
    if (expr.optional) return new CelOptional(found);
    if (found !== undefined) return found;
    throw value instanceof CelMap
      ? noSuchKey(key)
      : new CelError(`index out of bounds: ${typeof key === "bigint" ? key.toString() : ""}`);
  };
}

function elementAt(value: Value, key: Value): Value | undefined {
  if (value instanceof CelMap) return value.get(key);
  if (!(value instanceof CelList)) throw noSuchOverload();
  const i =
    typeof key === "bigint" || (typeof key === "number" && Number.isInteger(key)) ? Number(key) : undefined;
  if (i === undefined) throw new CelError(`unsupported index type '${kindOf(key)}' in list`);
  return i < 0 || i >= value.length ? undefined : value.at(i);
}

/** One side decides even when the other one fails; only if neither decides is the failure reported. */
function compileLogic(expr: Extract<Expr, { op: "and" | "or" }>, scope: Scope): Eval {
  const [left, right] = [compile(expr.left, scope), compile(expr.right, scope)];
  const decides = expr.op === "or";
  return (frame) => {
    frame.charge(1);
    let failure: unknown;
    try {
      if (boolean(left(frame)) === decides) return decides;
    } catch (cause) {
      if (cause instanceof CelError && cause.code === "cost-limit") throw cause;
      failure = cause;
    }
    const second = boolean(right(frame));
    if (second === decides || failure === undefined) return second;
    throw failure as Error;
  };
}

function compileBind(expr: Extract<Expr, { op: "bind" }>, scope: Scope): Eval {
  const init = compile(expr.init, scope);
  const slot = scope.length;
  const body = compile(expr.body, [...scope, expr.name]);
  return (frame) => {
    frame.charge(1);
    const value = init(frame);
    if (expr.kind === "plain") {
      frame.slots[slot] = value;
      return body(frame);
    }
    if (!(value instanceof CelOptional)) throw noSuchOverload();
    if (value.value === undefined) return value;
    frame.slots[slot] = value.value;
    const result = body(frame);
    if (expr.kind === "optMap") return new CelOptional(result);
    if (result instanceof CelOptional) return result;
    throw noSuchOverload();
  };
}

function compileCall(expr: Extract<Expr, { op: "call" }>, scope: Scope): Eval {
  if (binaryOperators.has(expr.fn) && expr.target === undefined && expr.args.length === 2)
    return compileBinary(expr, scope);
  if (expr.fn === "!_" || expr.fn === "-_") {
    const arg = compile(expr.args[0] as Expr, scope);
    const run = expr.fn === "!_" ? not : negate;
    return (frame) => {
      frame.charge(1);
      return run(arg(frame));
    };
  }
  const { fn, member, operands } = resolveCall(expr, scope);
  const args = operands.map((operand) => compile(operand, scope));
  const candidates = standardLibrary().find(fn, member, args.length);
  return (frame) => {
    const values = args.map((arg) => arg(frame));
    const found = candidates.find((o) => accepts(o, values));
    if (found === undefined) throw noSuchOverload();
    frame.charge(Math.max(1, found.cost(sizesOf(values))));
    const result = found.run(values);
    // Functions that build strings or lists pay for what they built, so nothing can be doubled for ever.
    frame.charge(Math.ceil(sizeOf(result) * 0.05));
    return result;
  };
}

/** `math.abs(x)` is a global function with a dotted name, `x.abs()` a member; which one depends on the scope. */
export function resolveCall(
  expr: Extract<Expr, { op: "call" }>,
  scope: Scope,
): { readonly fn: string; readonly member: boolean; readonly operands: readonly Expr[] } {
  const { target, args } = expr;
  if (target === undefined) return { fn: expr.fn, member: false, operands: args };
  const name = qualifiedName(target);
  const root = rootName(target);
  if (name !== undefined && root !== undefined && !scope.includes(root)) {
    const fn = `${name}.${expr.fn}`;
    if (standardLibrary().has(fn)) return { fn, member: false, operands: args };
  }
  return { fn: expr.fn, member: true, operands: [target, ...args] };
}

const compares: ReadonlySet<string> = new Set(["_==_", "_!=_"]);

function compileBinary(expr: Extract<Expr, { op: "call" }>, scope: Scope): Eval {
  const [left, right] = [compile(expr.args[0] as Expr, scope), compile(expr.args[1] as Expr, scope)];
  const run = binaryOperators.get(expr.fn) as (a: Value, b: Value) => Value;
  const isIn = expr.fn === "@in";
  const isEquality = compares.has(expr.fn);
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (isIn) frame.charge(b instanceof CelList ? b.length + 1 : 1);
    else if (isEquality) frame.charge(1 + equalityCost(a, b));
    else frame.charge(1 + Math.ceil(textSize(a, b) * 0.1));
    return run(a, b);
  };
}

const textSize = (a: Value, b: Value): number =>
  typeof a === "object" || typeof a === "string" ? sizeOf(a) + sizeOf(b) : 0;

/** Deep comparison reads everything of the smaller side, at most. */
function equalityCost(a: Value, b: Value): number {
  if (typeof a === "string") return typeof b === "string" ? Math.ceil(Math.min(a.length, b.length) * 0.1) : 0;
  if (a instanceof CelList || a instanceof CelMap) return Math.min(deepSize(a, 0), deepSize(b, 0));
  return 0;
}

function deepSize(value: Value, depth: number): number {
  if (typeof value === "string") return 1 + Math.ceil(value.length * 0.1);
  if (depth > 64) return 1;
  if (value instanceof CelList) {
    let total = 1;
    for (let i = 0; i < value.length; i++) total += deepSize(value.at(i), depth + 1);
    return total;
  }
  if (value instanceof CelMap)
    return value
      .keys()
      .reduce<number>((total, key) => total + 1 + deepSize(value.get(key) ?? null, depth + 1), 1);
  return 1;
}
