import type { RandomSource } from "./scope.ts";

/** No vowels and no characters that look alike, so that no words appear. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const maxLength = 63;

/** The base, cut so that the name stays a label, and five random characters. */
export function generateName(base: string, random: RandomSource): string {
  let suffix = "";
  for (let i = 0; i < suffixLength; i += 1) suffix += alphabet.charAt(random.integer(alphabet.length));
  return base.slice(0, maxLength - suffixLength) + suffix;
}
