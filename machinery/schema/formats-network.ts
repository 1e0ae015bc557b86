import { isIPv4, isIPv6 } from "node:net";

/** A CIDR as Go's net.ParseCIDR takes it: an address, a slash, a prefix length that fits. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const [address, length] = [text.slice(0, slash), text.slice(slash + 1)];
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length)) return false;
  if (isIPv4(address)) return Number(length) <= 32;
  return isIPv6(address) && !address.includes("%") && Number(length) <= 128;
}

/** As before Go 1.17, which Kubernetes keeps to in formats: zeros in front of a number mean nothing. */
const withoutZeros = (text: string): string => text.replaceAll(/(?<=^|[.:/])0+(?=[\da-fA-F])/g, "");

/** An address of either family, with zeros in front of its numbers. */
export function isSloppyIp(text: string): boolean {
  const address = withoutZeros(text);
  return isIPv4(address) || (isIPv6(address) && !address.includes("%"));
}

/** The same of a CIDR. */
export const isSloppyCidr = (text: string): boolean => isCidr(withoutZeros(text));

/** A hardware address as Go's net.ParseMAC takes it: 6, 8 or 20 bytes, with colons, dashes or dotted groups of four. */
export function isMac(text: string): boolean {
  for (const separator of [":", "-"]) {
    const bytes = text.split(separator);
    if (bytes.length > 1)
      return [6, 8, 20].includes(bytes.length) && bytes.every((byte) => /^[0-9a-fA-F]{2}$/.test(byte));
  }
  const groups = text.split(".");
  return [3, 4, 10].includes(groups.length) && groups.every((group) => /^[0-9a-fA-F]{4}$/.test(group));
}
