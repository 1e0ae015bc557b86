import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  qualifiedName,
} from "../../names/names.ts";
import {
  addQuantities,
  compareQuantities,
  isQuantity,
  negateQuantity,
  parseQuantity,
  scaledValue,
  isInteger as isWhole,
} from "../../quantity/quantity.ts";
import type { Quantity } from "../../quantity/quantity.ts";
import { formatCheck } from "../../schema/formats.ts";
import type { Overload } from "../overload.ts";
import { overload, traversal } from "../overload.ts";
import type { OpaquePayload, Value } from "../value.ts";
import { CelError, CelList, CelOpaque, CelOptional } from "../value.ts";

type Payload<T extends OpaquePayload["type"]> = Extract<OpaquePayload, { type: T }>;
type CelQuantity = CelOpaque<Payload<"Quantity">>;
type CelSemver = CelOpaque<Payload<"Semver">>;
type CelFormat = CelOpaque<Payload<"NamedFormat">>;

const wrap = (quantity: Quantity): CelQuantity => new CelOpaque({ type: "Quantity", quantity });

function parse(text: string): CelQuantity {
  try {
    return wrap(parseQuantity(text));
  } catch (cause) {
    throw new CelError(cause instanceof Error ? cause.message : String(cause));
  }
}

const ofInt = (value: bigint): Quantity => parseQuantity(value.toString());
const inInt64 = (value: bigint): boolean => value >= -(2n ** 63n) && value < 2n ** 63n;

function isInteger(q: Quantity): boolean {
  return isWhole(q) && q.exponent < 20 && inInt64(scaledValue(q, 0));
}

const order = (a: CelQuantity, b: CelQuantity): number =>
  compareQuantities(a.payload.quantity, b.payload.quantity);

/** Arithmetic on absurdly distant exponents fails in the quantity package; here that is an evaluation error. */
function arithmetic(a: Quantity, b: Quantity): CelQuantity {
  try {
    return wrap(addQuantities(a, b));
  } catch (cause) {
    throw new CelError(cause instanceof Error ? cause.message : String(cause));
  }
}

/** `quantity("1Gi")` and its methods. */
export function quantityOverloads(): Overload[] {
  return [
    overload("::quantity(string): Quantity", parse, traversal),
    overload("::isQuantity(string): bool", isQuantity, traversal),
    overload("::sign(Quantity): int", (q: CelQuantity) => {
      const { digits } = q.payload.quantity;
      return digits > 0n ? 1n : digits < 0n ? -1n : 0n;
    }),
    overload("Quantity.isInteger(): bool", (q: CelQuantity) => isInteger(q.payload.quantity)),
    overload("Quantity.asInteger(): int", (q: CelQuantity) => {
      if (!isInteger(q.payload.quantity)) throw new CelError("cannot convert value to integer");
      return scaledValue(q.payload.quantity, 0);
    }),
    overload("Quantity.asApproximateFloat(): double", (q: CelQuantity) =>
      Number(`${q.payload.quantity.digits.toString()}e${String(q.payload.quantity.exponent)}`),
    ),
    overload("Quantity.add(Quantity): Quantity", (a: CelQuantity, b: CelQuantity) =>
      arithmetic(a.payload.quantity, b.payload.quantity),
    ),
    overload("Quantity.add(int): Quantity", (a: CelQuantity, b: bigint) =>
      arithmetic(a.payload.quantity, ofInt(b)),
    ),
    overload("Quantity.sub(Quantity): Quantity", (a: CelQuantity, b: CelQuantity) =>
      arithmetic(a.payload.quantity, negateQuantity(b.payload.quantity)),
    ),
    overload("Quantity.sub(int): Quantity", (a: CelQuantity, b: bigint) =>
      arithmetic(a.payload.quantity, negateQuantity(ofInt(b))),
    ),
    overload("Quantity.isLessThan(Quantity): bool", (a: CelQuantity, b: CelQuantity) => order(a, b) < 0),
    overload("Quantity.isGreaterThan(Quantity): bool", (a: CelQuantity, b: CelQuantity) => order(a, b) > 0),
    overload("Quantity.compareTo(Quantity): int", (a: CelQuantity, b: CelQuantity) =>
      BigInt(Math.sign(order(a, b))),
    ),
  ];
}

const semverShape =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

