import { compareUtf8 } from "../../machinery/json/encode.ts";

/** The smallest text that sorts after every text with this prefix, by UTF-8 bytes; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    // Surrogates are no characters of their own: the next one after U+D7FF is U+E000.
    points.push(String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1));
    return points.join("");
  }
  return undefined;
}

/** Where in an array ordered by key the key stands, or would have to be inserted. */
export function positionOf(sorted: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = sorted[middle];
    if (at !== undefined && compareUtf8(at.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
