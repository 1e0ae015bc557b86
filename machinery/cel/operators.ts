import { concatLists } from "./json-value.ts";
import { durationOf, timestampOf } from "./time.ts";
import type { Value } from "./value.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelTimestamp,
  CelUint,
  compare,
  equal,
  noSuchOverload,
} from "./value.ts";

const maxInt = 2n ** 63n - 1n;
const minInt = -(2n ** 63n);
const maxUint = 2n ** 64n - 1n;

/** An int64, or the overflow CEL reports instead of wrapping around. */
export function int(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new CelError("integer overflow");
  return value;
}

export function uint(value: bigint): CelUint {
  if (value > maxUint || value < 0n) throw new CelError("unsigned integer overflow");
  return new CelUint(value);
}

export function add(a: Value, b: Value): Value {
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (typeof a === "bigint" && typeof b === "bigint") return int(a + b);
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a instanceof CelList && b instanceof CelList) return concatLists(a, b);
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value + b.value);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return new Uint8Array([...a, ...b]);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return timestampOf(a.nanos + b.nanos);
  if (a instanceof CelDuration && b instanceof CelTimestamp) return timestampOf(a.nanos + b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return durationOf(a.nanos + b.nanos);
  throw noSuchOverload();
}

export function subtract(a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") return int(a - b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value - b.value);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return durationOf(a.nanos - b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return timestampOf(a.nanos - b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return durationOf(a.nanos - b.nanos);
  throw noSuchOverload();
}

export function multiply(a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") return int(a * b);
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value * b.value);
  throw noSuchOverload();
}

export function divide(a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return a / b;
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (b === 0n) throw new CelError("division by zero");
    return int(a / b);
  }
  if (a instanceof CelUint && b instanceof CelUint) {
    if (b.value === 0n) throw new CelError("division by zero");
    return uint(a.value / b.value);
  }
  throw noSuchOverload();
}

export function modulo(a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (b === 0n) throw new CelError("modulus by zero");
    return a % b;
  }
  if (a instanceof CelUint && b instanceof CelUint) {
    if (b.value === 0n) throw new CelError("modulus by zero");
    return uint(a.value % b.value);
  }
  throw noSuchOverload();
}

export function negate(a: Value): Value {
  if (typeof a === "bigint") return int(-a);
  if (typeof a === "number") return -a;
  throw noSuchOverload();
}

export function not(a: Value): Value {
  if (typeof a === "boolean") return !a;
  throw noSuchOverload();
}

export function isIn(item: Value, container: Value): boolean {
  if (container instanceof CelMap) return container.get(item) !== undefined;
  if (!(container instanceof CelList)) throw noSuchOverload();
  for (let i = 0; i < container.length; i++) if (equal(container.at(i), item)) return true;
  return false;
}

/** The binary operators by their CEL names. */
export const binaryOperators: ReadonlyMap<string, (a: Value, b: Value) => Value> = new Map(
  Object.entries({
    "_==_": equal,
    "_!=_": (a: Value, b: Value) => !equal(a, b),
    "_<_": (a: Value, b: Value) => compare(a, b) < 0,
    "_<=_": (a: Value, b: Value) => compare(a, b) <= 0,
    "_>_": (a: Value, b: Value) => compare(a, b) > 0,
    "_>=_": (a: Value, b: Value) => compare(a, b) >= 0,
    "_+_": add,
    "_-_": subtract,
    "_*_": multiply,
    "_/_": divide,
    "_%_": modulo,
    "@in": isIn,
  }),
);
