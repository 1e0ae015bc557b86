/** Writes outcomes to HTTP/2 streams, below Node's compatibility layer. */
import type { OutgoingHttpHeaders } from "node:http";
import { constants } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import type { Outcome } from "./pipeline.ts";
import { bodyLength, compressed, shouldCompress } from "./compression.ts";
import type { WriteOptions } from "./stream-writer.ts";
import { runStream } from "./stream-writer.ts";
import { writeParts } from "./write-parts.ts";

/** Writes the whole outcome; the result is settled when a stream ended, at once otherwise. */
export function writeHttp2(
  raw: ServerHttp2Stream,
  outcome: Outcome,
  options: WriteOptions,
): Promise<void> | undefined {
  if (raw.destroyed || raw.closed) return undefined;
  // What nobody reads would keep the stream half open until the client has sent all of it, which it may never do.
  if (options.bodyUnread) {
    raw.once("finish", () => {
      raw.close(constants.NGHTTP2_NO_ERROR);
    });
  }
  const { response, warnings } = outcome;
  const headers: OutgoingHttpHeaders = { ":status": response.status };
  for (const name in response.headers) {
    // HTTP/2 has no connection headers; kube-apiserver sends GOAWAY instead.
    if (name !== "connection") headers[name] = response.headers[name];
  }
  if (warnings.length > 0) Object.assign(headers, { warning: [...warnings] });

  if ("stream" in response) {
    raw.respond(headers, { endStream: options.isHead });
    if (options.isHead) return undefined;
    return runStream(response.stream, raw, {
      ...options,
      signal: outcome.signal ?? AbortSignal.abort(),
      lasting: outcome.lasting ?? false,
      cut: () => {
        // close() would send the end of the body before the reset.
        raw.destroy(new Error("the response could not be completed"));
      },
    });
  }
  const length = bodyLength(response.body);
  if (shouldCompress(response, length, options)) {
    headers["content-encoding"] = "gzip";
    addVary(headers);
    raw.respond(headers, { endStream: options.isHead });
    return options.isHead ? undefined : compressed(response.body, raw, options.sliceBuffers);
  }
  headers["content-length"] = length;
  raw.respond(headers, { endStream: options.isHead || length === 0 });
  if (options.isHead || length === 0) return undefined;
  if (typeof response.body === "string" || Buffer.isBuffer(response.body)) raw.end(response.body);
  else return writeParts(response.body, length, raw, options.sliceBuffers);
  return undefined;
}

/** Adds to what the answer depends on that it is compressed for some. */
function addVary(headers: OutgoingHttpHeaders): void {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "vary") ?? "vary";
  const known = headers[name];
  if (known === undefined) headers[name] = "Accept-Encoding";
  else if (!String(known).includes("Accept-Encoding")) headers[name] = `Accept-Encoding, ${String(known)}`;
}
