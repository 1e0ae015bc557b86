const isDigit = (c: string): boolean => /^\p{Nd}$/u.test(c);
const isLetter = (c: string): boolean => /^\p{L}$/u.test(c);

/**
 * The order go-yaml gives keys: runs of digits compare as numbers (`a2` before `a10`), and letters come after
 * everything else.
 */
export function compareKeys(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a[at] === b[at]) at += 1;
  const x = a[at];
  const y = b[at];
  if (x === undefined || y === undefined) return a.length - b.length;
  if (isLetter(x) && isLetter(y)) return byCodePoint(x, y);
  if (isLetter(x) || isLetter(y)) return isLetter(x) ? 1 : -1;
  return compareNumbers(a, b, at) || byCodePoint(x, y);
}

const byCodePoint = (x: string, y: string): number => (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0);

/** Compares the digits from `at` on; a zero counts only behind a digit that gives it a place. */
function compareNumbers(a: readonly string[], b: readonly string[], at: number): number {
  let lead = "";
  if (a[at] === "0" || b[at] === "0") {
    for (let i = at - 1; i >= 0 && isDigit(a[i] ?? ""); i--) if (a[i] !== "0") lead = "1";
  }
  const digits = (runes: readonly string[]): string => {
    let run = "";
    for (let i = at; i < runes.length && /^[0-9]$/.test(runes[i] ?? ""); i++) run += runes[i] ?? "";
    return run;
  };
  const x = digits(a);
  const y = digits(b);
  const difference = BigInt(`${lead}${x}` || "0") - BigInt(`${lead}${y}` || "0");
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  return x.length - y.length;
}
