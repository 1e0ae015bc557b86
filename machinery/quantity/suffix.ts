/** Which family of suffixes a quantity uses. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Unit {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const exponentForm = /^[eE][+-]?[0-9]+$/;
/** Exponents beyond this are no numbers anyone means; Go wraps them around int32. */
const MAX_EXPONENT = 2 ** 31 - 1;

/** What a suffix stands for, or undefined when it is none. */
export function interpretSuffix(suffix: string): Unit | undefined {
  if (Object.hasOwn(decimal, suffix))
    return { base: 10, exponent: decimal[suffix] ?? 0, format: "DecimalSI" };
  if (Object.hasOwn(binary, suffix)) return { base: 2, exponent: binary[suffix] ?? 0, format: "BinarySI" };
  if (!exponentForm.test(suffix)) return undefined;
  const exponent = Number(suffix.slice(1));
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  return { base: 10, exponent, format: "DecimalExponent" };
}

/** The suffix of an exponent that has one; the empty text for 0. */
export function suffixOf(base: 2 | 10, exponent: number): string {
  for (const [suffix, e] of Object.entries(base === 2 ? binary : decimal)) if (e === exponent) return suffix;
  return "";
}
