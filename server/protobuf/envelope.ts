import { bytesOf, ProtobufError, readFields, textOf } from "./reader.ts";
import { message } from "./writer.ts";

const magic = Buffer.from("k8s\0", "latin1");

/** What every object in protobuf is wrapped in: its type, and the message itself. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

/** Reads the wrapper. Throws ProtobufError in the words of kube-apiserver. */
export function readEnvelope(bytes: Buffer): Envelope {
  if (bytes.length === 0) throw new ProtobufError("empty data");
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw new ProtobufError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  if (bytes.length === magic.length) throw new ProtobufError("empty body");
  let apiVersion = "";
  let kind = "";
  let raw = Buffer.alloc(0);
  for (const field of readFields(bytes.subarray(magic.length))) {
    if (field.number === 1) {
      for (const part of readFields(bytesOf(field))) {
        if (part.number === 1) apiVersion = textOf(part);
        if (part.number === 2) kind = textOf(part);
      }
    }
    if (field.number === 2) raw = Buffer.from(bytesOf(field));
  }
  return { apiVersion, kind, raw };
}

/** Wraps a message as kube-apiserver does: how it is encoded and of what type it is are there, and empty. */
export function writeEnvelope({ apiVersion, kind, raw }: Envelope): Buffer {
  const type = message((w) => {
    w.bytes(1, apiVersion);
    w.bytes(2, kind);
  });
  const unknown = message((w) => {
    w.bytes(1, type);
    w.bytes(2, raw);
    w.bytes(3, "");
    w.bytes(4, "");
  });
  return Buffer.concat([magic, unknown]);
}
