import { decodeJson } from "../../machinery/json/decode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { StreamResponse, StreamSink } from "../http/api-request.ts";

/** One frame of a watch. */
export interface WatchFrame {
  readonly type: string;
  readonly object: JsonObject;
}

/** Reads a watch the way a client does. */
export interface WatchReader {
  readonly headers: Readonly<Record<string, string>>;
  /** Everything received so far, as bytes of text. */
  text(): string;
  bytes(): Buffer;
  frames(): WatchFrame[];
  /** `ADDED a@5`, `BOOKMARK @7`: what happened, for comparing sequences. */
  summary(): string[];
  /** Takes no more until `resume`; what the server writes meanwhile counts as buffered. */
  pause(): void;
  resume(): void;
  readonly isOver: boolean;
  /** Fulfilled when the server ended the watch. */
  readonly ended: Promise<void>;
  /** Goes away, as a client that closes its connection. */
  stop(): Promise<void>;
}

/** Starts reading the stream. */
export function watchReader(response: StreamResponse, abort: AbortController, paused: boolean): WatchReader {
  const chunks: Buffer[] = [];
  let isPaused = paused;
  let buffered = 0;
  let isOver = false;
  let drain: (() => void) | undefined;
  const sink: StreamSink = {
    write(chunk) {
      chunks.push(chunk);
      if (isPaused) buffered += chunk.length;
      return !isPaused;
    },
    onDrain(fn) {
      drain = fn;
    },
    get bufferedBytes() {
      return buffered;
    },
    signal: abort.signal,
  };
  const ended = response.stream(sink).then(() => {
    isOver = true;
  });
  const text = (): string => Buffer.concat(chunks).toString("utf8");
  const frames = (): WatchFrame[] =>
    text()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => decodeJson(line).value as unknown as WatchFrame);
  return {
    headers: response.headers,
    text,
    bytes: () => Buffer.concat(chunks),
    frames,
    summary: () => frames().map(summarize),
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      buffered = 0;
      const fn = drain;
      drain = undefined;
      fn?.();
    },
    get isOver() {
      return isOver;
    },
    ended,
    async stop() {
      abort.abort();
      await ended;
    },
  };
}

function summarize({ type, object }: WatchFrame): string {
  const text = (...path: string[]): string => {
    const value = getPath(object, ...path);
    return typeof value === "string" ? value : "";
  };
  if (type === "ERROR") return `ERROR ${text("reason")}`;
  const end =
    getPath(object, "metadata", "annotations", "k8s.io/initial-events-end") === undefined ? "" : " end";
  return `${type} ${text("metadata", "name")}@${text("metadata", "resourceVersion")}${type === "BOOKMARK" ? end : ""}`;
}
