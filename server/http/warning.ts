/** Warning headers (RFC 7234, code 299) with the limits kube-apiserver puts on them. */

const maxTotalRunes = 4096;
const maxItemRunes = 256;

/** The header values for these texts: repeats and unprintable texts left out, each cut when all together are too long. */
export function warningHeaders(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)].filter((text) => text !== "" && !hasControl(text));
  const total = distinct.reduce((sum, text) => sum + runes(text), 0);
  if (total <= maxTotalRunes) return distinct.map(header);
  const headers: string[] = [];
  let written = 0;
  for (const text of distinct) {
    if (written >= maxTotalRunes) break;
    const cut = runes(text) > maxItemRunes ? Array.from(text).slice(0, maxItemRunes).join("") : text;
    written += runes(cut);
    headers.push(header(cut));
  }
  return headers;
}

function header(text: string): string {
  const quoted = `299 - "${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  // Node writes header values as latin1: the UTF-8 bytes have to be put one per character.
  return isAscii(quoted) ? quoted : Buffer.from(quoted, "utf8").toString("latin1");
}

function runes(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const hasControl = (text: string): boolean => /\p{Cc}/u.test(text) || !text.isWellFormed();
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;
