/** One clause of an Accept header, as Go's goautoneg reads it; types are compared case by case, unquoted. */
export interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  readonly q: number;
  /** Parameters other than q, in order of appearance; the last of repeated ones counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const noParameters: ReadonlyMap<string, string> = new Map();

/** The clauses by falling quality, concrete types before wildcards, else in order; malformed ones are left out. */
export function parseAccept(header: string): MediaRange[] {
  const ranges: MediaRange[] = [];
  for (const part of header.split(",")) {
    const range = parseRange(part);
    if (range !== undefined) ranges.push(range);
  }
  if (ranges.length > 1) ranges.sort(byPreference);
  return ranges;
}

function parseRange(part: string): MediaRange | undefined {
  const [essence = "", ...parameters] = part.trim().split(";");
  const names = essence.split("/");
  const type = (names[0] ?? "").trim();
  let subtype: string;
  if (names.length === 1 && type === "*") subtype = "*";
  else if (names.length === 2) subtype = (names[1] ?? "").trim();
  else return undefined;
  if (parameters.length === 0) return { type, subtype, q: 1, parameters: noParameters };

  let q = 1;
  const known = new Map<string, string>();
  for (const parameter of parameters) {
    const equals = parameter.indexOf("=");
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim();
    const value = parameter.slice(equals + 1).trim();
    if (name === "q") q = quality(value);
    else known.set(name, value);
  }
  return { type, subtype, q, parameters: known };
}

/** A quality that cannot be read counts as 0: the clause comes last, but still counts. */
function quality(text: string): number {
  return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) ? Number(text) : 0;
}

function byPreference(a: MediaRange, b: MediaRange): number {
  if (a.q !== b.q) return b.q - a.q;
  return wildcards(a) - wildcards(b);
}

function wildcards(range: MediaRange): number {
  return (range.type === "*" ? 2 : 0) + (range.subtype === "*" ? 1 : 0);
}
