import { isUtf8 } from "node:buffer";
import type { JsonPath, StrictProblem } from "./parser.ts";
import { JsonParser } from "./parser.ts";
import type { JsonValue } from "./value.ts";

/**
 * JSON as the API reads it. JSON.parse is not enough for data from clients: it drops duplicate keys silently, rounds
 * integers above 2^53 and words its errors differently from Go. What this server wrote itself is read by
 * `decodeStored`, which uses JSON.parse where its result is known to be the same.
 */

export { JsonSyntaxError } from "./syntax-error.ts";

/** Deeper nesting than this is refused unless the caller says otherwise; recursion elsewhere relies on it. */
export const DEFAULT_MAX_DEPTH = 1000;

/** What is stored nests a little deeper than what clients send: managed fields repeat the path of every field. */
const STORED_MAX_DEPTH = 2 * DEFAULT_MAX_DEPTH;

export interface DecodedJson {
  readonly value: JsonValue;
  /** Paths such as `spec.items[0].q` of keys that occurred twice, each once, in order of occurrence; at most 100. */
  readonly duplicates: string[];
  /** The same among the keys that `isKnown` did not know. */
  readonly problems: readonly StrictProblem[];
}

export interface DecodeOptions {
  readonly maxDepth?: number;
  /** Whether a key is one the reader knows; without it all are. */
  readonly isKnown?: (path: JsonPath) => boolean;
}

/**
 * Decodes one JSON document. The last of several equal keys wins. Integers beyond 2^53 become bigint, beyond int64
 * floats. Invalid UTF-8 and lone surrogates become U+FFFD. Throws JsonSyntaxError.
 */
export function decodeJson(input: string | Buffer, options: DecodeOptions = {}): DecodedJson {
  const parser = new JsonParser(
    typeof input === "string" ? input : decodeUtf8(input),
    options.maxDepth ?? DEFAULT_MAX_DEPTH,
    options,
  );
  const value = parser.document();
  const { problems } = parser;
  const duplicates = problems.filter(({ what }) => what === "duplicate").map(({ path }) => path);
  return { value, duplicates, problems };
}

/** In an object: sixteen digits may be an integer JSON.parse would round. Within a string this costs time, no more. */
const unusualNumber = /[:,[\s]-?[0-9]{16}|[:,[\s]-0(?![.0-9eE])/;

/** An escape could hide `__proto__`. */
const needsParser = (text: string): boolean =>
  !text.startsWith("{") || text.includes("__proto__") || /\\u005[fF]/.test(text) || unusualNumber.test(text);

/** Decodes bytes an API server encoded: valid, without duplicate keys. Faster than decodeJson. */
export function decodeStored(bytes: Buffer): JsonValue {
  const text = bytes.toString("utf8");
  return needsParser(text)
    ? decodeJson(text, { maxDepth: STORED_MAX_DEPTH }).value
    : (JSON.parse(text) as JsonValue);
}

/** Whether the value nests deeper than decodeJson would let it. Patches can build what no client could send. */
export function isTooDeep(value: JsonValue, maxDepth = DEFAULT_MAX_DEPTH): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (maxDepth === 0) return true;
  return Object.values(value).some((member) => isTooDeep(member, maxDepth - 1));
}

/** UTF-8 to text, with one U+FFFD for every byte that does not belong to a character, as Go decodes it. */
export const decodeUtf8 = (bytes: Buffer): string => utf8Text(bytes, () => "\ufffd");

/**
 * UTF-8 to text in which a byte that does not belong to a character is the lone surrogate U+DC00 and the byte: no text
 * has it, JSON is written with U+FFFD for it, and goQuote shows the byte.
 */
export const decodeKeepingBytes = (bytes: Buffer): string =>
  utf8Text(bytes, (byte) => String.fromCharCode(0xdc00 + byte));

function utf8Text(bytes: Buffer, instead: (byte: number) => string): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const parts: string[] = [];
  let from = 0;
  let i = 0;
  while (i < bytes.length) {
    const size = sequenceLength(bytes, i);
    if (size > 0) {
      i += size;
      continue;
    }
    parts.push(bytes.toString("utf8", from, i), instead(bytes[i] ?? 0));
    i += 1;
    from = i;
  }
  parts.push(bytes.toString("utf8", from));
  return parts.join("");
}

/** The length of the valid UTF-8 sequence at `at`, 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  return size > 0 && at + size <= bytes.length && isUtf8(bytes.subarray(at, at + size)) ? size : 0;
}
