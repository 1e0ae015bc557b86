const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** Whether the integer fits Go's int64. */
export const isInt64 = (value: bigint): boolean => value <= MAX_INT64 && value >= MIN_INT64;

/**
 * The one representation of a JSON number: integers beyond 2^53 that fit int64 are bigint, everything else is a
 * number. Answers undefined when the literal is too large for a float64.
 */
export function numberFromLiteral(literal: string): number | bigint | undefined {
  const value = Number(literal);
  if (Number.isSafeInteger(value)) {
    // The integer -0 is 0 for Go, the float -0.0 stays negative.
    return value === 0 && literal === "-0" ? 0 : value;
  }
  if (!Number.isFinite(value)) return undefined;
  if (!Number.isInteger(value)) return value;
  // A float counts as the integer Go would print for it, so that it is the same after it was stored.
  const exact =
    Math.abs(value) >= 1e21 ? BigInt(value) : BigInt(/[.eE]/.test(literal) ? String(value) : literal);
  return isInt64(exact) ? exact : value;
}

/** A bigint as number where that is exact, so that equal integers have one type. */
export function normalizeInteger(value: bigint): number | bigint {
  const asNumber = Number(value);
  if (Number.isSafeInteger(asNumber)) return asNumber;
  return isInt64(value) ? value : asNumber;
}
