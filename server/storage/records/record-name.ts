import { createHash } from "node:crypto";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const readableLength = 180;

/**
 * The name of the record of a key: a readable part for people, then the whole SHA-256 of the key. A valid DNS
 * subdomain whatever the key holds, and never longer than 253.
 */
export function recordName(key: string): string {
  const readable = key
    .slice(-readableLength)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const hash = base32(createHash("sha256").update(key).digest());
  return readable === "" ? hash : `${readable}-${hash}`;
}

function base32(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabet.charAt((pending >>> (bits - 5)) & 31);
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet.charAt((pending << (5 - bits)) & 31);
}
