import type { Overload } from "../overload.ts";
import { overload } from "../overload.ts";
import { int } from "../operators.ts";
import type { Value } from "../value.ts";
import { CelError, CelList, CelMap, CelOptional, CelUint } from "../value.ts";

const isZero = (value: Value): boolean =>
  value === null ||
  value === false ||
  value === 0n ||
  value === 0 ||
  value === "" ||
  (value instanceof CelList && value.length === 0) ||
  (value instanceof CelMap && value.size === 0) ||
  (value instanceof CelUint && value.value === 0n);

/** optional.of and its companions; the accessors are members of optional. */
export function optionalOverloads(): Overload[] {
  return [
    overload("::optional.of(T): optional<T>", (v: Value) => new CelOptional(v)),
    overload("::optional.none(): optional<dyn>", () => new CelOptional(undefined)),
    overload(
      "::optional.ofNonZeroValue(T): optional<T>",
      (v: Value) => new CelOptional(isZero(v) ? undefined : v),
    ),
  ];
}

function shift(value: bigint, by: bigint, left: boolean): bigint {
  if (by < 0n)
    throw new CelError(`math.${left ? "bitShiftLeft" : "bitShiftRight"}() negative offset: ${by.toString()}`);
  if (by > 63n) return 0n;
  return left ? BigInt.asIntN(64, value << by) : BigInt.asUintN(64, value) >> by;
}

/** Half away from zero, as Go rounds; Math.round goes up. */
const round = (v: number): number => Math.sign(v) * Math.round(Math.abs(v));

/** CEL's math extension; greatest and least are with the collections, because they take any number of arguments. */
export function mathOverloads(): Overload[] {
  return [
    overload("::math.abs(int): int", (v: bigint) => int(v < 0n ? -v : v)),
    overload("::math.abs(uint): uint", (v: CelUint) => v),
    overload("::math.abs(double): double", (v: number) => Math.abs(v)),
    overload("::math.sign(int): int", (v: bigint) => (v > 0n ? 1n : v < 0n ? -1n : 0n)),
    overload("::math.sign(double): double", (v: number) => Math.sign(v)),
    overload("::math.ceil(double): double", (v: number) => Math.ceil(v)),
    overload("::math.floor(double): double", (v: number) => Math.floor(v)),
    overload("::math.round(double): double", round),
    overload("::math.trunc(double): double", (v: number) => Math.trunc(v)),
    overload("::math.sqrt(double): double", (v: number) => Math.sqrt(v)),
    overload("::math.sqrt(int): double", (v: bigint) => Math.sqrt(Number(v))),
    overload("::math.isNaN(double): bool", (v: number) => Number.isNaN(v)),
    overload("::math.isInf(double): bool", (v: number) => v === Infinity || v === -Infinity),
    overload("::math.isFinite(double): bool", (v: number) => Number.isFinite(v)),
    overload("::math.bitAnd(int, int): int", (a: bigint, b: bigint) => a & b),
    overload("::math.bitOr(int, int): int", (a: bigint, b: bigint) => a | b),
    overload("::math.bitXor(int, int): int", (a: bigint, b: bigint) => a ^ b),
    overload("::math.bitNot(int): int", (a: bigint) => ~a),
    overload("::math.bitShiftLeft(int, int): int", (a: bigint, by: bigint) => shift(a, by, true)),
    overload("::math.bitShiftRight(int, int): int", (a: bigint, by: bigint) => shift(a, by, false)),
  ];
}
