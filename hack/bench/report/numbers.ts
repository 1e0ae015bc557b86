/** A whole number as people write it. */
export const grouped = (n: number): string => n.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");

/** Processor time as people read it. */
export const microseconds = (n: number): string => (n < 10_000 ? `${short(n)} µs` : `${short(n / 1000)} ms`);

/** A number with three digits that count. */
export function short(n: number): string {
  if (n >= 100) return grouped(n);
  return n >= 10 ? n.toFixed(1) : n.toFixed(2);
}
