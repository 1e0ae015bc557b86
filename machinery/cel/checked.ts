import type { Expr } from "./ast.ts";
import type { CelType } from "./type.ts";
import { celTypes } from "./type.ts";
import { CelUint, kindOf } from "./value.ts";

/** What is known about an expression without running it. */
export interface Checked {
  readonly type: CelType;
  /** The most the expression can cost, in Kubernetes' cost units. */
  readonly cost: number;
  /** The most elements or bytes the value can have. */
  readonly size: number;
}

/** The size of what nothing is known about. */
export const unbounded = Number.MAX_SAFE_INTEGER;

/** The most elements or bytes a value of the type can have. */
export const sizeOfType = (type: CelType): number => {
  if (type.maxElements !== undefined) return type.maxElements;
  return ["string", "bytes", "list", "map", "dyn"].includes(type.kind) ? unbounded : 1;
};

/** An expression of a type and a cost; a size its type does not tell becomes part of the type. */
export const checkedAs = (type: CelType, cost: number, size: number = sizeOfType(type)): Checked => ({
  type:
    type.maxElements === undefined && size !== unbounded && sizeOfType(type) === unbounded
      ? { ...type, maxElements: size }
      : type,
  cost,
  size,
});

/** The type of a literal. */
export function constant(value: Extract<Expr, { op: "const" }>["value"]): Checked {
  if (value instanceof CelUint) return checkedAs(celTypes.uint, 0);
  if (typeof value === "string" || value instanceof Uint8Array)
    return checkedAs(typeof value === "string" ? celTypes.string : celTypes.bytes, 0, value.length);
  return checkedAs({ kind: kindOf(value) as CelType["kind"] }, 0);
}
