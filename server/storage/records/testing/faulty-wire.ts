import type { Transport, TransportRequest, TransportResponse } from "../../../../cluster/transport.ts";

/** What becomes of a request on a bad day. */
export type Fault =
  /** It never arrives. */
  | { readonly kind: "drop" }
  /** The host does it, the answer is lost. */
  | { readonly kind: "lose answer" }
  /** It arrives later than its sender waits. */
  | { readonly kind: "delay"; readonly until: Promise<unknown> }
  /** Answered without the host, or, when `after` is set, after the host did it. */
  | {
      readonly kind: "answer";
      readonly code: number;
      readonly reason: string;
      readonly after?: boolean;
      readonly retryAfterSeconds?: number;
    };

/** Decides over each request; undefined lets it pass. */
export type FaultPlan = (request: TransportRequest) => Fault | undefined;

/** A transport that can lose, delay and forge, and cut watches. */
export class FaultyWire implements Transport {
  readonly #inner: Transport;
  #cut = new AbortController();
  #watchStarts = 0;
  plan: FaultPlan = () => undefined;
  /** What watches tell arrives this much later. */
  lagMs = 0;
  /** Everything asked, as `METHOD path`. */
  readonly requests: string[] = [];

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  /** How many watches were begun. */
  get watchStarts(): number {
    return this.#watchStarts;
  }

  /** Ends the running watches as a broken connection does. */
  cutWatches(): void {
    this.#cut.abort();
    this.#cut = new AbortController();
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    this.requests.push(`${request.method} ${request.path}`);
    const fault = this.plan(request);
    switch (fault?.kind) {
      case undefined:
        return request.isLongRunning === true ? this.#watch(request) : this.#inner.request(request);
      case "drop":
        throw new Error("connect ECONNREFUSED");
      case "lose answer":
        await this.#drain(request);
        throw new Error("socket hang up");
      case "delay":
        return this.#delayed(request, fault.until);
      case "answer":
        if (fault.after === true) await this.#drain(request);
        return failure(fault);
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #watch(request: TransportRequest): Promise<TransportResponse> {
    this.#watchStarts += 1;
    const signals = [this.#cut.signal, ...(request.signal === undefined ? [] : [request.signal])];
    const response = await this.#inner.request({ ...request, signal: AbortSignal.any(signals) });
    return { ...response, body: this.#lagging(response.body) };
  }

  async *#lagging(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (this.lagMs > 0) await new Promise((resolve) => setTimeout(resolve, this.lagMs));
      yield chunk;
    }
  }

  async #drain(request: TransportRequest): Promise<void> {
    const { body } = await this.#inner.request(request);
    for await (const _chunk of body);
  }

  async #delayed(request: TransportRequest, until: Promise<unknown>): Promise<TransportResponse> {
    const { signal, ...rest } = request;
    const late = until.then(() => this.#inner.request(rest));
    late.catch(() => undefined);
    if (signal === undefined) return late;
    const gone = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(new Error("aborted"));
      });
    });
    return Promise.race([late, gone]);
  }
}

function failure(fault: Extract<Fault, { kind: "answer" }>): TransportResponse {
  const { code, reason, retryAfterSeconds } = fault;
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `a made up ${reason}`,
    reason,
    code,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  };
  return {
    status: code,
    headers: { "content-type": "application/json" },
    body: (async function* () {
      yield Buffer.from(JSON.stringify(status));
    })(),
  };
}
