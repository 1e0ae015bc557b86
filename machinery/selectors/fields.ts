import { compareUtf8 } from "../json/encode.ts";
import { SelectorError } from "./selector-error.ts";

/** Selection of objects by the values of a few fields, as in `--field-selector`. */
export interface FieldSelector {
  /** All must hold; empty selects everything. */
  readonly requirements: readonly FieldRequirement[];
  /** Whether fields match; `get` answers the value of a field, undefined counting as the empty text. */
  matches(get: (field: string) => string | undefined): boolean;
  /** The value the field must have, when exactly one can match. */
  exactMatch(field: string): string | undefined;
  /** The canonical text, parsable again. */
  toString(): string;
}

export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

export { SelectorError } from "./selector-error.ts";

/** Reads e.g. `metadata.name=a,spec.x!=b`; `\` escapes `,`, `=` and itself in values. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldSelector {
  // Sorted, as kube-apiserver does, which decides which of several errors is shown.
  const requirements = splitTerms(text)
    .filter((term) => term !== "")
    .sort(compareUtf8)
    .map((term) => parseTerm(term, text))
    .filter(({ field, value }) => field !== "" || value !== "");
  return {
    requirements,
    matches: (get) => requirements.every((r) => ((get(r.field) ?? "") === r.value) === (r.operator === "=")),
    exactMatch: (field) => requirements.find((r) => r.field === field && r.operator === "=")?.value,
    toString: () => requirements.map((r) => r.field + r.operator + escapeValue(r.value)).join(","),
  };
}

/** A value as it must stand in a field selector. */
export const escapeValue = (value: string): string => value.replace(/[\\,=]/g, "\\$&");

/** Splits at commas that are not escaped; escapes stay in. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === "\\") i += 1;
    else if (c === ",") {
      terms.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...terms, text.slice(from)];
}

function parseTerm(term: string, selector: string): FieldRequirement {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) throw new SelectorError(`invalid selector: '${selector}'; can't understand '${term}'`);
  const [, field = "", operator = "=", value = ""] = match;
  return { field, operator: operator === "!=" ? "!=" : "=", value: unescapeValue(value) };
}

function unescapeValue(text: string): string {
  let value = "";
  const runes = Array.from(text);
  for (let i = 0; i < runes.length; i++) {
    const rune = runes[i] ?? "";
    if (rune === "," || rune === "=") {
      // Go prints the rune as a number here.
      throw new SelectorError(
        `invalid field selector: unescaped character in value: ${String(rune.codePointAt(0))}`,
      );
    }
    if (rune !== "\\") {
      value += rune;
      continue;
    }
    i += 1;
    const escaped = runes[i] ?? "";
    if (escaped !== "\\" && escaped !== "," && escaped !== "=") {
      throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
    }
    value += escaped;
  }
  return value;
}
