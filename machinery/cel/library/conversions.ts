import { encodeGoNumber } from "../../schema/go-number.ts";
import type { Overload } from "../overload.ts";
import { flat, overload, traversal } from "../overload.ts";
import { int, uint } from "../operators.ts";
import {
  inZone,
  parseDuration,
  parseTimestamp,
  printDuration,
  printTimestamp,
  timestampOf,
} from "../time.ts";
import type { CelDuration, CelOptional, CelTimestamp, Value } from "../value.ts";
import { CelError, CelTypeValue, CelUint, kindOf } from "../value.ts";

const bad = (from: string, to: string): CelError =>
  new CelError(`type conversion error from '${from}' to '${to}'`);

function parseInt64(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text) || text.length > 32) throw bad("string", "int");
  return int(BigInt(text.replace(/^\+/, "")));
}

function parseUint(text: string): CelUint {
  if (!/^\d+$/.test(text) || text.length > 32) throw bad("string", "uint");
  return uint(BigInt(text));
}

function parseDouble(text: string): number {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (text.length > 400 || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw bad("string", "double");
  return Number(text);
}

function truncate(value: number): bigint {
  if (!Number.isFinite(value)) throw new CelError("integer overflow");
  return int(BigInt(Math.trunc(value)));
}

function parseBool(text: string): boolean {
  if (["true", "True", "TRUE", "t", "1"].includes(text)) return true;
  if (["false", "False", "FALSE", "f", "0"].includes(text)) return false;
  throw bad("string", "bool");
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError("invalid UTF-8 in bytes, cannot convert to string");
  }
}

const typeNames: Readonly<Record<string, string>> = {
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  optional: "optional_type",
  Quantity: "kubernetes.Quantity",
  URL: "kubernetes.URL",
  IP: "net.IP",
  CIDR: "net.CIDR",
  Semver: "kubernetes.Semver",
  NamedFormat: "kubernetes.NamedFormat",
};

/** The type denoted by a name in an expression, e.g. `type(x) == int`. */
export function namedType(name: string): CelTypeValue | undefined {
  const known = [
    "int",
    "uint",
    "double",
    "bool",
    "string",
    "bytes",
    "list",
    "map",
    "type",
    ...Object.values(typeNames),
  ];
  return known.includes(name) ? new CelTypeValue(name) : undefined;
}

const typeOf = (value: Value): CelTypeValue => {
  const kind = kindOf(value);
  return new CelTypeValue(Object.hasOwn(typeNames, kind) ? (typeNames[kind] ?? kind) : kind);
};

/** Conversions between types. */
export function conversionOverloads(): Overload[] {
  return [
    overload("::dyn(T): dyn", (v: Value) => v),
    overload("::type(T): type", typeOf),
    overload("::int(int): int", (v: bigint) => v),
    overload("::int(uint): int", (v: CelUint) => int(v.value)),
    overload("::int(double): int", truncate),
    overload("::int(string): int", parseInt64),
    overload("::int(timestamp): int", (t: CelTimestamp) => floorSeconds(t.nanos)),
    overload("::int(duration): int", (d: CelDuration) => d.nanos),
    overload("::uint(uint): uint", (v: CelUint) => v),
    overload("::uint(int): uint", (v: bigint) => uint(v)),
    overload("::uint(double): uint", (v: number) => uint(truncate(v))),
    overload("::uint(string): uint", parseUint),
    overload("::double(double): double", (v: number) => v),
    overload("::double(int): double", (v: bigint) => Number(v)),
    overload("::double(uint): double", (v: CelUint) => Number(v.value)),
    overload("::double(string): double", parseDouble),
    overload("::bool(bool): bool", (v: boolean) => v),
    overload("::bool(string): bool", parseBool),
    overload("::string(string): string", (v: string) => v),
    overload("::string(bool): string", (v: boolean) => String(v)),
    overload("::string(int): string", (v: bigint) => v.toString()),
    overload("::string(uint): string", (v: CelUint) => v.value.toString()),
    overload("::string(double): string", (v: number) => encodeGoNumber(v)),
    overload("::string(bytes): string", decode, traversal),
    overload("::string(timestamp): string", printTimestamp),
    overload("::string(duration): string", printDuration),
    overload("::bytes(bytes): bytes", (v: Uint8Array) => v),
    overload("::bytes(string): bytes", (v: string) => new Uint8Array(Buffer.from(v)), traversal),
    overload("::timestamp(timestamp): timestamp", (v: CelTimestamp) => v),
    overload("::timestamp(string): timestamp", parseTimestamp),
    overload("::timestamp(int): timestamp", (v: bigint) => timestampOf(v * 1_000_000_000n)),
    overload("::duration(duration): duration", (v: CelDuration) => v),
    overload("::duration(string): duration", parseDuration),
    ...clockOverloads(),
    ...optionalAccess(),
  ];
}

const floorSeconds = (nanos: bigint): bigint =>
  nanos / 1_000_000_000n - (nanos % 1_000_000_000n < 0n ? 1n : 0n);

const clock: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (d) => d.getUTCFullYear(),
  getMonth: (d) => d.getUTCMonth(),
  getDate: (d) => d.getUTCDate(),
  getDayOfMonth: (d) => d.getUTCDate() - 1,
  getDayOfWeek: (d) => d.getUTCDay(),
  getDayOfYear: (d) =>
    Math.floor(
      (Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()) - Date.UTC(d.getUTCFullYear(), 0, 1)) /
        86_400_000,
    ),
  getHours: (d) => d.getUTCHours(),
  getMinutes: (d) => d.getUTCMinutes(),
  getSeconds: (d) => d.getUTCSeconds(),
  getMilliseconds: (d) => d.getUTCMilliseconds(),
};

const spans: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
};

function clockOverloads(): Overload[] {
  return [
    ...Object.entries(clock).flatMap(([name, read]) => [
      overload(`timestamp.${name}(): int`, (t: CelTimestamp) => BigInt(read(inZone(t, "UTC")))),
      overload(`timestamp.${name}(string): int`, (t: CelTimestamp, zone: string) =>
        BigInt(read(inZone(t, zone))),
      ),
    ]),
    ...Object.entries(spans).map(([name, unit]) =>
      overload(`duration.${name}(): int`, (d: CelDuration) => d.nanos / unit),
    ),
  ];
}

function optionalAccess(): Overload[] {
  return [
    overload("optional<T>.hasValue(): bool", (o: CelOptional) => o.value !== undefined),
    overload("optional<T>.value(): T", (o: CelOptional) => {
      if (o.value === undefined) throw new CelError("optional.none() dereference");
      return o.value;
    }),
    overload(
      "optional<T>.orValue(T): T",
      (o: CelOptional, other: Value) => o.value ?? (o.value === undefined ? other : null),
      flat,
    ),
    overload("optional<T>.or(optional<T>): optional<T>", (o: CelOptional, other: CelOptional) =>
      o.value === undefined ? other : o,
    ),
  ];
}
