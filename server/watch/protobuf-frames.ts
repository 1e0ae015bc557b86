/**
 * The frames of a watch of metadata in protobuf: the length in four bytes, then the event, in which the object stands in
 * its envelope.
 */
import { toStatus } from "../../api/errors/status.ts";
import type { Transform } from "../negotiation/accept.ts";
import { partialMessage } from "../printers/object-bytes.ts";
import { noMessage, typedMessage } from "../printers/protobuf.ts";
import { encodePartialMetadata } from "../protobuf/encode-metadata.ts";
import { encodeStatus } from "../protobuf/encode-status.ts";
import { message } from "../protobuf/writer.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { FrameEncoder } from "./frames.ts";
import { bookmarkMetadata } from "./frames.ts";

/** The encoder of a transformation in protobuf. A Table has no message, so that its watch ends with the first event. */
export function protobufFrames(version: ServedVersion, transform: Transform): FrameEncoder {
  const raw = (encode: () => Buffer): Buffer => {
    if (transform.kind === "Table") throw noMessage();
    return typedMessage(transform, encode());
  };
  return {
    event: (type, object) =>
      object.bytes(`frame/${type}/protobuf-${transform.version}/${version.name}`, () =>
        frame(
          type,
          raw(() => partialMessage(version, object)),
        ),
      ),
    bookmark: (revision, isInitialEnd) =>
      frame(
        "BOOKMARK",
        raw(() => encodePartialMetadata(bookmarkMetadata(revision, isInitialEnd))),
      ),
    error: (error) => frame("ERROR", encodeStatus(toStatus(error))),
  };
}

function frame(type: string, object: Buffer): Buffer {
  const extension = message((w) => {
    w.bytes(1, object);
  });
  const event = message((w) => {
    w.bytes(1, type);
    w.bytes(2, extension);
  });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}
