import type { KubeObject } from "../api/meta/types.ts";
import { decodeStored } from "../machinery/json/decode.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { isObject } from "../machinery/json/value.ts";
import { objectOf, statusError } from "./answer.ts";
import type { WatchEvent } from "./client.ts";

const newline = 0x0a;

/** Splits a stream of chunks at newlines, over bytes, so that a character cut between two chunks is whole again. */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      const line = bytes.subarray(start, end);
      yield rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
      start = end + 1;
    }
    if (start < bytes.length) rest.push(bytes.subarray(start));
  }
  // What follows the last newline is a frame cut off by a broken connection: not an event.
}

/** The events of a watch answer. An ERROR event ends it as the ApiError it carries. */
export async function* watchEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent> {
  for await (const line of lines(chunks)) {
    if (line.length > 0) yield eventOf(decodeStored(line));
  }
}

function eventOf(frame: JsonValue): WatchEvent {
  if (!isObject(frame) || !isObject(frame["object"])) throw new Error("a watch frame without an object");
  if (frame["type"] === "ERROR") throw statusError(frame["object"]);
  const object: KubeObject = objectOf(frame["object"]);
  return { type: frame["type"] as WatchEvent["type"], object };
}
