/**
 * A text as Go's strconv.Quote writes it: what cannot be printed is escaped, everything else stands as it is. A lone
 * surrogate stands for a byte, as decodeKeepingBytes makes it, or for nothing that is known.
 */
export function goQuote(text: string): string {
  if (printable.test(text)) return `"${text}"`;
  let out = "";
  for (const c of text) out += short.get(c) ?? (isPrint.test(c) ? c : code(c));
  return `"${out}"`;
}

/** The common case: nothing to escape. */
const printable = /^[ !#-[\]-~]*$/;
/** Go's strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const isPrint = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const short: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);

function code(c: string): string {
  const point = c.codePointAt(0) ?? 0;
  if (point >= 0xdc80 && point <= 0xdcff) return `\\x${(point - 0xdc00).toString(16)}`;
  if (point >= 0xd800 && point <= 0xdfff) return "\ufffd";
  const hex = point.toString(16);
  if (point < 0x20 || point === 0x7f) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x1_0000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
