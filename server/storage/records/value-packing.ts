import { isUtf8 } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";

/** A value as a record holds it. */
export interface PackedValue {
  readonly value: string;
  readonly encoding: Encoding;
}

type Encoding = "text" | "base64" | "gzip";

/** From about here the host's processor time that compressing saves is worth more than that people can read it. */
const compressFrom = 4 * 1024;
/** No value this server wrote is larger: requests are not. */
const maxUnpackedBytes = 64 * 1024 * 1024;

/**
 * Small text stays readable, large values are compressed: the host's etcd takes 1.5 MiB in a request, less than this
 * server takes from a client.
 */
export function packValue(value: Buffer): PackedValue {
  if (value.length >= compressFrom) {
    return { value: gzipSync(value, { level: 1 }).toString("base64"), encoding: "gzip" };
  }
  return isUtf8(value)
    ? { value: value.toString("utf8"), encoding: "text" }
    : { value: value.toString("base64"), encoding: "base64" };
}

/** The reverse of packValue; throws when the value is damaged or packed in a way this version does not know. */
export function unpackValue({ value, encoding }: { value: string; encoding: string }): Buffer {
  switch (encoding) {
    case "text":
      return own(Buffer.from(value));
    case "base64":
      return own(Buffer.from(value, "base64"));
    case "gzip":
      return gunzipSync(Buffer.from(value, "base64"), { maxOutputLength: maxUnpackedBytes });
    default:
      throw new Error(`values packed as ${encoding} cannot be read`);
  }
}

/** Values are kept for long: a slice of Node's shared pool would keep its neighbours alive too. */
function own(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
