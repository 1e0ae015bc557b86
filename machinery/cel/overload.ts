import type { CelType } from "./type.ts";
import { parseType, splitArguments } from "./type.ts";
import type { Value } from "./value.ts";
import { kindOf, sizeOf } from "./value.ts";

/** One signature of a function: its types for the checker, its code for the evaluator, its price for both. */
export interface Overload {
  readonly fn: string;
  /** Whether it is called on a receiver, which then is the first parameter. */
  readonly member: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly run: (args: readonly Value[]) => Value;
  readonly cost: Cost;
}

/** What a call costs, from the sizes of its arguments (actual ones, or their upper bounds when estimating). */
export type Cost = (sizes: readonly number[]) => number;

export const flat: Cost = () => 1;
/** Reads the first argument once. */
export const traversal: Cost = ([size = 0]) => Math.ceil(size * 0.1);
export const doubleTraversal: Cost = ([size = 0]) => Math.ceil(size * 0.2);
export const perItem: Cost = ([size = 0]) => size + 1;
/** The product, for functions that compare all with all. */
export const perPair: Cost = ([a = 0, b = 0]) => a * b + 1;
/** Text times expression length, the bound RE2 gives. */
export const regexCost: Cost = ([text = 0, pattern = 0]) =>
  Math.ceil((1 + text) * 0.1) * Math.ceil(pattern * 0.25);

/**
 * Declares one overload. `string.size(): int` is a member of string, `::size(string): int` a global function; type
 * parameters are single capitals.
 */
export function overload(signature: string, run: (...args: never[]) => Value, cost: Cost = flat): Overload {
  const parts = /^(.*?)(::|\.)([a-zA-Z_@!][\w.@]*)\((.*)\): (.+)$/.exec(signature);
  if (parts === null) throw new Error(`bad CEL signature ${signature}`);
  const [, receiver = "", separator, fn = "", params = "", result = ""] = parts;
  const member = separator === ".";
  const types = splitArguments(params).map(parseType);
  return {
    fn,
    member,
    params: member ? [parseType(receiver), ...types] : types,
    result: parseType(result),
    // The dispatcher has compared run-time kinds with the parameters, so the implementation gets what it declares.
    run: (args) => (run as (...values: readonly Value[]) => Value)(...args),
    cost,
  };
}

/** Whether run-time arguments fit the parameters; elements of lists are not looked at. */
export function accepts(o: Overload, args: readonly Value[]): boolean {
  return o.params.every((param, i) => {
    if (param.kind === "dyn" || param.kind === "variable") return true;
    const kind = kindOf(args[i] as Value);
    return kind === (param.kind === "opaque" ? param.name : param.kind === "object" ? "map" : param.kind);
  });
}

export const sizesOf = (args: readonly Value[]): number[] => args.map(sizeOf);

/** All overloads, found by name, receiver and number of arguments. */
export class Library {
  readonly #overloads = new Map<string, Overload[]>();
  readonly #names = new Set<string>();

  constructor(overloads: Iterable<Overload>) {
    for (const o of overloads) {
      const key = shape(o.fn, o.member, o.params.length);
      const list = this.#overloads.get(key);
      if (list === undefined) this.#overloads.set(key, [o]);
      else list.push(o);
      this.#names.add(o.fn);
    }
  }

  /** `count` includes the receiver. */
  find(fn: string, member: boolean, count: number): readonly Overload[] {
    return this.#overloads.get(shape(fn, member, count)) ?? [];
  }

  has(fn: string): boolean {
    return this.#names.has(fn);
  }
}

const shape = (fn: string, member: boolean, count: number): string =>
  `${member ? "." : ""}${fn}/${String(count)}`;
