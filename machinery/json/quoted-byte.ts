/** The character there as Go prints an offending byte: of several bytes, by the first. */
export function quotedByte(text: string, at: number): string {
  const point = text.codePointAt(at) ?? 0;
  const byte =
    point < 0x80
      ? point
      : point < 0x800
        ? 0xc0 | (point >> 6)
        : point < 0x10000
          ? 0xe0 | (point >> 12)
          : 0xf0 | (point >> 18);
  if (byte === 0x27) return `'\\''`;
  if (byte === 0x22) return `'"'`;
  const named = goEscapes.get(byte);
  if (named !== undefined) return `'${named}'`;
  const printable = (byte >= 0x20 && byte < 0x7f) || (byte >= 0xa1 && byte !== 0xad);
  if (printable) return `'${String.fromCharCode(byte)}'`;
  return byte < 0x80
    ? `'\\x${byte.toString(16).padStart(2, "0")}'`
    : `'\\u${byte.toString(16).padStart(4, "0")}'`;
}

const goEscapes: ReadonlyMap<number, string> = new Map([
  [7, "\\a"],
  [8, "\\b"],
  [9, "\\t"],
  [10, "\\n"],
  [11, "\\v"],
  [12, "\\f"],
  [13, "\\r"],
  [0x5c, "\\\\"],
]);
