/**
 * Takes out of an answer what must differ between two servers. Identities are not blanked but numbered in the order they
 * appear, so "the same uid as before" and "a resourceVersion not seen before" stay comparable.
 */

const timestamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** The resourceVersion of a list or a bookmark: other than an object's, it is the first thing in its metadata. */
const collectionRevision =
  /("metadata": ?\{\s*(?:"continue": ?"[^"]*",\s*)?(?:"remainingItemCount": ?\d+,\s*)?"resourceVersion": ?")\d+"/g;
const revision = /(resourceVersion\\*"?: ?\\*")(\d+)/g;
const continueToken = /("?continue"?: ?"?)([A-Za-z0-9_-]{8,})/g;
const cells = /"cells":\[[^\]]*\]/g;
const age = /"(?:\d+[smhdy])+"/g;
const bookmark = /^\{"type":"BOOKMARK".*$/;
const hour = 3_600_000;

/** What one server's answers are compared by. Remembers what it numbered. */
export class Mask {
  readonly #uids = new Map<string, number>();
  readonly #revisions = new Map<string, number>();

  /** A body without what is the server's own. */
  body(text: string): string {
    return text
      .replaceAll(collectionRevision, '$1<collection>"')
      .replaceAll(revision, (_, before: string, value: string) =>
        value === "0" ? before + value : `${before}<rv ${number(this.#revisions, value)}>`,
      )
      .replaceAll(uuid, (value) => `<uid ${number(this.#uids, value)}>`)
      .replaceAll(timestamp, (value) => (isRecent(value) ? "<now>" : value))
      .replaceAll(continueToken, (_, before: string, token: string) => before + maskToken(token))
      .replaceAll(cells, (row) => row.replaceAll(age, '"<age>"'))
      .replaceAll(/(Too large resource version: )(\d+)(, current: )\d+/g, "$1$2$3<rv>")
      .replaceAll(/(too old resource version: \d+ )\(\d+\)/g, "$1(<rv>)")
      .replaceAll(/(ResourceVersion in the precondition \()\d+/g, "$1<rv>")
      .replaceAll(/(ResourceVersion in record \()\d+/g, "$1<rv>");
  }

  /** The lines of a watch; bookmarks other than the one that ends the initial events come when they like. */
  lines(lines: readonly string[]): readonly string[] {
    return lines.filter((line) => !isPlainBookmark(line)).map((line) => this.body(line));
  }
}

/** Whether a line is a bookmark that only tells how far the stream is. */
export const isPlainBookmark = (line: string): boolean =>
  bookmark.test(line) && !line.includes("k8s.io/initial-events-end");

const comparedHeaders = new Set([
  "content-type",
  "warning",
  "retry-after",
  "x-content-type-options",
  "cache-control",
  "vary",
  "location",
  "allow",
  "content-encoding",
]);

/** The headers a client may look at, in the order they came. */
export function maskHeaders(headers: readonly (readonly [string, string])[]): readonly string[] {
  const kept = headers
    .filter(([name]) => comparedHeaders.has(name))
    .map(([name, value]) => `${name}: ${value}`);
  const names = new Set(headers.map(([name]) => name));
  // Go writes headers sorted; the order of different headers means nothing, that of warnings does.
  const rest = names.has("audit-id") ? ["audit-id: <id>"] : [];
  return [...rest, ...kept].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

const nameOf = (header: string): string => header.slice(0, header.indexOf(":"));

function number(known: Map<string, number>, value: string): string {
  const found = known.get(value) ?? known.size + 1;
  known.set(value, found);
  return String(found);
}

const isRecent = (value: string): boolean => Math.abs(Date.parse(value) - Date.now()) < hour;

function maskToken(token: string): string {
  try {
    const content = JSON.parse(Buffer.from(token, "base64url").toString()) as Record<string, unknown>;
    if (typeof content["rv"] === "number" && content["rv"] > 0) content["rv"] = 1;
    return JSON.stringify(content).replaceAll('"', "'");
  } catch {
    return token;
  }
}
