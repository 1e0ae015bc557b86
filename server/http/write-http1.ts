/** Writes outcomes to HTTP/1.1 responses. */
import type { ServerResponse } from "node:http";
import type { Outcome } from "./pipeline.ts";
import { bodyLength, compressed, shouldCompress } from "./compression.ts";
import { makePausable } from "./pausable-socket.ts";
import type { WriteOptions } from "./stream-writer.ts";
import { runStream } from "./stream-writer.ts";
import { writeParts } from "./write-parts.ts";

/** An answer up to this, with its headers, is taken by the connection at once. */
const smallBytes = 8 * 1024;

/** Writes the whole outcome; the result is settled when a stream ended, at once otherwise. */
export function writeHttp1(
  raw: ServerResponse,
  outcome: Outcome,
  options: WriteOptions,
): Promise<void> | undefined {
  const { response, warnings } = outcome;
  const lines: string[] = [];
  for (const name in response.headers) lines.push(name, response.headers[name] ?? "");
  for (const warning of warnings) lines.push("warning", warning);
  if (options.closing || options.bodyUnread) lines.push("connection", "close");

  if ("stream" in response) {
    raw.writeHead(response.status, lines);
    if (options.isHead) {
      raw.end();
      return undefined;
    }
    makePausable(raw.req.socket);
    raw.flushHeaders();
    return runStream(response.stream, raw, {
      ...options,
      signal: outcome.signal ?? AbortSignal.abort(),
      lasting: outcome.lasting ?? false,
      cut: () => {
        raw.destroy();
      },
      // A response behind another one has no socket yet, and one to HTTP/1.0 no chunks.
      rawSocket: () => (raw.chunkedEncoding ? (raw.socket ?? undefined) : undefined),
    });
  }
  const length = bodyLength(response.body);
  if (length > smallBytes) makePausable(raw.req.socket);
  if (shouldCompress(response, length, options)) {
    lines.push("content-encoding", "gzip", "vary", "Accept-Encoding");
    raw.writeHead(response.status, lines);
    if (options.isHead) raw.end();
    else return compressed(response.body, raw, options.sliceBuffers);
    return undefined;
  }
  lines.push("content-length", String(length));
  raw.writeHead(response.status, lines);
  if (options.isHead) raw.end();
  else if (options.bodyUnread && typeof response.body === "string") endLate(raw, response.body, options);
  // Node would write a text together with the head, and both as UTF-8, though the head is already in bytes.
  else if (typeof response.body === "string") raw.end(Buffer.from(response.body));
  else if (Buffer.isBuffer(response.body)) raw.end(response.body);
  else return writeParts(response.body, length, raw, options.sliceBuffers);
  return undefined;
}

/**
 * Closing a connection while the client is still sending resets it, and the client may lose the answer it has not read
 * yet. So what it sends is thrown away for a moment first.
 */
function endLate(raw: ServerResponse, body: string, { clock, lingerMs }: WriteOptions): void {
  raw.write(Buffer.from(body));
  const end = (): void => {
    cancel();
    raw.end();
  };
  const cancel = clock.setTimeout(end, lingerMs);
  raw.req.once("close", end);
  raw.req.resume();
}
