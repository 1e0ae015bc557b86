import { isMac, isSloppyCidr, isSloppyIp } from "./formats-network.ts";
import { compilePattern } from "./pattern.ts";
import { isRequestUri } from "./request-uri.ts";

/**
 * String formats. Only these are checked, as in kube-apiserver; any other format in a schema is documentation, among
 * them int32, int64, float and double. Names are compared without dashes: `date-time` is `datetime`.
 */

type Check = (text: string) => boolean;

const pattern = (expression: string): Check => {
  const compiled = compilePattern(expression);
  return (text) => compiled.matches(text);
};

const uuid = (third: string, fourth: string): string =>
  `(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?${third}-?${fourth}-?[0-9a-f]{12}$`;

/** Made on first use: expressions are compiled only for schemas that name them. */
const checks: Readonly<Record<string, () => Check>> = {
  bsonobjectid: () => pattern("^[0-9a-fA-F]{24}$"),
  uri: () => isRequestUri,
  email: () => isEmail,
  hostname: () => isHostname,
  ipv4: () => (text) => isSloppyIp(text) && text.includes("."),
  ipv6: () => (text) => isSloppyIp(text) && text.includes(":"),
  cidr: () => isSloppyCidr,
  mac: () => isMac,
  uuid: () => pattern(uuid("[0-9a-f]{4}", "[0-9a-f]{4}")),
  uuid3: () => pattern(uuid("3[0-9a-f]{3}", "[0-9a-f]{4}")),
  uuid4: () => pattern(uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}")),
  uuid5: () => pattern(uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}")),
  isbn: () => (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: () => isIsbn10,
  isbn13: () => isIsbn13,
  creditcard: () => isCreditCard,
  ssn: () => pattern("^[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}$"),
  hexcolor: () => pattern("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
  rgbcolor: () => isRgbColor,
  byte: () => isBase64,
  password: () => () => true,
  date: () => isDate,
  duration: () => isDuration,
  datetime: () => isDateTime,
  k8sshortname: () => (text) => text.length <= 63 && isLabel(text),
  k8slongname: () => (text) => text.length <= 253 && text.split(".").every(isLabel),
};

/** The check of a format, or undefined for one that is not checked. */
export function formatCheck(format: string): Check | undefined {
  const name = format.replaceAll("-", "");
  return Object.hasOwn(checks, name) ? checks[name]?.() : undefined;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** RFC 3339 full-date. */
export function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (parts === null) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= (year === 0 ? 31 : daysIn(year, month));
}

/** RFC 3339 date-time; `t` and `z` may be lower case. */
export function isDateTime(text: string): boolean {
  const [date, time, ...rest] = text.toLowerCase().split("t");
  if (date === undefined || time === undefined || rest.length > 1 || !isDate(date)) return false;
  const parts = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/.exec(time);
  if (parts === null) return false;
  return Number(parts[1]) <= 23 && Number(parts[2]) <= 59 && Number(parts[3]) <= 59;
}

const goDuration = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const worded = /\d+\s*(ns|nano|us|µs|micro|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|wk|week)(?![A-Za-zµ])/i;
const wordedLong = /\d+\s*(nano|micro|milli|sec|min|hour|day|week)[A-Za-zµ]*/i;

/** Go's duration (`1h30m`) or words (`22 seconds`, `3 days`). */
export function isDuration(text: string): boolean {
  return text.length <= 1024 && (goDuration.test(text) || worded.test(text) || wordedLong.test(text));
}

function isBase64(text: string): boolean {
  return text !== "" && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function isEmail(text: string): boolean {
  const address = /^(?:[^<>@]*<([^<>]+)>|([^<>]+))$/.exec(text.trim());
  const bare = address?.[1] ?? address?.[2];
  if (bare === undefined) return false;
  const at = bare.lastIndexOf("@");
  const [local, domain] = [bare.slice(0, at), bare.slice(at + 1)];
  if (at <= 0 || domain === "") return false;
  const atom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+$/;
  const isDotted = (part: string): boolean => part.split(".").every((one) => atom.test(one));
  return (isDotted(local) || /^"[^"\\]*"$/.test(local)) && (isDotted(domain) || /^\[[^\]]*\]$/.test(domain));
}

const hostPart = /^[\p{S}\p{L}a-zA-Z0-9](?:[\p{S}\p{L}a-zA-Z0-9-]*[\p{S}\p{L}a-zA-Z0-9])?$/u;

function isHostname(text: string): boolean {
  if (text.length > 255) return false;
  const parts = text.split(".");
  if (!parts.every((part) => part.length <= 63 && hostPart.test(part))) return false;
  return parts.length === 1 || /^[a-zA-Z\p{L}]{2,63}$/u.test(parts.at(-1) ?? "");
}

const isLabel: Check = (text) => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text);

const digitsOf = (text: string): string => text.replaceAll(/[\s-]/g, "");

function isIsbn10(text: string): boolean {
  const digits = digitsOf(text);
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = Array.from(digits).reduce(
    (all, digit, i) => all + (i + 1) * (digit === "X" ? 10 : Number(digit)),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = digitsOf(text);
  if (!/^\d{13}$/.test(digits)) return false;
  return (
    Array.from(digits).reduce((all, digit, i) => all + Number(digit) * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0
  );
}

const cards =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]+/g, "");
  if (!cards.test(digits)) return false;
  const sum = Array.from(digits)
    .reverse()
    .reduce((all, digit, i) => {
      const doubled = Number(digit) * (i % 2 === 0 ? 1 : 2);
      return all + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return sum % 10 === 0;
}

function isRgbColor(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text);
  return parts !== null && parts.slice(1).every((part) => Number(part) <= 255 && !/^0\d/.test(part));
}
