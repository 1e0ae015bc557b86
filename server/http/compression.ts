/** gzip for large bodies, under the conditions kube-apiserver has. */
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import type { BytesResponse } from "./api-request.ts";
import type { WriteOptions } from "./stream-writer.ts";
import type { SliceBuffers } from "./write-parts.ts";
import { writeParts } from "./write-parts.ts";

type Body = BytesResponse["body"];

/** Whether one of the tokens is exactly `gzip`; a token with a quality is not. */
function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  return acceptEncoding === "gzip" || acceptEncoding.split(",").some((token) => token.trim() === "gzip");
}

/** Whether a response with a body of this length goes out packed. */
export function shouldCompress(
  { isNeverCompressed = false }: Pick<BytesResponse, "isNeverCompressed">,
  length: number,
  { gzipAboveBytes, acceptEncoding }: Pick<WriteOptions, "gzipAboveBytes" | "acceptEncoding">,
): boolean {
  if (isNeverCompressed || gzipAboveBytes === undefined || length <= gzipAboveBytes) return false;
  return acceptsGzip(acceptEncoding);
}

export function bodyLength(body: Body): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  if (Buffer.isBuffer(body)) return body.length;
  return body.reduce((sum, part) => sum + part.length, 0);
}

/** Of what is packed, so much is handed on at a time. */
const packedBytes = 64 * 1024;

/**
 * Compresses the body into the destination and ends it; a client that went away on the way is no failure. The packing
 * is done elsewhere than on this thread, and going there costs more than packing one object: so slices go.
 */
export async function compressed(
  body: Body,
  to: NodeJS.WritableStream,
  buffers: SliceBuffers,
): Promise<void> {
  const parts = typeof body === "string" ? [Buffer.from(body)] : Buffer.isBuffer(body) ? [body] : body;
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: packedBytes });
  const packed = pipeline(gzip, to);
  try {
    await Promise.all([writeParts(parts, bodyLength(parts), gzip, buffers), packed]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}
