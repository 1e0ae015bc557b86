/**
 * The frames of a watch of metadata in protobuf: the length in four bytes, then the event, in which the object stands in
 * its envelope.
 */
import { toStatus } from "../../api/errors/status.ts";
import type { Transform } from "../negotiation/accept.ts";
import { partialMessage } from "../printers/object-bytes.ts";
import { typedMessage } from "../printers/protobuf.ts";
import { encodePartialMetadata } from "../protobuf/encode-metadata.ts";
import { encodeStatus } from "../protobuf/encode-status.ts";
import { message } from "../protobuf/writer.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { FrameEncoder } from "./frames.ts";
import { bookmarkMetadata, metadataSize, noFrames } from "./frames.ts";
import { recentFrame } from "./recent-frames.ts";

/** The encoder of metadata in protobuf. */
export function protobufFrames(version: ServedVersion, transform: Transform): FrameEncoder {
  if (transform.kind === "PartialObjectMetadataList") return noFrames(errorFrame);
  return {
    event: (type, object) =>
      recentFrame(version, object, `${type}/protobuf-${transform.version}`, () =>
        frame(type, typedMessage(transform, partialMessage(version, object))),
      ),
    sizeOf: metadataSize,
    bookmark: (revision, isInitialEnd) => {
      const message = encodePartialMetadata(bookmarkMetadata(revision, isInitialEnd));
      return frame("BOOKMARK", typedMessage(transform, message));
    },
    error: errorFrame,
  };
}

const errorFrame = (error: unknown): Buffer => frame("ERROR", encodeStatus(toStatus(error)));

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
