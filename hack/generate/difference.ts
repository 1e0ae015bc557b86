/** The first place where two texts differ, with a few lines of each side; empty when they are equal. */
export function firstDifference(old: string, next: string, context = 3): string {
  const before = old.split("\n");
  const after = next.split("\n");
  const length = Math.max(before.length, after.length);
  let at = 0;
  while (at < length && before[at] === after[at]) at += 1;
  if (at === length) return "";
  const side = (sign: string, lines: readonly string[]) =>
    lines.slice(at, at + context).map((line) => `${sign}${line}`);
  return [`@@ line ${String(at + 1)} @@`, ...side("-", before), ...side("+", after)].join("\n");
}
