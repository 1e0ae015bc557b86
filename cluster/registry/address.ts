/**
 * Which addresses are anybody's to ask. Whoever may name an image must not have Hawsepipe, which stands elsewhere in the
 * network than he does, knock at what is not public. Pure.
 */
import { BlockList, isIP } from "node:net";

/** Ranges that are not the public internet's, or lead back into what is not. */
const specialV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Metadata services of clouds are here.
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // The host's own services of one cloud, at an address that looks public.
  ["168.63.129.16", 32],
];

const specialV6: readonly (readonly [string, number])[] = [
  // Teredo, benchmarks and others that are no destinations.
  ["2001::", 23],
  ["2001:db8::", 32],
  // Holds an IPv4 address that a relay would go to.
  ["2002::", 16],
  ["3fff::", 20],
];

/** Of IPv6 only what is assigned as global unicast is public at all. */
const globalV6 = ["2000::", 3] as const;
/** Stands for an IPv4 address where there is no IPv4: as public as that one. */
const translatedV6 = ["64:ff9b::", 96] as const;

const special = rangesOf(specialV4, specialV6);
const publicV6 = rangesOf([], [globalV6, translatedV6]);

function rangesOf(
  v4: readonly (readonly [string, number])[],
  v6: readonly (readonly [string, number])[],
): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of v4) {
    list.addSubnet(network, prefix, "ipv4");
    list.addSubnet(`${translatedV6[0]}${network}`, translatedV6[1] + prefix, "ipv6");
  }
  for (const [network, prefix] of v6) list.addSubnet(network, prefix, "ipv6");
  return list;
}

/** Whether an address is the public internet's; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !special.check(address, "ipv4");
  return version === 6 && publicV6.check(address, "ipv6") && !special.check(address, "ipv6");
}
