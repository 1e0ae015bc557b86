import { normalizeInteger } from "../json/number.ts";

/**
 * What an unquoted YAML scalar means to a YAML 1.1 reader such as the one in kube-apiserver: `yes` is true, `017` is
 * 15, `~` is null. Dates and base-60 numbers stay text.
 */
export type Resolved = null | boolean | number | bigint | string;

const words: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ["", null],
  ...["~", "null", "Null", "NULL"].map((word): [string, Resolved] => [word, null]),
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map(
    (word): [string, Resolved] => [word, true],
  ),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map(
    (word): [string, Resolved] => [word, false],
  ),
  ...[".nan", ".NaN", ".NAN"].map((word): [string, Resolved] => [word, Number.NaN]),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word): [string, Resolved] => [word, Infinity]),
  ...["-.inf", "-.Inf", "-.INF"].map((word): [string, Resolved] => [word, -Infinity]),
]);

const integers: readonly [RegExp, (digits: string) => string][] = [
  [/^0b[01]+$/, (digits) => digits],
  [/^0x[0-9a-fA-F]+$/, (digits) => digits],
  [/^0o?[0-7]+$/, (digits) => `0o${digits.replace(/^0o?/, "")}`],
  [/^(?:0|[1-9][0-9]*)$/, (digits) => digits],
];
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** The value of an unquoted scalar. */
export function resolvePlain(text: string): Resolved {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  const bare = text.replaceAll("_", "");
  const sign = /^[-+]/.exec(bare)?.[0] ?? "";
  const digits = bare.slice(sign.length);
  for (const [pattern, literal] of integers) {
    if (!pattern.test(digits)) continue;
    const value = BigInt(literal(digits));
    return normalizeInteger(sign === "-" ? -value : value);
  }
  // Go refuses floats out of range, which leaves them texts.
  return float.test(bare) && Number.isFinite(Number(bare)) ? Number(bare) : text;
}
