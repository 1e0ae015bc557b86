/**
 * The frames of a watch in JSON: `{"type":…,"object":…}` and a newline. A frame of one event in one form is made once and
 * shared by all watchers of that form.
 */
import { encodeJson, encodeOrdered } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { toStatus } from "../../api/errors/status.ts";
import { setMeta } from "../handlers/object-metadata.ts";
import type { Transform } from "../negotiation/accept.ts";
import { looseObject } from "../printers/loose-object.ts";
import { objectBytes, objectCells, partialBytes, passingPartialBytes } from "../printers/object-bytes.ts";
import { printCells } from "../printers/columns.ts";
import type { IncludeObject } from "../printers/table.ts";
import { encodeTypedMetadata } from "../printers/typed-metadata.ts";
import { bookmarkCells, tableHead, tableTail } from "../printers/table.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { recentFrame } from "./recent-frames.ts";

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

/** Encodes the events of one watch. */
export interface FrameEncoder {
  event(type: EventType, object: CachedObject): Buffer;
  /** About how many bytes that frame has. */
  sizeOf(object: CachedObject): number;
  /** `isInitialEnd`: the one that closes the initial events. */
  bookmark(revision: number, isInitialEnd: boolean): Buffer;
  /** The frame that ends a watch. */
  error(error: unknown): Buffer;
}

/** About how many bytes are sent of an object whose metadata alone is told; managed fields are what makes it much. */
export const metadataSize = (object: CachedObject): number => Math.min(object.json.length, 4096);
const wholeSize = (object: CachedObject): number => object.json.length;

const frameEnd = Buffer.from("}\n");
const frameStart = (type: string): string => `{"type":"${type}","object":`;

/** The encoder of a form; a Table encoder belongs to one watch, as only its first frame has column definitions. */
export function frameEncoder(
  version: ServedVersion,
  transform: Transform | undefined,
  table: { readonly include: IncludeObject; readonly now: () => Date },
): FrameEncoder {
  if (transform === undefined) return jsonFrames(version);
  if (transform.kind === "Table") return tableFrames(version, transform.version, table);
  if (transform.kind === "PartialObjectMetadataList") return noFrames(errorFrame);
  return partialFrames(version, transform.version);
}

/** Thrown in place of a frame: the form that was asked for has none, and the watch ends without a word. */
export class NoFrameError extends Error {
  override readonly name = "NoFrameError";
}

/**
 * The encoder of a list, which no object of an event is. kube-apiserver opens such a watch and ends it at its first event
 * or bookmark; an error is told.
 */
export function noFrames(error: FrameEncoder["error"]): FrameEncoder {
  const refuse = (): never => {
    throw new NoFrameError("the object of an event is no list");
  };
  return { event: refuse, sizeOf: metadataSize, bookmark: refuse, error };
}

function jsonFrames(version: ServedVersion): FrameEncoder {
  return {
    event: (type, object) =>
      recentFrame(version, object, `${type}/json`, () =>
        Buffer.concat([Buffer.from(frameStart(type)), objectBytes(version, object), frameEnd]),
      ),
    sizeOf: wholeSize,
    bookmark: (revision, isInitialEnd) =>
      Buffer.from(`${frameStart("BOOKMARK")}${plainBookmark(version, revision, isInitialEnd)}}\n`),
    error: errorFrame,
  };
}

/** The metadata of a bookmark. */
export const bookmarkMetadata = (revision: number, isInitialEnd: boolean): JsonObject => ({
  ...(isInitialEnd ? { annotations: { [initialEventsEnd]: "true" } } : {}),
  resourceVersion: String(revision),
});

function plainBookmark(version: ServedVersion, revision: number, isInitialEnd: boolean): string {
  return encodeJson({
    apiVersion: version.apiVersion,
    kind: version.gvk.kind,
    metadata: bookmarkMetadata(revision, isInitialEnd),
  });
}

const initialEventsEnd = "k8s.io/initial-events-end";

function partialBookmark(revision: number, isInitialEnd: boolean, metaVersion: string): string {
  const metadata = encodeTypedMetadata(bookmarkMetadata(revision, isInitialEnd));
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${metaVersion}","metadata":${metadata}}`;
}

