import type { JsonObject } from "../json/value.ts";
import type { Quantity } from "../quantity/quantity.ts";
import { compareQuantities } from "../quantity/quantity.ts";

/** Run-time CEL values. int is bigint, double is number; JSON data is wrapped, not copied (json-value.ts). */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelList
  | CelMap
  | CelTimestamp
  | CelDuration
  | CelTypeValue
  | CelOptional
  | CelOpaque;

/** Why an evaluation stopped. `no such key` is apart, because callers treat absent fields differently. */
export type CelErrorCode = "no-such-key" | "no-such-overload" | "cost-limit" | "other";

/** A run-time error of an expression, worded as cel-go words it. */
export class CelError extends Error {
  readonly code: CelErrorCode;

  constructor(message: string, code: CelErrorCode = "other") {
    super(message);
    this.name = "CelError";
    this.code = code;
  }
}

export const noSuchOverload = (): CelError => new CelError("no such overload", "no-such-overload");
export const noSuchKey = (key: Value): CelError =>
  new CelError(`no such key: ${typeof key === "string" ? key : String(plain(key))}`, "no-such-key");

const plain = (key: Value): unknown => (key instanceof CelUint ? key.value : key);

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A list; items may be made on access. */
export interface CelListSource {
  readonly length: number;
  at(index: number): Value;
  /** Lists of Kubernetes' set and map kind do not care about order. */
  readonly identity?: ((item: Value) => string) | undefined;
  /** In a sum, an item takes the place of the one of the same identity. */
  readonly isMap?: boolean;
}

export class CelList {
  readonly source: CelListSource;
  constructor(source: CelListSource | readonly Value[]) {
    this.source = Array.isArray(source)
      ? { length: source.length, at: (i) => (source as readonly Value[])[i] ?? null }
      : (source as CelListSource);
  }
  get length(): number {
    return this.source.length;
  }
  at(index: number): Value {
    return this.source.at(index);
  }
  toArray(): Value[] {
    return Array.from({ length: this.length }, (_, i) => this.at(i));
  }
}

/** A map or an object; `get` answers undefined for an absent key. */
export interface CelMapSource {
  /** What it is a view of. */
  readonly json?: JsonObject;
  size(): number;
  get(key: Value): Value | undefined;
  keys(): Value[];
  /** By the name a field selection uses, which for objects is the escaped one. */
  select?(name: string): Value | undefined;
}

export class CelMap {
  readonly source: CelMapSource;
  constructor(source: CelMapSource) {
    this.source = source;
  }
  get size(): number {
    return this.source.size();
  }
  get(key: Value): Value | undefined {
    return this.source.get(key);
  }
  select(name: string): Value | undefined {
    return this.source.select === undefined ? this.source.get(name) : this.source.select(name);
  }
  keys(): Value[] {
    return this.source.keys();
  }
}

/** A map from computed entries; keys are compared as CEL compares them, 1 equals 1u and 1.0. */
export function mapFromEntries(entries: Iterable<readonly [Value, Value]>): CelMap {
  const byKey = new Map<string, readonly [Value, Value]>();
  for (const entry of entries) byKey.set(keyText(entry[0]), entry);
  return new CelMap({
    size: () => byKey.size,
    get: (key) => byKey.get(keyText(key))?.[1],
    keys: () => [...byKey.values()].map(([key]) => key),
  });
}

