import { resolvePlain } from "./resolve.ts";

/** How texts and numbers are written in YAML so that a YAML 1.1 reader gets the same value back. */

/** Not printable for libyaml: controls (also the tab), what lies beyond the first plane, byte order marks. */
const special = /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const breaks = /[\n\r\u0085\u2028\u2029]/;
const spaceBeforeBreak = / [\n\r\u0085\u2028\u2029]/;
const spaceAfterBreak = /[\n\r\u0085\u2028\u2029] /;

/** Whether a text may stand as a literal block. */
export const canBeBlock = (text: string): boolean =>
  !special.test(text) && !text.endsWith(" ") && !spaceBeforeBreak.test(text);

/** A literal block; the header keeps leading spaces and says how many line ends there are. */
export function writeBlock(text: string, indent: string): string {
  const hint = /^[ \n\u2028\u2029]/.test(text) ? "2" : "";
  const chomp = !breaks.test(text.slice(-1))
    ? "-"
    : text.length === 1 || breaks.test(text.slice(-2, -1))
      ? "+"
      : "";
  const lines = text.replace(/[\n\u2028\u2029]$/, "").split("\n");
  return `|${hint}${chomp}\n${lines.map((line) => (line === "" ? "" : indent + line)).join("\n")}`;
}

/** What begins something else than a text, or ends it too early. */
const indicatorAtStart = /^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:\s|$)|---|\.\.\.)/;
const indicatorInside = /:(?:\s|$)|\s#/;
/** Numbers in base 60, dates and the merge key, which are texts for us but not for others. */
const otherReaders =
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})|^<<$/;

/** A text on one line: plain where possible, quoted where it must be. */
export function writeText(text: string): string {
  if (!text.isWellFormed()) return writeText(text.toWellFormed());
  if (text === "" || typeof resolvePlain(text) !== "string" || otherReaders.test(text))
    return doubleQuoted(text);
  if (special.test(text) || spaceBeforeBreak.test(text) || spaceAfterBreak.test(text) || breaks.test(text)) {
    return doubleQuoted(text);
  }
  if (indicatorAtStart.test(text) || indicatorInside.test(text) || /^ | $/.test(text)) {
    return `'${text.replaceAll("'", "''")}'`;
  }
  return text;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\u001b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0085", "\\N"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

/** A text in double quotes, everything unprintable escaped. */
export function doubleQuoted(text: string): string {
  let out = "";
  for (const c of text.toWellFormed()) out += escapes.get(c) ?? (special.test(c) ? escapeCode(c) : c);
  return `"${out}"`;
}

function escapeCode(c: string): string {
  const code = (c.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}

/** A number as Go's strconv writes it in its shortest form: with an exponent below 1e-4 and from 1e6 on. */
export function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`json: unsupported value: ${String(value)}`);
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "-0" : String(value);
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
