/**
 * Static checking: types as cel-go infers them, mistakes in its words, and an upper bound of the cost from the sizes the
 * schema declares. A mistake makes its node dyn, so one is reported once.
 */
import { checkOperator } from "./check-operators.ts";
import { matchOverloads } from "./check-overloads.ts";
import type { Checked } from "./checked.ts";
import { checkedAs, constant } from "./checked.ts";
import { qualifiedName, resolveCall } from "./evaluate.ts";
import type { Comprehension, Expr } from "./ast.ts";
import { namedType } from "./library/conversions.ts";
import { standardLibrary } from "./library/library.ts";
import type { CelType } from "./type.ts";
import { assignable, celTypes, listOf, mapOf, optionalOf, printType } from "./type.ts";

export interface CheckIssue {
  readonly pos: number;
  readonly message: string;
}

export interface CheckResult extends Checked {
  readonly issues: readonly CheckIssue[];
  /** Names of variables the expression reads. */
  readonly reads: ReadonlySet<string>;
}

/** Checks an expression in which these variables are known. */
export function checkExpression(expr: Expr, variables: ReadonlyMap<string, CelType>): CheckResult {
  const checker = new Checker();
  const scope = [...variables].map(([name, type]) => ({ name, type }));
  const checked = checker.check(expr, scope);
  return { ...checked, issues: checker.issues, reads: checker.reads };
}

type Scope = readonly { readonly name: string; readonly type: CelType }[];

class Checker {
  readonly issues: CheckIssue[] = [];
  readonly reads = new Set<string>();

  check(expr: Expr, scope: Scope): Checked {
    switch (expr.op) {
      case "const":
        return constant(expr.value);
      case "ident":
        return this.#ident(expr.name, expr.pos, scope);
      case "select":
        return this.#select(expr, scope);
      case "index":
        return this.#index(expr, scope);
      case "call":
        return this.#call(expr, scope);
      case "list":
        return this.#list(expr.items, scope);
      case "map":
        return this.#map(expr.entries, scope);
      case "cond":
        return this.#cond(expr, scope);
      case "and":
      case "or":
        return this.#logic(expr, scope);
      case "comprehension":
        return this.#comprehension(expr, scope);
      case "bind":
        return this.#bind(expr, scope);
    }
  }

  fail(pos: number, message: string): Checked {
    this.issues.push({ pos, message });
    return { type: celTypes.dyn, cost: 0, size: 1 };
  }

  noOverload(pos: number, fn: string, args: readonly CelType[]): Checked {
    return this.fail(
      pos,
      `found no matching overload for '${fn}' applied to '(${args.map(printType).join(", ")})'`,
    );
  }

