/** A text as Go's strconv.Quote writes it: what cannot be printed is escaped, everything else stands as it is. */
export function goQuote(text: string): string {
  if (printable.test(text)) return `"${text}"`;
  let out = "";
  for (const c of text.toWellFormed()) out += short.get(c) ?? (isPrint.test(c) ? c : code(c));
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
  const hex = point.toString(16);
  if (point < 0x20 || point === 0x7f) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x1_0000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