function partialFrames(version: ServedVersion, metaVersion: string): FrameEncoder {
  return {
    event: (type, object) =>
      recentFrame(version, object, `${type}/partial-${metaVersion}`, () =>
        Buffer.concat([
          Buffer.from(frameStart(type)),
          passingPartialBytes(version, object, metaVersion),
          frameEnd,
        ]),
      ),
    sizeOf: metadataSize,
    bookmark: (revision, isInitialEnd) =>
      Buffer.from(`${frameStart("BOOKMARK")}${partialBookmark(revision, isInitialEnd, metaVersion)}}\n`),
    error: errorFrame,
  };
}

function tableFrames(
  version: ServedVersion,
  metaVersion: string,
  table: { readonly include: IncludeObject; readonly now: () => Date },
): FrameEncoder {
  let columns: ServedVersion["columns"] | undefined = version.columns;
  const head = (type: string, resourceVersion: string): string =>
    frameStart(type) + tableHead(columns, { resourceVersion, continue: "" }, metaVersion);
  const rowObject = (object: CachedObject): Buffer => {
    if (table.include === "None") return Buffer.from("null");
    return table.include === "Object"
      ? objectBytes(version, object)
      : partialBytes(version, object, metaVersion);
  };
  return {
    event(type, object) {
      // Who watches the same gets the same within the same second, for ages are told in seconds at best.
      const now = Math.floor(table.now().getTime() / 1000) * 1000;
      const part = columns === undefined ? "" : "first";
      const form = `${type}/Table-${metaVersion}/${table.include}/${part}/${String(now)}`;
      const frame = recentFrame(version, object, form, () => {
        const cells = printCells(objectCells(version, object), now);
        return Buffer.concat([
          Buffer.from(`${head(type, String(object.revision))}{"cells":[${cells}],"object":`),
          rowObject(object),
          Buffer.from(`}${tableTail}}\n`),
        ]);
      });
      columns = undefined;
      return frame;
    },
    sizeOf: table.include === "Object" ? wholeSize : metadataSize,
    bookmark(revision, isInitialEnd) {
      const object =
        table.include === "Object"
          ? plainBookmark(version, revision, isInitialEnd)
          : partialBookmark(revision, isInitialEnd, metaVersion);
      const row = `{"cells":[${bookmarkCells(version.columns, { apiVersion: version.apiVersion, kind: version.gvk.kind, metadata: {} })}],"object":${object}}`;
      const frame = Buffer.from(`${head("BOOKMARK", String(revision))}${row}${tableTail}}\n`);
      columns = undefined;
      return frame;
    },
    error: errorFrame,
  };
}

/** The state an object had when it still matched, with the revision of the event that ended it. */
export function departed(previous: CachedObject, now: CachedObject): CachedObject {
  return now.memo(
    "departed",
    () => {
      const object = previous.decode();
      setMeta(object, "resourceVersion", String(now.revision));
      return keeping(looseObject(object));
    },
    // Decoded, and the forms it keeps.
    () => 4 * previous.json.length,
  );
}

/** Keeps encoded forms, which loose objects do not. */
function keeping(object: CachedObject): CachedObject {
  const forms = new Map<string, Buffer>();
  const memos = new Map<string, unknown>();
  const { key, namespace, name, uid, revision, labels, json, settledBy } = object;
  const kept: CachedObject = {
    ...{ key, namespace, name, uid, revision, labels, json, settledBy },
    decode: () => object.decode(),
    bytes(form, encode) {
      const bytes = forms.get(form) ?? encode(kept);
      forms.set(form, bytes);
      return bytes;
    },
    kept: (form) => forms.get(form),
    memo<T>(name: string, compute: (object: CachedObject) => T): T {
      if (!memos.has(name)) memos.set(name, compute(kept));
      return memos.get(name) as T;
    },
  };
  return kept;
}

function errorFrame(error: unknown): Buffer {
  return Buffer.from(`${frameStart("ERROR")}${encodeOrdered(toStatus(error) as unknown as JsonValue)}}\n`);
}
