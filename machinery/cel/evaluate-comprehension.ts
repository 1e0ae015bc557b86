import type { Comprehension, Expr } from "./ast.ts";
import type { Eval, Frame, Scope } from "./frame.ts";
import { boolean } from "./frame.ts";
import type { Value } from "./value.ts";
import { CelError, CelList, CelMap, mapFromEntries, noSuchOverload } from "./value.ts";

/** What each step of a loop is charged beyond the nodes it evaluates. */
const stepCost = 3;

type Compile = (expr: Expr, scope: Scope) => Eval;

/**
 * The loops of CEL. The range is evaluated once; each step writes the loop variables into their slots. Parts are compiled
 * by the given function, since loops and the language contain each other.
 */
export function compileComprehension(expr: Comprehension, scope: Scope, compile: Compile): Eval {
  const range = compile(expr.range, scope);
  const first = scope.length;
  const inner = [...scope, ...expr.names];
  const body = compile(expr.body, inner);
  const filter = expr.filter === undefined ? undefined : compile(expr.filter, inner);
  const isSingle = expr.names.length === 1;
  const loop: Loop = {
    each: (frame, visit) => {
      const over = range(frame);
      const isMap = over instanceof CelMap;
      eachStep(over, (key, value) => {
        frame.charge(stepCost);
        if (isSingle) frame.slots[first] = isMap ? key : value;
        else {
          frame.slots[first] = key;
          frame.slots[first + 1] = value;
        }
        return visit(key);
      });
    },
    body,
    filter,
  };
  switch (expr.kind) {
    case "all":
      return quantifier(loop, false);
    case "exists":
      return quantifier(loop, true);
    case "exists_one":
      return existsOne(loop);
    case "filter":
      return collect({ ...loop, filter: body, body: (frame) => frame.slots[first] as Value });
    case "map":
    case "transformList":
      return collect(loop);
    case "transformMap":
    case "transformMapEntry":
      return transformMap(loop, expr.kind === "transformMapEntry");
  }
}

interface Loop {
  /** Runs a visit per step until one answers false. */
  readonly each: (frame: Frame, visit: (key: Value) => boolean) => void;
  readonly body: Eval;
  readonly filter: Eval | undefined;
}

/** Lists give index and item; maps key and value. A loop with one variable sees the items, or the keys. */
function eachStep(range: Value, step: (key: Value, value: Value) => boolean): void {
  if (range instanceof CelList) {
    for (let i = 0; i < range.length; i++) if (!step(BigInt(i), range.at(i))) return;
    return;
  }
  if (!(range instanceof CelMap)) throw noSuchOverload();
  for (const key of range.keys()) if (!step(key, range.get(key) ?? null)) return;
}

/** all and exists: an error counts only when no step decides. */
function quantifier(loop: Loop, decides: boolean): Eval {
  return (frame) => {
    let result = !decides;
    let failure: unknown;
    loop.each(frame, () => {
      try {
        if (boolean(loop.body(frame)) === decides) {
          result = decides;
          return false;
        }
      } catch (cause) {
        if (cause instanceof CelError && cause.code === "cost-limit") throw cause;
        failure ??= cause;
      }
      return true;
    });
    if (result !== decides && failure !== undefined) throw failure as Error;
    return result;
  };
}

function existsOne(loop: Loop): Eval {
  return (frame) => {
    let count = 0;
    loop.each(frame, () => {
      if (boolean(loop.body(frame))) count++;
      return true;
    });
    return count === 1;
  };
}

function collect(loop: Loop): Eval {
  return (frame) => {
    const out: Value[] = [];
    loop.each(frame, () => {
      if (loop.filter === undefined || boolean(loop.filter(frame))) out.push(loop.body(frame));
      return true;
    });
    return new CelList(out);
  };
}

function transformMap(loop: Loop, isEntry: boolean): Eval {
  return (frame) => {
    const out: (readonly [Value, Value])[] = [];
    loop.each(frame, (key) => {
      if (loop.filter !== undefined && !boolean(loop.filter(frame))) return true;
      const made = loop.body(frame);
      if (!isEntry) out.push([key, made]);
      else if (made instanceof CelMap) for (const k of made.keys()) out.push([k, made.get(k) ?? null]);
      else throw noSuchOverload();
      return true;
    });
    return mapFromEntries(out);
  };
}
