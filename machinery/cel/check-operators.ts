import type { Checked } from "./checked.ts";
import type { CelType, TypeKind } from "./type.ts";
import { assignable, celTypes } from "./type.ts";

const ordered: ReadonlySet<TypeKind> = new Set<TypeKind>([
  "bool",
  "int",
  "uint",
  "double",
  "string",
  "bytes",
  "timestamp",
  "duration",
]);
const numbers: ReadonlySet<TypeKind> = new Set<TypeKind>(["int", "uint", "double"]);

const arithmetic: ReadonlySet<string> = new Set(["_+_", "_-_", "_*_", "_/_", "_%_"]);

/** The result of an operator on checked operands; undefined when the types do not fit. */
export function checkOperator(fn: string, args: readonly Checked[]): Checked | "unknown" | undefined {
  const [a, b] = args;
  if (a === undefined) return "unknown";
  const cost = args.reduce((sum, arg) => sum + arg.cost, 1);
  const make = (type: CelType | undefined, extra = 0, size = 1): Checked | undefined =>
    type === undefined ? undefined : { type, cost: cost + extra, size };
  if (fn === "!_") return make(["bool", "dyn"].includes(a.type.kind) ? celTypes.bool : undefined);
  if (fn === "-_") return make(["int", "double", "dyn"].includes(a.type.kind) ? a.type : undefined);
  if (b === undefined) return "unknown";
  return checkBinary(fn, [a, b], make);
}

type Make = (type: CelType | undefined, extra?: number, size?: number) => Checked | undefined;

function checkBinary(
  fn: string,
  [a, b]: readonly [Checked, Checked],
  make: Make,
): Checked | "unknown" | undefined {
  const [left, right] = [a.type, b.type];
  if (fn === "_==_" || fn === "_!=_") {
    const fits =
      assignable(left, right, new Map()) || assignable(right, left, new Map()) || bothNumbers(left, right);
    return make(fits ? celTypes.bool : undefined, Math.ceil(Math.min(sized(a), sized(b)) * 0.1));
  }
  if (fn === "_<_" || fn === "_<=_" || fn === "_>_" || fn === "_>=_")
    return make(
      comparable(left, right) ? celTypes.bool : undefined,
      Math.ceil(Math.min(sized(a), sized(b)) * 0.1),
    );
  if (fn === "@in")
    return make(contains(left, right) ? celTypes.bool : undefined, right.kind === "list" ? b.size : 0);
  if (!arithmetic.has(fn)) return "unknown";
  const type = arithmeticType(fn, left, right);
  const isSized = type !== undefined && ["string", "bytes", "list", "dyn"].includes(type.kind);
  if (!isSized) return make(type);
  const size = Math.min(Number.MAX_SAFE_INTEGER, a.size + b.size);
  return make(
    { ...type, maxElements: size },
    type.kind === "list" ? 0 : Math.ceil((sized(a) + sized(b)) * 0.1),
    size,
  );
}

const sized = (checked: Checked): number =>
  ["string", "bytes", "list", "map"].includes(checked.type.kind) ? checked.size : 1;

const bothNumbers = (a: CelType, b: CelType): boolean =>
  numbers.has(a.kind) && numbers.has(b.kind) && a.kind === b.kind;

function comparable(a: CelType, b: CelType): boolean {
  if (a.kind === "dyn") return b.kind === "dyn" || ordered.has(b.kind);
  if (b.kind === "dyn") return ordered.has(a.kind);
  return (a.kind === b.kind && ordered.has(a.kind)) || (numbers.has(a.kind) && numbers.has(b.kind));
}

function contains(item: CelType, container: CelType): boolean {
  if (container.kind === "dyn") return true;
  const key =
    container.kind === "list" ? container.elem : container.kind === "map" ? container.key : undefined;
  return key !== undefined && assignable(key, item, new Map());
}

function arithmeticType(fn: string, a: CelType, b: CelType): CelType | undefined {
  if (a.kind === "dyn" || b.kind === "dyn") {
    const known = a.kind === "dyn" ? b : a;
    return known.kind === "bool" || known.kind === "null"
      ? undefined
      : a.kind === b.kind
        ? celTypes.dyn
        : guess(known);
  }
  if (fn === "_+_" || fn === "_-_") {
    const time = timeType(fn, a.kind, b.kind);
    if (time !== undefined) return time;
  }
  if (a.kind !== b.kind) return undefined;
  if (a.kind === "double") return fn === "_%_" ? undefined : a;
  if (numbers.has(a.kind)) return a;
  if (fn !== "_+_") return undefined;
  if (a.kind === "string" || a.kind === "bytes") return a;
  return a.kind === "list" && (assignable(a, b, new Map()) || assignable(b, a, new Map())) ? a : undefined;
}

/** dyn with a number or a text gives that type; with times either is possible. */
const guess = (known: CelType): CelType =>
  known.kind === "timestamp" || known.kind === "duration" ? celTypes.dyn : known;

function timeType(fn: string, a: TypeKind, b: TypeKind): CelType | undefined {
  const pair = `${a} ${b}`;
  if (pair === "duration duration") return celTypes.duration;
  if (pair === "timestamp duration") return celTypes.timestamp;
  if (pair === "duration timestamp") return fn === "_+_" ? celTypes.timestamp : undefined;
  if (pair === "timestamp timestamp") return fn === "_-_" ? celTypes.duration : undefined;
  return undefined;
}
