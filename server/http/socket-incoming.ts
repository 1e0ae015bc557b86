/** Requests from sockets, HTTP/1.1 and HTTP/2 alike. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { TLSSocket } from "node:tls";
import { badRequest, requestEntityTooLarge } from "../../api/errors/catalogue.ts";
import type { WorkTurns } from "../../machinery/queue/work-turns.ts";
import type { TlsPeer } from "../authn/tls-peer.ts";
import { tlsPeer } from "../authn/tls-peer.ts";
import type { Incoming } from "./incoming.ts";

export type RawRequest = IncomingMessage | Http2ServerRequest;
export type RawResponse = ServerResponse | Http2ServerResponse;

/** Node drains an unread body by itself; more than this is not worth it, the connection is closed instead. */
const worthDraining = 256 * 1024;

/** Keeps what is known about a connection as long as it lives. */
export class PeerCache {
  readonly #peers = new WeakMap<object, TlsPeer>();

  peerOf(raw: RawRequest): TlsPeer {
    const key: object = "stream" in raw ? (raw.stream.session ?? raw.stream) : raw.socket;
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      peer = tlsPeer(raw.socket as TLSSocket);
      this.#peers.set(key, peer);
    }
    return peer;
  }
}

/** What all requests of a server have together. */
interface Shared {
  readonly peers: PeerCache;
  /** When the work on a body may begin. */
  readonly turns: WorkTurns;
}

export class SocketIncoming implements Incoming {
  readonly method: string;
  readonly url: string;
  readonly #raw: RawRequest;
  readonly #response: RawResponse;
  readonly #peers: PeerCache;
  readonly #turns: WorkTurns;

  constructor(raw: RawRequest, response: RawResponse, { peers, turns }: Shared) {
    this.#raw = raw;
    this.#response = response;
    this.#peers = peers;
    this.#turns = turns;
    this.method = raw.method ?? "GET";
    this.url = raw.url ?? "/";
  }

  get rawHeaders(): readonly string[] {
    return this.#raw.rawHeaders;
  }

  get peer(): TlsPeer {
    return this.#peers.peerOf(this.#raw);
  }

  get remoteAddress(): string {
    return this.#raw.socket.remoteAddress ?? "";
  }

  header(name: string): string | undefined {
    const value = this.#raw.headers[name];
    return typeof value === "object" ? value.join(", ") : value;
  }

  /** Whether so much of the body is left that the connection, or the stream of HTTP/2, should not be used again. */
  get leavesBody(): boolean {
    if ("stream" in this.#raw) return !this.#raw.stream.endAfterHeaders && !this.#raw.complete;
    if (this.#raw.complete || this.method === "GET" || this.method === "HEAD") return false;
    const length = this.header("content-length");
    if (length === undefined) return this.header("transfer-encoding") !== undefined;
    return Number(length) > worthDraining;
  }

  onGone(fn: () => void): void {
    const response = this.#response;
    // Node ends a reset HTTP/2 stream by itself, so only HTTP/1.1 can tell a complete response by its end.
    if ("stream" in response) response.stream.once("close", fn);
    else {
      response.once("close", () => {
        if (!response.writableFinished) fn();
      });
    }
  }

  /** Bodies that arrive together are handed out a few at a time: what is made of each keeps the thread for a while. */
  async readBody(limit: number): Promise<Buffer> {
    const body = await this.#read(limit);
    const turn = this.#turns.begin();
    if (turn !== undefined) await turn;
    return body;
  }

  #read(limit: number): Promise<Buffer> {
    // Made only when needed: an error remembers where it came from, which takes its time.
    const tooLarge = (): Error => requestEntityTooLarge(`limit is ${limit}`);
    const announced = this.header("content-length");
    if (announced !== undefined && Number(announced) > limit) return Promise.reject(tooLarge());
    const raw = this.#raw;
    return new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const onData = (chunk: Buffer): void => {
        size += chunk.length;
        if (size > limit) {
          raw.off("data", onData);
          raw.pause();
          reject(tooLarge());
          return;
        }
        chunks.push(chunk);
      };
      let isRead = false;
      // Every request is closed in the end, most of them long after they were read.
      const onBroken = (): void => {
        if (!isRead) reject(badRequest("the body of the request ended early"));
      };
      raw.on("data", onData);
      raw.once("end", () => {
        isRead = true;
        const [first] = chunks;
        resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size));
      });
      raw.once("error", onBroken);
      raw.once("close", onBroken);
    });
  }
}
