import { encodeJson } from "../../../machinery/json/encode.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import { StorageError } from "../store.ts";
import type { CachedObject } from "./types.ts";

/**
 * The bytes of an object in the store: canonical JSON of the storage version without metadata.resourceVersion, which
 * only the commit decides. It is put in at byte level when the commit is known, so an object is encoded once.
 */

/** The bytes to store. The object is not changed. */
export function encodeStored(object: JsonObject): Buffer {
  const metadata = getKey(object, "metadata");
  if (!isObject(metadata) || !Object.hasOwn(metadata, "resourceVersion")) return toBuffer(encodeJson(object));
  const bare = { ...metadata };
  delete bare["resourceVersion"];
  return toBuffer(encodeJson({ ...object, metadata: bare }));
}

/** Stored bytes are kept for long: a slice of Node's shared pool would keep its neighbours alive too. */
function toBuffer(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** A copy of stored bytes with the resourceVersion at its place in key order. */
export function withResourceVersion(key: string, stored: Buffer, revision: number): Buffer {
  const at = findPlace(stored);
  if (at === undefined)
    throw new StorageError("Corrupt", key, `the stored value of ${key} is not an object with metadata`);
  const field = `${at.leadingComma ? "," : ""}"resourceVersion":"${revision}"${at.trailingComma ? "," : ""}`;
  const out = Buffer.allocUnsafeSlow(stored.length - (at.end - at.start) + field.length);
  stored.copy(out, 0, 0, at.start);
  out.write(field, at.start, "latin1");
  stored.copy(out, at.start + field.length, at.end);
  return out;
}

/** Whether these are the stored bytes of the object. */
export function isStoredAs(
  { key, json, revision }: Pick<CachedObject, "key" | "json" | "revision">,
  stored: Buffer,
): boolean {
  // The field is never shorter; most changes show in the length.
  if (json.length <= stored.length || json.length - stored.length > longestField) return false;
  return withResourceVersion(key, stored, revision).equals(json);
}

const longestField = `,"resourceVersion":"${Number.MAX_SAFE_INTEGER}"`.length;

/**
 * The metadata within the bytes of an object of this apiVersion, found without reading what stands behind them; undefined
 * where that has to be read.
 */
export function metadataBytes(bytes: Buffer, apiVersion: string): Buffer | undefined {
  const start = `{"apiVersion":"${apiVersion}",`;
  if (bytes.toString("latin1", 0, start.length) !== start) return undefined;
  for (let at = start.length; bytes[at] === quote; at++) {
    const keyEnd = skipString(bytes, at);
    const valueEnd = skipValue(bytes, keyEnd + 1);
    if (compareWithin(bytes, at + 1, keyEnd - 1, metadataKey) === 0) {
      return bytes[keyEnd + 1] === openBrace ? bytes.subarray(keyEnd + 1, valueEnd) : undefined;
    }
    if (bytes[valueEnd] !== comma) return undefined;
    at = valueEnd;
  }
  return undefined;
}

interface Place {
  /** The bytes from start to end are replaced by the field. */
  readonly start: number;
  readonly end: number;
  readonly leadingComma: boolean;
  readonly trailingComma: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const metadataKey = Buffer.from("metadata");
const versionKey = Buffer.from("resourceVersion");

function findPlace(bytes: Buffer): Place | undefined {
  if (bytes[0] !== openBrace) return undefined;
  for (let at = 1; bytes[at] === quote; at++) {
    const keyEnd = skipString(bytes, at);
    const valueEnd = skipValue(bytes, keyEnd + 1);
    if (compareWithin(bytes, at + 1, keyEnd - 1, metadataKey) === 0) {
      return bytes[keyEnd + 1] === openBrace ? placeIn(bytes, keyEnd + 1) : undefined;
    }
    if (bytes[valueEnd] !== comma) return undefined;
    at = valueEnd;
  }
  return undefined;
}

/** `open` is the brace of the metadata object. */
function placeIn(bytes: Buffer, open: number): Place | undefined {
  let at = open + 1;
  if (bytes[at] === closeBrace) return { start: at, end: at, leadingComma: false, trailingComma: false };
  for (;;) {
    if (bytes[at] !== quote) return undefined;
    const keyEnd = skipString(bytes, at);
    const order = compareWithin(bytes, at + 1, keyEnd - 1, versionKey);
    if (order > 0) return { start: at, end: at, leadingComma: false, trailingComma: true };
    const valueEnd = skipValue(bytes, keyEnd + 1);
    if (order === 0) return { start: at, end: valueEnd, leadingComma: false, trailingComma: false };
    if (bytes[valueEnd] === closeBrace) {
      return { start: valueEnd, end: valueEnd, leadingComma: true, trailingComma: false };
    }
    if (bytes[valueEnd] !== comma) return undefined;
    at = valueEnd + 1;
  }
}

/** Buffer.compare for a few bytes: its call costs more than the work. */
function compareWithin(bytes: Buffer, from: number, to: number, other: Buffer): number {
  const length = Math.min(to - from, other.length);
  for (let i = 0; i < length; i++) {
    const difference = (bytes[from + i] ?? 0) - (other[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return to - from - other.length;
}

/** The position after the string that starts at `at`. */
function skipString(bytes: Buffer, at: number): number {
  let i = at + 1;
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
  return i + 1;
}

/** The position after the value that starts at `at`. */
function skipValue(bytes: Buffer, at: number): number {
  let depth = 0;
  let i = at;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte === quote) {
      i = skipString(bytes, i);
      if (depth === 0) return i;
      continue;
    }
    if (byte === openBrace || byte === 0x5b) depth++;
    else if (byte === closeBrace || byte === 0x5d) {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (byte === comma && depth === 0) return i;
    i++;
  }
  return i;
}
