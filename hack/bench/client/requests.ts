import { performance } from "node:perf_hooks";
import { quantile } from "../statistics.ts";
import { busySince } from "./busy.ts";
import type { Answer } from "./connection.ts";
import { Connection, encodeRequest } from "./connection.ts";
import type { RequestJob, RequestResult, Target } from "./jobs.ts";
import { nextSerial, Template } from "./template.ts";

type Requests = Omit<RequestJob, "kind" | "target" | "keepsBody">;

/** What a caller may follow of each request. */
export interface RequestListener {
  sending?(i: number, serial: number, at: number): void;
  /** What is returned is waited for before the connection takes its next request. */
  answered?(i: number, at: number): Promise<void> | undefined;
}

/** Makes the requests of a job; the answer of a failed one is an error. */
export async function runRequests(job: RequestJob, listener: RequestListener = {}): Promise<RequestResult> {
  const connections = await openConnections(job.target, job.connections);
  try {
    return await new Requesting(job, job.keepsBody === true, listener).run(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** TLS handshakes are not measured, and too many at once would time out. */
export async function openConnections(target: Target, count: number): Promise<Connection[]> {
  const all: Connection[] = [];
  const origins = [target.origin, ...(target.replicas ?? [])];
  while (all.length < count) {
    const batch = Array.from({ length: Math.min(32, count - all.length) }, (_, i) =>
      Connection.open({ ...target, origin: origins[i % origins.length] ?? target.origin }),
    );
    all.push(...(await Promise.all(batch)));
  }
  return all;
}

class Requesting {
  readonly #job: Requests;
  readonly #path: Template;
  readonly #body: Template | undefined;
  readonly #sendBack: RegExp | undefined;
  readonly #keepsBody: boolean;
  readonly #listener: RequestListener;
  readonly #latencies: number[] = [];
  #next = 0;
  #bytes = 0;
  #lastBody = "";
  #start = 0;

  constructor(job: Requests, keepsBody: boolean, listener: RequestListener) {
    this.#job = job;
    this.#path = new Template(job.path);
    this.#body = job.body === undefined ? undefined : new Template(job.body);
    this.#sendBack = job.sendBack === undefined ? undefined : new RegExp(job.sendBack);
    this.#keepsBody = keepsBody;
    this.#listener = listener;
  }

  async run(connections: readonly Connection[]): Promise<RequestResult> {
    const busy = busySince();
    this.#start = performance.now();
    await Promise.all(
      connections.map((connection, worker) =>
        this.#sendBack === undefined ? this.#work(connection) : this.#update(connection, worker),
      ),
    );
    const seconds = (performance.now() - this.#start) / 1000;
    const client = busy();
    return {
      done: this.#latencies.length,
      perSecond: this.#latencies.length / seconds,
      bytes: this.#bytes,
      median: quantile(this.#latencies, 0.5),
      p99: quantile(this.#latencies, 0.99),
      client,
      ...(this.#keepsBody ? { body: this.#lastBody } : {}),
    };
  }

  get #isOver(): boolean {
    const { requests, seconds } = this.#job;
    return (
      this.#next >= requests ||
      (seconds !== undefined && performance.now() - this.#start > seconds * 1000 && this.#next > 0)
    );
  }

  #take(): number {
    const i =
      (this.#job.from ?? 0) + (this.#job.modulo === undefined ? this.#next : this.#next % this.#job.modulo);
    this.#next += 1;
    return i;
  }

  async #work(connection: Connection): Promise<void> {
    const { method, headers = {} } = this.#job;
    const encode = (i: number, serial: number): string =>
      encodeRequest(method, this.#path.fill(i, serial), headers, this.#body?.fill(i, serial));
    const isConstant = this.#path.isConstant && this.#body?.isConstant !== false;
    const always = isConstant ? Buffer.from(encode(0, 0)) : undefined;
    while (!this.#isOver) {
      const i = this.#take();
      const serial = nextSerial();
      await this.#send(connection, always ?? encode(i, serial), i, serial);
    }
  }

  /** Each connection keeps to one object, whose present state it knows from the answer before. */
  async #update(connection: Connection, worker: number): Promise<void> {
    const { method, headers = {} } = this.#job;
    const path = this.#path.fill((this.#job.from ?? 0) + worker, 0);
    const read = await connection.exchange(encodeRequest("GET", path, {}), true);
    if (read.status !== 200) throw failed(`GET ${path}`, read);
    let state = read.body;
    while (!this.#isOver) {
      const i = this.#take();
      const serial = nextSerial();
      const body = state.replace(this.#sendBack ?? "", String(serial));
      if (body === state) throw new Error(`${path} has nothing in it that an update would change`);
      state = (await this.#send(connection, encodeRequest(method, path, headers, body), i, serial)).body;
    }
  }

  async #send(connection: Connection, request: string | Buffer, i: number, serial: number): Promise<Answer> {
    const begun = performance.now();
    this.#listener.sending?.(i, serial, begun);
    const answer = await connection.exchange(request, this.#keepsBody || this.#sendBack !== undefined);
    const ended = performance.now();
    if (answer.status >= 300 || answer.status === 0) {
      throw failed(request.toString().split("\r\n", 1)[0] ?? "", answer);
    }
    this.#latencies.push(ended - begun);
    this.#bytes += answer.bytes;
    if (this.#keepsBody) this.#lastBody = answer.body;
    const waiting = this.#listener.answered?.(i, ended);
    if (waiting !== undefined) await waiting;
    return answer;
  }
}

function failed(what: string, { status, body }: Answer): Error {
  return new Error(`${what} answered ${String(status)} ${body.slice(0, 500)}`);
}
