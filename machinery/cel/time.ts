import { CelDuration, CelError, CelTimestamp } from "./value.ts";

const second = 1_000_000_000n;

/** Timestamps run from year 1 to year 9999. */
const earliest = -62135596800n * second;
const latest = 253402300800n * second - 1n;

export function timestampOf(nanos: bigint): CelTimestamp {
  if (nanos < earliest || nanos > latest) throw new CelError("timestamp overflow");
  return new CelTimestamp(nanos);
}

export function durationOf(nanos: bigint): CelDuration {
  if (nanos > 2n ** 63n - 1n || nanos < -(2n ** 63n)) throw new CelError("integer overflow");
  return new CelDuration(nanos);
}

/** RFC 3339, to the nanosecond. */
export function parseTimestamp(text: string): CelTimestamp {
  const parts = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/.exec(
    text,
  );
  const millis =
    parts === null
      ? NaN
      : Date.parse(`${parts[1] ?? ""}T${parts[2] ?? ""}${(parts[4] ?? "Z").toUpperCase()}`);
  if (Number.isNaN(millis))
    throw new CelError(`type conversion error from 'string' to 'google.protobuf.Timestamp'`);
  return timestampOf(BigInt(millis) * 1_000_000n + BigInt((parts?.[3] ?? "").padEnd(9, "0")));
}

export function printTimestamp({ nanos }: CelTimestamp): string {
  const below = ((nanos % second) + second) % second;
  const date = new Date(Number((nanos - below) / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = below === 0n ? "" : `.${below.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${date}${fraction}Z`;
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

/** Go's duration syntax: `1h30m`, `-1.5s`, `0`. */
export function parseDuration(text: string): CelDuration {
  const sign = text.startsWith("-") ? -1n : 1n;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return new CelDuration(0n);
  let nanos = 0n;
  if (rest === "" || rest.length > 256) throw badDuration();
  while (rest !== "") {
    const part = /^(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/.exec(rest);
    const unit = units[part?.[3] ?? ""];
    const [whole, fraction] = [part?.[1] ?? "", part?.[2] ?? ""];
    if (part === null || unit === undefined || whole + fraction === "") throw badDuration();
    nanos += BigInt(whole || "0") * unit;
    if (fraction !== "") nanos += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    rest = rest.slice(part[0].length);
  }
  return durationOf(sign * nanos);
}

const badDuration = (): CelError =>
  new CelError(`type conversion error from 'string' to 'google.protobuf.Duration'`);

/** As CEL's string(duration): seconds with a fraction. */
export function printDuration({ nanos }: CelDuration): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = (size % second).toString().padStart(9, "0").replace(/0+$/, "");
  return `${nanos < 0n ? "-" : ""}${(size / second).toString()}${fraction === "" ? "" : `.${fraction}`}s`;
}

/** The same instant with its clock fields readable by the UTC getters of Date; zones are names or `±hh:mm`. */
export function inZone({ nanos }: CelTimestamp, zone: string): Date {
  const millis = Number(nanos / 1_000_000n - (nanos % 1_000_000n < 0n ? 1n : 0n));
  if (zone === "" || zone === "UTC" || zone === "Z") return new Date(millis);
  const fixed = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone);
  if (fixed !== null) {
    const offset = (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
    return new Date(millis + (fixed[1] === "-" ? -offset : offset));
  }
  return new Date(millis + zoneOffset(millis, zone));
}

function zoneOffset(millis: number, zone: string): number {
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    const name = format.formatToParts(millis).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
    const parts = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name);
    if (parts === null) return 0;
    const size = (Number(parts[2]) * 60 + Number(parts[3])) * 60_000 + Number(parts[4] ?? 0) * 1000;
    return parts[1] === "-" ? -size : size;
  } catch (cause) {
    throw new CelError(`unknown time zone ${zone}: ${cause instanceof Error ? cause.message : ""}`);
  }
}