  #ident(name: string, pos: number, scope: Scope): Checked {
    const found = scope.findLast((one) => one.name === name);
    if (found !== undefined) {
      this.reads.add(name);
      return checkedAs(found.type, 1);
    }
    if (namedType(name) !== undefined) return checkedAs(celTypes.type, 1);
    return this.fail(pos, `undeclared reference to '${name}' (in container '')`);
  }

  #select(expr: Extract<Expr, { op: "select" }>, scope: Scope): Checked {
    const name = qualifiedName(expr);
    if (
      name !== undefined &&
      namedType(name) !== undefined &&
      !scope.some((one) => name.startsWith(`${one.name}.`))
    )
      return checkedAs(celTypes.type, 1);
    const operand = this.check(expr.operand, scope);
    const cost = operand.cost + 1;
    const isOptional = operand.type.kind === "optional";
    const base = isOptional ? (operand.type.elem ?? celTypes.dyn) : operand.type;
    const field = this.#fieldType(base, expr);
    if (expr.mode === "test") return checkedAs(celTypes.bool, cost);
    return isOptional || expr.mode === "optional"
      ? checkedAs(optionalOf(field), cost)
      : checkedAs(field, cost);
  }

  #fieldType(base: CelType, expr: Extract<Expr, { op: "select" }>): CelType {
    switch (base.kind) {
      case "object": {
        const type = base.fields?.get(expr.field);
        return type ?? this.fail(expr.pos, `undefined field '${expr.field}'`).type;
      }
      case "map":
        return base.elem ?? celTypes.dyn;
      case "dyn":
        return celTypes.dyn;
      default:
        return this.fail(expr.pos, `type '${printType(base)}' does not support field selection`).type;
    }
  }

  #index(expr: Extract<Expr, { op: "index" }>, scope: Scope): Checked {
    const operand = this.check(expr.operand, scope);
    const index = this.check(expr.index, scope);
    const cost = operand.cost + index.cost + 1;
    const isOptional = operand.type.kind === "optional";
    const base = isOptional ? (operand.type.elem ?? celTypes.dyn) : operand.type;
    const key =
      base.kind === "list" ? celTypes.int : base.kind === "map" ? (base.key ?? celTypes.dyn) : celTypes.dyn;
    if (!["list", "map", "dyn"].includes(base.kind) || !assignable(key, index.type, new Map()))
      return this.noOverload(expr.pos, "_[_]", [operand.type, index.type]);
    const elem = base.elem ?? celTypes.dyn;
    return checkedAs(isOptional || expr.optional ? optionalOf(elem) : elem, cost);
  }

  #call(expr: Extract<Expr, { op: "call" }>, scope: Scope): Checked {
    const names = scope.map((one) => one.name);
    const { fn, member, operands } = resolveCall(expr, names);
    if (!standardLibrary().has(fn)) {
      const args = operands.map((operand) => this.check(operand, scope));
      const done = checkOperator(fn, args);
      if (done === "unknown") {
        // The operands of an unknown function may hold mistakes of their own; only the function is reported.
        return this.fail(expr.pos, `undeclared reference to '${fn}' (in container '')`);
      }
      if (done === undefined)
        return this.noOverload(
          expr.pos,
          fn,
          args.map((arg) => arg.type),
        );
      return checkedAs(done.type, done.cost, done.size);
    }
    // The arguments of format are a list of whatever the text asks for; elsewhere lists hold one type.
    const mixed = fn === "format" && member;
    const args = operands.map((operand, i) => this.#operand(operand, scope, mixed && i === 1));
    const result = matchOverloads(standardLibrary().find(fn, member, args.length), args);
    if (result === undefined) return this.#noCall(expr.pos, { fn, member, args });
    return result;
  }

  #operand(operand: Expr, scope: Scope, mixed: boolean): Checked {
    if (!mixed || operand.op !== "list") return this.check(operand, scope);
    const items = operand.items.map((item) => this.check(item, scope));
    return checkedAs(
      listOf(celTypes.dyn),
      items.reduce((sum, item) => sum + item.cost, 10),
      items.length,
    );
  }

  #noCall(pos: number, call: { fn: string; member: boolean; args: readonly Checked[] }): Checked {
    const types = call.args.map((arg) => printType(arg.type));
    const applied = call.member
      ? `${types[0] ?? ""}.(${types.slice(1).join(", ")})`
      : `(${types.join(", ")})`;
    return this.fail(pos, `found no matching overload for '${call.fn}' applied to '${applied}'`);
  }

  #list(items: readonly Expr[], scope: Scope): Checked {
    let elem: CelType | undefined;
    let cost = 10;
    for (const item of items) {
      const checked = this.check(item, scope);
      cost += checked.cost;
      elem = this.#unify(elem, checked.type, item.pos);
    }
    return checkedAs(listOf(elem ?? celTypes.dyn), cost, items.length);
  }

  #map(entries: readonly (readonly [Expr, Expr])[], scope: Scope): Checked {
    let key: CelType | undefined;
    let value: CelType | undefined;
    let cost = 30;
    for (const [k, v] of entries) {
      const [left, right] = [this.check(k, scope), this.check(v, scope)];
      cost += left.cost + right.cost;
      key = this.#unify(key, left.type, k.pos);
      value = this.#unify(value, right.type, v.pos);
    }
    return checkedAs(mapOf(key ?? celTypes.dyn, value ?? celTypes.dyn), cost, entries.length);
  }

  /** Literals hold one type only, unless it is dyn. */
  #unify(before: CelType | undefined, next: CelType, pos: number): CelType {
    if (before === undefined || before.kind === "dyn") return before ?? next;
    if (next.kind === "dyn") return next;
    if (assignable(before, next, new Map())) return larger(before, next);
    if (assignable(next, before, new Map())) return next;
    this.fail(pos, `expected type '${printType(before)}' but found '${printType(next)}'`);
    return before;
  }

  #cond(expr: Extract<Expr, { op: "cond" }>, scope: Scope): Checked {
    const [test, then, otherwise] = [
      this.check(expr.test, scope),
      this.check(expr.then, scope),
      this.check(expr.otherwise, scope),
    ];
    const bound = new Map<string, CelType>();
    const fits = assignable(then.type, otherwise.type, bound) || assignable(otherwise.type, then.type, bound);
    if (!isBool(test.type) || !fits)
      return this.noOverload(expr.pos, "_?_:_", [test.type, then.type, otherwise.type]);
    const isDyn = then.type.kind === "dyn" || otherwise.type.kind === "dyn";
    const type = isDyn ? celTypes.dyn : then.type.kind === "null" ? otherwise.type : then.type;
    return checkedAs(
      type,
      test.cost + Math.max(then.cost, otherwise.cost) + 1,
      Math.max(then.size, otherwise.size),
    );
  }

  #logic(expr: Extract<Expr, { op: "and" | "or" }>, scope: Scope): Checked {
    const [left, right] = [this.check(expr.left, scope), this.check(expr.right, scope)];
    if (!isBool(left.type) || !isBool(right.type))
      return this.noOverload(expr.pos, expr.op === "and" ? "_&&_" : "_||_", [left.type, right.type]);
    return checkedAs(celTypes.bool, left.cost + right.cost + 1);
  }

  #comprehension(expr: Comprehension, scope: Scope): Checked {
    const range = this.check(expr.range, scope);
    if (!["list", "map", "dyn"].includes(range.type.kind))
      return this.fail(
        expr.range.pos,
        `expression of type '${printType(range.type)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      );
    const inner = [...scope, ...loopVariables(range.type, expr.names)];
    const filter = expr.filter === undefined ? undefined : this.check(expr.filter, inner);
    const body = this.check(expr.body, inner);
    const wantsBool = ["all", "exists", "exists_one", "filter"].includes(expr.kind);
    const test = wantsBool ? body : filter;
    if (test !== undefined && !isBool(test.type))
      this.fail(
        (wantsBool ? expr.body : (expr.filter ?? expr.body)).pos,
        `expected type 'bool' but found '${printType(test.type)}'`,
      );
    const cost = range.cost + range.size * (body.cost + (filter?.cost ?? 0) + 3) + 1;
    switch (expr.kind) {
      case "filter":
        return checkedAs(listOf(inner[scope.length]?.type ?? celTypes.dyn), cost, range.size);
      case "map":
      case "transformList":
        return checkedAs(listOf(body.type), cost, range.size);
      case "transformMap":
        return checkedAs(
          mapOf(range.type.key ?? (range.type.kind === "list" ? celTypes.int : celTypes.dyn), body.type),
          cost,
          range.size,
        );
      case "transformMapEntry":
        return checkedAs(
          body.type.kind === "map" ? body.type : mapOf(celTypes.dyn, celTypes.dyn),
          cost,
          range.size,
        );
      default:
        return checkedAs(celTypes.bool, cost);
    }
  }

  #bind(expr: Extract<Expr, { op: "bind" }>, scope: Scope): Checked {
    const init = this.check(expr.init, scope);
    let type = init.type;
    if (expr.kind !== "plain") {
      if (type.kind !== "optional" && type.kind !== "dyn")
        return this.noOverload(expr.pos, expr.kind, [type]);
      type = type.elem ?? celTypes.dyn;
    }
    const body = this.check(expr.body, [...scope, { name: expr.name, type }]);
    const cost = init.cost + body.cost + 1;
    return expr.kind === "optMap"
      ? checkedAs(optionalOf(body.type), cost)
      : checkedAs(body.type, cost, body.size);
  }
}

const isBool = (type: CelType): boolean => type.kind === "bool" || type.kind === "dyn";

const larger = (a: CelType, b: CelType): CelType => ((b.maxElements ?? 0) > (a.maxElements ?? 0) ? b : a);

function loopVariables(range: CelType, names: readonly string[]): Scope {
  const elem = range.elem ?? celTypes.dyn;
  const key = range.kind === "list" ? celTypes.int : (range.key ?? celTypes.dyn);
  const [first = "", second] = names;
  if (second !== undefined)
    return [
      { name: first, type: key },
      { name: second, type: elem },
    ];
  return [{ name: first, type: range.kind === "map" ? key : elem }];
}
