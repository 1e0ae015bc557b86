import { isIPv4 } from "node:net";
import { isRequestUri } from "../../schema/request-uri.ts";
import type { Overload } from "../overload.ts";
import { overload, traversal } from "../overload.ts";
import { addressFault, prefixFault } from "./netip.ts";
import type { OpaquePayload, Value } from "../value.ts";
import { CelError, CelList, CelOpaque, mapFromEntries } from "../value.ts";

type CelIp = CelOpaque<Extract<OpaquePayload, { type: "IP" }>>;
type CelCidr = CelOpaque<Extract<OpaquePayload, { type: "CIDR" }>>;
type CelUrl = CelOpaque<Extract<OpaquePayload, { type: "URL" }>>;

/** Addresses Kubernetes takes: no zones, no leading zeros, no IPv4 in IPv6 clothes. */
const isIp = (text: string): boolean =>
  addressFault(text) === undefined && !text.includes("%") && !isMapped(ipBytes(text));
const isCidr = (text: string): boolean =>
  prefixFault(text) === undefined && !isMapped(ipBytes(text.slice(0, text.indexOf("/"))));

function ipBytes(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = (a: string | undefined, b: string | undefined): string =>
    (Number(a) * 256 + Number(b)).toString(16);
  const plain =
    dotted === null ? text : `${dotted[1] ?? ""}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
  return Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}

/** RFC 5952 for IPv6. */
function printIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const runs = [...groups.join(":").matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map((run) => run[0]);
  const longest = runs.reduce(
    (best, run) => (run.replace(/^:/, "").length > best.replace(/^:/, "").length ? run : best),
    "",
  );
  if (longest === "") return groups.join(":");
  return groups
    .join(":")
    .replace(longest, ":")
    .replace(/^:(?!:)/, "::")
    .replace(/(?<!:):$/, "::");
}

function parseIp(text: string): CelIp {
  const fault = addressFault(text);
  if (fault !== undefined)
    throw new CelError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ${fault}`,
    );
  if (text.includes("%"))
    throw new CelError(`IP address ${JSON.stringify(text)} with zone value is not allowed`);
  const bytes = ipBytes(text);
  if (isMapped(bytes)) throw new CelError(notMapped(text));
  return new CelOpaque({ type: "IP", bytes, text: printIp(bytes) });
}

/** An address of version 4 in the form of one of version 6. */
const isMapped = (bytes: Uint8Array): boolean =>
  bytes.length === 16 &&
  bytes.subarray(0, 10).every((byte) => byte === 0) &&
  bytes[10] === 255 &&
  bytes[11] === 255;
