/**
 * Takes out of an answer what must differ between two servers. Identities are not blanked but numbered in the order they
 * appear, so "the same uid as before" and "a resourceVersion not seen before" stay comparable, and so is whether a
 * resourceVersion not seen before is later than all that were. What is blanked says how it relates to what stands beside it.
 */
import { collectionMark, tokenMark, unmarkBookmarks } from "./mask-relations.ts";

const timestamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** The resourceVersion of a list or a bookmark: other than an object's, it is the first thing in its metadata. */
const collectionRevision =
  /("metadata": ?\{\s*(?:"continue": ?"[^"]*",\s*)?(?:"remainingItemCount": ?\d+,\s*)?"resourceVersion": ?")\d+"/g;
/** The same in YAML, where the metadata of a list stands below its items. */
const yamlCollectionRevision =
  /(^metadata:\n(?: {2}continue: .*\n)?(?: {2}remainingItemCount: \d+\n)? {2}resourceVersion: ")\d+"/gm;
const revision = /(resourceVersion\\*"?: ?\\*")(\d+)/g;
const continueToken = /("?continue"?: ?"?)([A-Za-z0-9_-]{8,})/g;
/** A cell that says how long ago something was. */
const age = /"(?:\d+[smhdy])+"(?=\s*[,\]])/g;
/** A name the server completed: the random tests give prefixes of this form. */
const generatedName = /\bg(?:en|\d+)-[b-z0-9]{5}\b/g;
/** The hash of a document of OpenAPI or discovery, which names the servers. */
const entityTag = /^(etag: ")([0-9A-F]{128})(?="$)/g;
const bookmark = /^\{"type":"BOOKMARK".*$/;
const hour = 3_600_000;

/** What one server's answers are compared by. Remembers what it numbered. */
export class Mask {
  readonly #numbers = new Map<string, number>();
  #last = 0;
  #latest = 0n;
  #pause = 0;

  /** How many identities were seen. */
  get last(): number {
    return this.#last;
  }

  /** Numbers go on from here: after a difference, the same identity gets the same number on both servers again. */
  continueFrom(last: number): void {
    this.#last = last;
  }

  /** A mask that knows the same, and goes on by itself. */
  copy(): Mask {
    const copy = new Mask();
    for (const [value, number] of this.#numbers) copy.#numbers.set(value, number);
    copy.#last = this.#last;
    copy.#latest = this.#latest;
    copy.#pause = this.#pause;
    return copy;
  }

  /** From here on times of before are told from those that come: more than a second lies between. */
  paused(): void {
    this.#pause = Math.floor(Date.now() / 1000) * 1000;
  }

  /** A body without what is the server's own. Of a page the revision is given that its token asked for. */
  body(text: string, ofToken?: string): string {
    const mark = collectionMark(text, [collectionRevision, yamlCollectionRevision], ofToken);
    return (
      unmarkBookmarks(text)
        // What a token holds may be a name the server completed.
        .replaceAll(
          continueToken,
          (_, before: string, token: string) => before + tokenMark(token, mark.revision),
        )
        .replaceAll(collectionRevision, `$1${mark.text}"`)
        .replaceAll(yamlCollectionRevision, `$1${mark.text}"`)
        .replaceAll(revision, (_, before: string, value: string) =>
          value === "0" ? before + value : `${before}<rv ${this.#revision(value)}>`,
        )
        .replaceAll(generatedName, (value) => `<name ${this.#number(value)}>`)
        .replaceAll(uuid, (value) => `<uid ${this.#number(value)}>`)
        .replaceAll(timestamp, (value) => this.#time(value))
        .replaceAll(age, /"kind": ?"Table"/.test(text) ? '"<age>"' : "$&")
        .replaceAll(/hash=[0-9A-F]{128}/g, "hash=<hash>")
        .replaceAll(entityTag, (_, before: string, value: string) => `${before}<etag ${this.#number(value)}>`)
        .replaceAll(/(Too large resource version: )(\d+)(, current: )\d+/g, "$1$2$3<rv>")
        .replaceAll(
          /(too old resource version: )(\d+) \(\d+\)/g,
          (_, before: string, value: string) => `${before}<rv ${this.#number(value)}> (<rv>)`,
        )
        .replaceAll(/(ResourceVersion in the precondition \()\d+/g, "$1<rv>")
        .replaceAll(/(ResourceVersion in record \()\d+/g, "$1<rv>")
    );
  }

  /** Of one that was not seen before it is told when it is not the latest. */
  #revision(value: string): string {
    const isKnown = this.#numbers.has(value);
    const number = this.#number(value);
    const isLatest = BigInt(value) > this.#latest;
    if (isLatest) this.#latest = BigInt(value);
    return isKnown || isLatest ? number : `${number}, of before`;
  }

  #time(value: string): string {
    if (!isRecent(value)) return value;
    return Date.parse(value) < this.#pause ? "<before>" : "<now>";
  }

  #number(value: string): string {
    const known = this.#numbers.get(value) ?? ++this.#last;
    this.#numbers.set(value, known);
    return String(known);
  }

  /** The lines of a watch; bookmarks other than the one that ends the initial events come when they like. */
  lines(lines: readonly string[]): readonly string[] {
    const told = lines.filter((line) => !isPlainBookmark(line));
    return told.length === 0 ? [] : this.body(told.join("\n")).split("\n");
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
  "accept-ranges",
  "content-encoding",
  "content-range",
  "www-authenticate",
  "etag",
  "expires",
  "last-modified",
]);
const day = 24 * hour;

/** The headers a client may look at, in the order they came. */
export function maskHeaders(headers: readonly (readonly [string, string])[]): readonly string[] {
  const kept = headers
    .filter(([name]) => comparedHeaders.has(name))
    .map(([name, value]) => [name, maskDate(name, value)] as const)
    // Two headers of one name, or one with both values: to HTTP they are the same.
    .flatMap(([name, value]) =>
      name === "vary" ? value.split(", ").map((part) => `${name}: ${part}`) : `${name}: ${value}`,
    );
  const names = new Set(headers.map(([name]) => name));
  // Go writes headers sorted; the order of different headers means nothing, that of warnings does.
  const rest = names.has("audit-id") ? ["audit-id: <id>"] : [];
  return [...rest, ...kept].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

/** When a document came to be is the server's own; until when it may be kept follows from when it was asked for. */
function maskDate(name: string, value: string): string {
  const from = Date.parse(value) - Date.now();
  if (name === "last-modified" && value.endsWith("GMT") && from < hour) return "<before>";
  if (name === "expires" && /(?:GMT|UTC)$/.test(value) && Math.abs(from - 365.5 * day) < day)
    return "<in a year>";
  return value;
}

const nameOf = (header: string): string => header.slice(0, header.indexOf(":"));

const isRecent = (value: string): boolean => Math.abs(Date.parse(value) - Date.now()) < hour;