/** A text equal for equal keys only. */
export function keyText(key: Value): string {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${String(key)}`;
  if (typeof key === "bigint") return `n${key.toString()}`;
  if (key instanceof CelUint) return `n${key.value.toString()}`;
  if (typeof key === "number" && Number.isInteger(key)) return `n${BigInt(key).toString()}`;
  if (typeof key === "number") return `d${String(key)}`;
  throw new CelError("unsupported key type");
}

/** Nanoseconds since 1970. */
export class CelTimestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class CelDuration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class CelTypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class CelOptional {
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A value of one of Kubernetes' library types. */
export type OpaquePayload =
  | { readonly type: "Quantity"; readonly quantity: Quantity }
  | { readonly type: "URL"; readonly url: URL; readonly text: string }
  | { readonly type: "IP"; readonly bytes: Uint8Array; readonly text: string }
  | { readonly type: "CIDR"; readonly bytes: Uint8Array; readonly prefix: number; readonly text: string }
  | {
      readonly type: "Semver";
      readonly major: bigint;
      readonly minor: bigint;
      readonly patch: bigint;
      readonly pre: readonly string[];
      readonly build: string;
    }
  | {
      readonly type: "NamedFormat";
      readonly name: string;
      readonly validate: (text: string) => readonly string[];
    };

export class CelOpaque<T extends OpaquePayload = OpaquePayload> {
  readonly payload: T;
  constructor(payload: T) {
    this.payload = payload;
  }
}

/** The run-time kind of a value, in the words of TypeKind; library types answer their name. */
export function kindOf(value: Value): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "boolean":
      return "bool";
    default:
  }
  if (value === null) return "null";
  if (value instanceof CelMap) return "map";
  if (value instanceof CelList) return "list";
  if (value instanceof CelOptional) return "optional";
  if (value instanceof CelUint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof CelTimestamp) return "timestamp";
  if (value instanceof CelDuration) return "duration";
  if (value instanceof CelTypeValue) return "type";
  return value.payload.type;
}

/** How large a value is for cost: length of strings, lists, maps; 1 for the rest. */
export function sizeOf(value: Value): number {
  if (typeof value === "string" || value instanceof Uint8Array || value instanceof CelList)
    return value.length;
  return value instanceof CelMap ? value.size : 1;
}

/** CEL equality: numbers by value across types, different kinds are unequal, never an error. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  const left = numeric(a);
  if (left !== undefined) {
    const right = numeric(b);
    return right !== undefined && left == right; // eslint-disable-line eqeqeq -- bigint and number by value
  }
  return equalCompound(a, b);
}

function equalCompound(a: Value, b: Value): boolean {
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b);
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b);
  if (a instanceof CelOptional)
    return (
      b instanceof CelOptional &&
      (a.value === undefined || b.value === undefined ? a.value === b.value : equal(a.value, b.value))
    );
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name;
  if (a instanceof CelOpaque) return b instanceof CelOpaque && equalOpaque(a.payload, b.payload);
  return false;
}

const numeric = (value: Value): number | bigint | undefined => {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return value instanceof CelUint ? value.value : undefined;
};

function equalLists(a: CelList, b: CelList): boolean {
  if (a.length !== b.length) return false;
  const identity = a.source.identity ?? b.source.identity;
  if (identity === undefined) {
    for (let i = 0; i < a.length; i++) if (!equal(a.at(i), b.at(i))) return false;
    return true;
  }
  const others = new Map(b.toArray().map((item) => [identity(item), item]));
  return a.toArray().every((item) => {
    const other = others.get(identity(item));
    return other !== undefined && equal(item, other);
  });
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  return a.keys().every((key) => {
    const [left, right] = [a.get(key), b.get(key)];
    return left !== undefined && right !== undefined && equal(left, right);
  });
}

function equalOpaque(a: OpaquePayload, b: OpaquePayload): boolean {
  switch (a.type) {
    case "Quantity":
      return b.type === a.type && compareQuantities(a.quantity, b.quantity) === 0;
    case "URL":
      return b.type === a.type && a.text === b.text;
    case "IP":
      return b.type === a.type && Buffer.compare(a.bytes, b.bytes) === 0;
    case "CIDR":
      return b.type === a.type && a.prefix === b.prefix && Buffer.compare(a.bytes, b.bytes) === 0;
    case "Semver":
      return (
        b.type === a.type &&
        a.major === b.major &&
        a.minor === b.minor &&
        a.patch === b.patch &&
        a.pre.join(".") === b.pre.join(".")
      );
    case "NamedFormat":
      return b.type === a.type && a.name === b.name;
  }
}

/** Negative, zero or positive; throws where CEL has no order. NaN compares as unordered. */
export function compare(a: Value, b: Value): number {
  const [left, right] = [numeric(a), numeric(b)];
  if (left !== undefined && right !== undefined)
    return left < right ? -1 : left > right ? 1 : left == right ? 0 : NaN; // eslint-disable-line eqeqeq -- bigint and number by value
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (
    (a instanceof CelTimestamp && b instanceof CelTimestamp) ||
    (a instanceof CelDuration && b instanceof CelDuration)
  )
    return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
  throw noSuchOverload();
}

/** By code points, as Go compares UTF-8; JavaScript's order differs above the BMP. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left === right) continue;
    const surrogates = Number(left >= 0xd800 && left < 0xe000) - Number(right >= 0xd800 && right < 0xe000);
    return surrogates !== 0 ? surrogates : left - right;
  }
  return a.length - b.length;
}