const notMapped = (text: string): string => `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;

function parseCidr(text: string): CelCidr {
  const failed = "network address parse error during conversion from string: ";
  const fault = prefixFault(text);
  if (fault !== undefined) throw new CelError(failed + failed + fault);
  const [address = "", prefix = ""] = text.split("/");
  const bytes = ipBytes(address);
  if (isMapped(bytes)) throw new CelError(failed + notMapped(text));
  return new CelOpaque({ type: "CIDR", bytes, prefix: Number(prefix), text });
}

function mask(bytes: Uint8Array, prefix: number): Uint8Array {
  return bytes.map((byte, i) => byte & (0xff << Math.max(0, 8 - Math.max(0, prefix - 8 * i))) & 0xff);
}

function containsIp(cidr: CelCidr, ip: CelIp): boolean {
  const { bytes, prefix } = cidr.payload;
  if (bytes.length !== ip.payload.bytes.length) return false;
  return Buffer.compare(mask(bytes, prefix), mask(ip.payload.bytes, prefix)) === 0;
}

function containsCidr(outer: CelCidr, inner: CelCidr): boolean {
  const ip: CelIp = new CelOpaque({ type: "IP", bytes: inner.payload.bytes, text: "" });
  return inner.payload.prefix >= outer.payload.prefix && containsIp(outer, ip);
}

const family = (of: { readonly bytes: Uint8Array }): bigint => (of.bytes.length === 4 ? 4n : 6n);

const first = (ip: CelIp): readonly [number, number, number] => [
  ip.payload.bytes[0] ?? 0,
  ip.payload.bytes[1] ?? 0,
  ip.payload.bytes[2] ?? 0,
];
const is4 = (ip: CelIp): boolean => ip.payload.bytes.length === 4;
const isUnspecified = (ip: CelIp): boolean => ip.payload.bytes.every((byte) => byte === 0);
const isLoopback = (ip: CelIp): boolean => (is4(ip) ? first(ip)[0] === 127 : ip.payload.text === "::1");
const isMulticast = (ip: CelIp): boolean =>
  is4(ip) ? first(ip)[0] >= 224 && first(ip)[0] < 240 : first(ip)[0] === 0xff;
const isLinkLocalMulticast = (ip: CelIp): boolean => {
  const [a, b, c] = first(ip);
  return is4(ip) ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 15) === 2;
};
const isLinkLocalUnicast = (ip: CelIp): boolean => {
  const [a, b] = first(ip);
  return is4(ip) ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80;
};
const isBroadcast = (ip: CelIp): boolean => is4(ip) && ip.payload.bytes.every((byte) => byte === 255);
const isGlobalUnicast = (ip: CelIp): boolean =>
  !isUnspecified(ip) && !isLoopback(ip) && !isMulticast(ip) && !isLinkLocalUnicast(ip) && !isBroadcast(ip);

/** Addresses and networks. */
export function networkOverloads(): Overload[] {
  return [
    overload("::isIP(string): bool", isIp, traversal),
    overload("::ip(string): IP", parseIp, traversal),
    overload(
      "::ip.isCanonical(string): bool",
      (text: string) => parseIp(text).payload.text === text,
      traversal,
    ),
    overload("::string(IP): string", (ip: CelIp) => ip.payload.text),
    overload("IP.family(): int", (ip: CelIp) => family(ip.payload)),
    overload("IP.isUnspecified(): bool", isUnspecified),
    overload("IP.isLoopback(): bool", isLoopback),
    overload("IP.isLinkLocalMulticast(): bool", isLinkLocalMulticast),
    overload("IP.isLinkLocalUnicast(): bool", isLinkLocalUnicast),
    overload("IP.isGlobalUnicast(): bool", isGlobalUnicast),
    overload("::isCIDR(string): bool", isCidr, traversal),
    overload("::cidr(string): CIDR", parseCidr, traversal),
    overload("::string(CIDR): string", (cidr: CelCidr) => cidr.payload.text),
    overload(
      "CIDR.ip(): IP",
      (cidr: CelCidr) =>
        new CelOpaque({ type: "IP", bytes: cidr.payload.bytes, text: printIp(cidr.payload.bytes) }),
    ),
    overload("CIDR.prefixLength(): int", (cidr: CelCidr) => BigInt(cidr.payload.prefix)),
    overload("CIDR.masked(): CIDR", (cidr: CelCidr) => {
      const bytes = mask(cidr.payload.bytes, cidr.payload.prefix);
      return new CelOpaque({
        type: "CIDR",
        bytes,
        prefix: cidr.payload.prefix,
        text: `${printIp(bytes)}/${String(cidr.payload.prefix)}`,
      });
    }),
    overload("CIDR.containsIP(IP): bool", containsIp),
    overload("CIDR.containsIP(string): bool", (cidr: CelCidr, text: string) =>
      containsIp(cidr, parseIp(text)),
    ),
    overload("CIDR.containsCIDR(CIDR): bool", containsCidr),
    overload("CIDR.containsCIDR(string): bool", (cidr: CelCidr, text: string) =>
      containsCidr(cidr, parseCidr(text)),
    ),
    ...urlOverloads(),
  ];
}

/** What Kubernetes takes for a URL: absolute with a scheme, or a path from the root. */
function parseUrl(text: string): CelUrl | undefined {
  if (!isRequestUri(text)) return undefined;
  const isPath = text.startsWith("/");
  const base = isPath ? `path://none${text.startsWith("//") ? text.replace(/^\/+/, "/") : text}` : text;
  return URL.canParse(base) ? new CelOpaque({ type: "URL", url: new URL(base), text }) : undefined;
}

/** The pieces are read from the text: WHATWG parsing lower-cases, drops default ports and re-encodes; Go does not. */
function authority(url: CelUrl): {
  host: string;
  port: string;
  hostname: string;
  path: string;
  query: string;
} {
  const rest = url.payload.text.replace(/#.*$/s, "");
  const parts = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s.exec(rest);
  const host = (parts?.[1] ?? "").replace(/^.*@/s, "");
  const split = /^(\[.*\]|[^:]*)(?::(\d*))?$/.exec(host);
  return {
    host,
    hostname: (split?.[1] ?? "").replace(/^\[(.*)\]$/, "$1"),
    port: split?.[2] ?? "",
    path: parts?.[2] ?? "",
    query: parts?.[3] ?? "",
  };
}

function queryOf(url: CelUrl): Value {
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(authority(url).query)) {
    const list = values.get(key);
    if (list === undefined) values.set(key, [value]);
    else list.push(value);
  }
  return mapFromEntries([...values].map(([key, list]) => [key, new CelList(list)] as const));
}

function urlOverloads(): Overload[] {
  return [
    overload("::isURL(string): bool", (text: string) => parseUrl(text) !== undefined, traversal),
    overload(
      "::url(string): URL",
      (text: string) => {
        const url = parseUrl(text);
        if (url === undefined)
          throw new CelError(
            `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
          );
        return url;
      },
      traversal,
    ),
    overload("URL.getScheme(): string", (url: CelUrl) =>
      (/^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url.payload.text)?.[1] ?? "").toLowerCase(),
    ),
    overload("URL.getHost(): string", (url: CelUrl) => authority(url).host),
    overload("URL.getHostname(): string", (url: CelUrl) => authority(url).hostname),
    overload("URL.getPort(): string", (url: CelUrl) => authority(url).port),
    overload("URL.getEscapedPath(): string", (url: CelUrl) => authority(url).path),
    overload("URL.getQuery(): map<string, list<string>>", queryOf),
  ];
}
