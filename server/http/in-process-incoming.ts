/** Requests from within the process: the same pipeline without a socket. */
import type { UserInfo } from "../../api/meta/user.ts";
import { requestEntityTooLarge } from "../../api/errors/catalogue.ts";
import type { Incoming } from "./incoming.ts";

export interface InProcessRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Who asks. Absent: the request is authenticated like any other, without a connection to go by. */
  readonly user?: UserInfo;
  readonly signal?: AbortSignal;
}

export class InProcessIncoming implements Incoming {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly remoteAddress = "";
  readonly user?: UserInfo;
  readonly #headers = new Map<string, string>();
  readonly #body: Buffer;
  readonly #signal: AbortSignal | undefined;

  constructor(request: InProcessRequest) {
    this.method = request.method;
    this.url = request.url;
    if (request.user !== undefined) this.user = request.user;
    this.rawHeaders = Object.entries(request.headers ?? {}).flat();
    for (const [name, value] of Object.entries(request.headers ?? {}))
      this.#headers.set(name.toLowerCase(), value);
    this.#body =
      typeof request.body === "string" ? Buffer.from(request.body) : (request.body ?? Buffer.alloc(0));
    this.#signal = request.signal;
  }

  header(name: string): string | undefined {
    return this.#headers.get(name);
  }

  onGone(fn: () => void): void {
    if (this.#signal?.aborted === true) fn();
    else this.#signal?.addEventListener("abort", fn, { once: true });
  }

  async readBody(limit: number): Promise<Buffer> {
    if (this.#body.length > limit) throw requestEntityTooLarge(`limit is ${limit}`);
    return this.#body;
  }
}
