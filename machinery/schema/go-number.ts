import { writeNumber } from "../yaml/scalar.ts";

/** A float the way Go's %v and %g print it: exponents from 1e+06 and below 1e-4, with two digits at least. */
export function encodeGoNumber(value: number | bigint): string {
  if (typeof value === "bigint") return encodeGoNumber(Number(value));
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0 || Math.abs(value) < 1e6) return writeNumber(value);
  const [digits = "", exponent = ""] = value.toExponential().split("e+");
  return `${digits}e+${exponent.padStart(2, "0")}`;
}
