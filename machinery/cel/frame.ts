import type { Value } from "./value.ts";
import { CelError, noSuchOverload } from "./value.ts";

/** A compiled node. */
export type Eval = (frame: Frame) => Value;

/** One evaluation: variable values by slot, and the cost so far. */
export class Frame {
  readonly slots: Value[];
  /** Variables without a value, or with data that is none, throw when read. */
  readonly unreadable: ReadonlyMap<number, CelError | undefined>;
  cost = 0;
  readonly limit: number;

  constructor(
    slots: Value[],
    limit: number,
    unreadable: ReadonlyMap<number, CelError | undefined> = new Map(),
  ) {
    this.slots = slots;
    this.limit = limit;
    this.unreadable = unreadable;
  }

  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit)
      throw new CelError("operation cancelled: actual cost limit exceeded", "cost-limit");
  }
}

/** Names in scope, innermost last; the slot of a name is its place. */
export type Scope = readonly string[];

/** The value as a boolean; anything else has no overload. */
export function boolean(value: Value): boolean {
  if (typeof value !== "boolean") throw noSuchOverload();
  return value;
}
