/** Values at the edges: of numbers, of text, of what a key may be. */
import { isInt64 } from "../../../machinery/json/number.ts";
import type { RandomSource } from "./random-source.ts";

/** A number in the very digits it is sent in, which JavaScript could not keep. */
const raw = (digits: string): object => ({ $raw: digits });

/** Long enough to be cut wherever something is cut. */
const long = "long-".repeat(60);

const scalars: readonly unknown[] = [
  0,
  -1,
  "",
  null,
  false,
  1.5,
  -0.25,
  2_147_483_648,
  raw("9007199254740993"),
  raw("-9223372036854775808"),
  raw("9223372036854775807"),
  raw("1.50"),
  raw("1e-7"),
  raw("0.1"),
  raw("123456789.123456789"),
  raw("1e21"),
  "é",
  "日本",
  "🦜",
  "a\u00a0b",
  "<&>",
  'q"\\\n\t\u0001',
  " ",
  "true",
  "1",
  "~",
];

/** Numbers that do not fit a 64-bit integer: only a float holds them, or nothing. */
const beyond: readonly unknown[] = [
  raw("1e400"),
  raw("9223372036854775808"),
  raw("-9223372036854775809"),
  raw("18446744073709551616"),
  raw("123456789012345678901234567890"),
];

/** Whole numbers that are not written as such. Where an integer is wanted the difference is decided. */
export const wholeFloats: readonly unknown[] = [raw("2.0"), raw("1e3"), raw("-0"), raw("1E5")];

/** Keys that are data, though they mean something to some language. */
export const oddKeys = [
  "__proto__",
  "constructor",
  "toString",
  "10",
  "9",
  "é",
  "a.b",
  "a/b",
  "~",
  "",
  " ",
] as const;

export function oddScalar(random: RandomSource): unknown {
  return random.isTrue(0.1) ? random.pick(beyond) : random.pick(scalars);
}

/** Something else than what is wanted, whatever that is. */
export function oddValue(random: RandomSource): unknown {
  return random.pick<(random: RandomSource) => unknown>([
    oddScalar,
    () => ({}),
    () => [],
    () => [null],
    () => [{}],
    () => [[]],
    () => long,
    (r) => ({ [r.pick(oddKeys)]: oddScalar(r) }),
    (r) => [oddScalar(r), oddScalar(r)],
  ])(random);
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** Numbers in the digits Go would give them: a refusal shows the patched object, with what was sent as it was sent. */
export function shortest(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    if (!("$raw" in part)) return Object.fromEntries(Object.entries(part).sort(byKey));
    const digits = String(part.$raw);
    return /^-?[1-9]\d{0,18}$/.test(digits) && isInt64(BigInt(digits)) ? part : 1.5;
  });
}