/** `v` prefix, missing minor and patch, and leading zeros, which the second argument of semver() allows. */
function normalize(text: string): string {
  const [, core = "", rest = ""] = /^v?([^-+]*)(.*)$/s.exec(text.trim()) ?? [];
  const parts = core.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function parseSemver(text: string, normal = false): CelSemver {
  const parts = text.length > 256 ? null : semverShape.exec(normal ? normalize(text) : text);
  if (parts === null) throw new CelError(`invalid semantic version: ${JSON.stringify(text)}`);
  const [, major = "", minor = "", patch = "", pre = "", build = ""] = parts;
  return new CelOpaque({
    type: "Semver",
    major: BigInt(major),
    minor: BigInt(minor),
    patch: BigInt(patch),
    pre: pre === "" ? [] : pre.split("."),
    build,
  });
}

function isSemver(text: string, normal = false): boolean {
  try {
    parseSemver(text, normal);
    return true;
  } catch {
    return false;
  }
}

function compareSemver(a: CelSemver, b: CelSemver): number {
  const [x, y] = [a.payload, b.payload];
  for (const part of ["major", "minor", "patch"] as const)
    if (x[part] !== y[part]) return x[part] < y[part] ? -1 : 1;
  if (x.pre.length === 0 || y.pre.length === 0) return Math.sign(y.pre.length - x.pre.length);
  for (let i = 0; i < Math.min(x.pre.length, y.pre.length); i++) {
    const order = comparePre(x.pre[i] ?? "", y.pre[i] ?? "");
    if (order !== 0) return order;
  }
  return Math.sign(x.pre.length - y.pre.length);
}

function comparePre(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `semver("1.2.3")` and its methods. */
export function semverOverloads(): Overload[] {
  return [
    overload("::semver(string): Semver", parseSemver, traversal),
    overload("::semver(string, bool): Semver", parseSemver, traversal),
    overload("::isSemver(string): bool", isSemver, traversal),
    overload("::isSemver(string, bool): bool", isSemver, traversal),
    overload("Semver.major(): int", (v: CelSemver) => v.payload.major),
    overload("Semver.minor(): int", (v: CelSemver) => v.payload.minor),
    overload("Semver.patch(): int", (v: CelSemver) => v.payload.patch),
    overload("Semver.isLessThan(Semver): bool", (a: CelSemver, b: CelSemver) => compareSemver(a, b) < 0),
    overload("Semver.isGreaterThan(Semver): bool", (a: CelSemver, b: CelSemver) => compareSemver(a, b) > 0),
    overload("Semver.compareTo(Semver): int", (a: CelSemver, b: CelSemver) => BigInt(compareSemver(a, b))),
  ];
}

const withoutDash = (check: (text: string) => readonly string[]) => (text: string) =>
  check(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);

const schemaFormat = (name: string, message: string) => (text: string) =>
  formatCheck(name)?.(text) === true ? [] : [message];

const formats: Readonly<Record<string, (text: string) => readonly string[]>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: withoutDash(dns1123Label),
  dns1123SubdomainPrefix: withoutDash(dns1123Subdomain),
  dns1035LabelPrefix: withoutDash(dns1035Label),
  labelValue,
  uri: schemaFormat("uri", "invalid URI"),
  uuid: schemaFormat("uuid", "does not match the UUID format"),
  byte: schemaFormat("byte", "invalid base64"),
  date: schemaFormat("date", "invalid date"),
  datetime: schemaFormat("datetime", "invalid datetime"),
};

const formatNamed = (name: string): CelFormat | undefined => {
  const validate = Object.hasOwn(formats, name) ? formats[name] : undefined;
  return validate === undefined ? undefined : new CelOpaque({ type: "NamedFormat", name, validate });
};

/** `format.dns1123Label().validate(x)`: none when valid, else the messages. */
export function formatOverloads(): Overload[] {
  return [
    ...Object.keys(formats).map((name) =>
      overload(`::format.${name}(): NamedFormat`, (): Value => formatNamed(name) ?? null),
    ),
    overload(
      "::format.named(string): optional<NamedFormat>",
      (name: string) => new CelOptional(formatNamed(name)),
    ),
    overload(
      "NamedFormat.validate(string): optional<list<string>>",
      (format: CelFormat, text: string) => {
        const problems = format.payload.validate(text);
        return new CelOptional(problems.length === 0 ? undefined : new CelList(problems));
      },
      ([, size = 0]) => Math.ceil((1 + size) * 0.1) * 20,
    ),
  ];
}
