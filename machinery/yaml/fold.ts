/** Where long lines are broken, as libyaml does it: at the first single space after column 80. */

const width = 80;

/** Where a text begins, and how the lines after the first are indented. */
export interface Position {
  readonly column: number;
  readonly indent: string;
}

/** A text as it was written on one line, plain or in quotes, on as many lines as it takes. */
export function foldText(written: string, { column, indent }: Position): string {
  // A column counts characters, but never more of them than this.
  if (column + written.length <= width) return written;
  const quote = written.startsWith("'") || written.startsWith('"') ? written.charAt(0) : "";
  const characters = Array.from(written);
  const last = characters.length - 1;
  let out = "";
  let at = column;
  let isAfterSpace = false;
  for (const [i, character] of characters.entries()) {
    if (character !== " ") {
      out += character;
      at += 1;
      isAfterSpace = false;
      continue;
    }
    const next = characters[i + 1];
    const isInside = quote === "" || (i > 1 && i < last - 1);
    if (!isAfterSpace && at > width && isInside && (next !== " " || quote === '"')) {
      // In double quotes the line may be broken before spaces, which are then protected.
      out += `\n${indent}${quote === '"' && next === " " ? "\\" : ""}`;
      at = indent.length + (quote === '"' && next === " " ? 1 : 0);
    } else {
      out += " ";
      at += 1;
    }
    isAfterSpace = true;
  }
  return out;
}
