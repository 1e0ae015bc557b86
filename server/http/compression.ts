/** gzip for large bodies, under the conditions kube-apiserver has. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";

type Body = Buffer | string | readonly Buffer[];

/** Whether one of the tokens is exactly `gzip`; a token with a quality is not. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  return acceptEncoding === "gzip" || acceptEncoding.split(",").some((token) => token.trim() === "gzip");
}

export function shouldCompress(length: number, aboveBytes: number | undefined): boolean {
  return aboveBytes !== undefined && length > aboveBytes;
}

export function bodyLength(body: Body): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  if (Buffer.isBuffer(body)) return body.length;
  return body.reduce((sum, part) => sum + part.length, 0);
}

/** Compresses the body into the destination and ends it; a client that went away on the way is no failure. */
export async function compressed(body: Body, to: NodeJS.WritableStream): Promise<void> {
  const parts = typeof body === "string" ? [Buffer.from(body)] : Buffer.isBuffer(body) ? [body] : body;
  try {
    await pipeline(Readable.from(parts), createGzip({ level: constants.Z_BEST_SPEED }), to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}
