/**
 * What the measures share: the servers, each started when it is first needed, the client, and the rounds, in which every
 * server does the same work in turn. What is compared is measured within the same seconds on the same machine.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { ClientProcess } from "./client/process.ts";
import type { Job, RequestJob, ResultOf } from "./client/jobs.ts";
import type { BenchOptions } from "./options.ts";
import { usualSize } from "./options.ts";
import type { Failure } from "./report/run.ts";
import type { Row, Sample } from "./rows.ts";
import { summarize } from "./rows.ts";
import type { BareServer } from "./servers/bare.ts";
import { startBareServer } from "./servers/bare.ts";
import { BenchCluster } from "./servers/cluster.ts";
import { inRounds } from "./rounds.ts";
import { p99Between } from "./servers/loop-delay.ts";
import type { Server, ServerName } from "./servers/server.ts";
import { Standalone } from "./servers/standalone.ts";

/** What is found by `--row`. */
const nameOf = ({ measure, what, size }: RowHead): string =>
  [measure, what, ...(size === undefined ? [] : [String(size)])].join(" ");

export type RowHead = Pick<Row, "measure" | "what" | "size" | "counts" | "unit">;

export interface RoundOptions {
  /** Instead of as many as the run has; the first one of each row warms up, in addition. */
  readonly rounds?: number;
  readonly warmsUp?: boolean;
}

export interface BenchSurroundings {
  /** Ends the run early. */
  readonly signal?: AbortSignal;
  /** What our servers get into their environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Which rows are measured, of those that the options ask for. */
  readonly wants?: (head: RowHead) => boolean;
  /** Called after each row. */
  readonly added?: () => void;
  /** Called around the rounds of each row. */
  readonly around?: (head: RowHead, servers: readonly Server[], rounds: () => Promise<void>) => Promise<void>;
}

export class Bench {
  readonly options: BenchOptions;
  readonly rows: Row[] = [];
  readonly failures: Failure[] = [];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly #begun = performance.now();
  readonly #servers = new Map<ServerName, Promise<Server>>();
  readonly #around: NonNullable<BenchSurroundings["around"]>;
  readonly #added: () => void;
  readonly #wants: (head: RowHead) => boolean;
  #client: ClientProcess | undefined;
  #cluster: Promise<BenchCluster> | undefined;
  #bare: Promise<BareServer> | undefined;
  #allowed = Infinity;
  #until: number | undefined;

  constructor(options: BenchOptions, { env = {}, around, added, wants, signal }: BenchSurroundings = {}) {
    this.options = options;
    this.env = env;
    this.signal = signal ?? new AbortController().signal;
    this.#around = around ?? ((_head, _servers, rounds) => rounds());
    this.#wants = (head) => nameOf(head).includes(options.row) && wants?.(head) !== false;
    this.#added = added ?? (() => undefined);
    // Whoever waits for the client hears of it.
    this.signal.addEventListener("abort", () => this.#client?.close());
  }

  say(text: string): void {
    process.stderr.write(`${this.seconds.toFixed(0).padStart(5)} s  ${text}\n`);
  }

  /** Since the beginning of the run. */
  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  /**
   * What is compared from now on has as many rounds as begin within so many seconds from the first of them, and after all
   * the minutes of the run one.
   */
  allow(seconds: number): void {
    this.#allowed = seconds;
    this.#until = undefined;
  }

  /** Whether the time for more than one round is over. */
  get isLate(): boolean {
    return performance.now() > this.#end();
  }

  #end(): number {
    const last = this.#begun + this.options.minutes * 60_000;
    return (this.#until ??= Math.min(performance.now() + this.#allowed * 1000, last));
  }

  wants(name: ServerName): boolean {
    return this.options.servers.includes(name);
  }

  /** Rejects when the run is to end. */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal });
  }

  /** Has the client process do a job. */
  async run<J extends Job>(job: J): Promise<ResultOf<J>> {
    this.signal.throwIfAborted();
    if (this.#client?.isRunning !== true) this.#client = new ClientProcess();
    return await this.#client.run(job);
  }

  /** Of these servers those that are wanted, started. */
  async serversOf(names: readonly ServerName[]): Promise<Server[]> {
    const found: Server[] = [];
    for (const name of names.filter((one) => this.wants(one))) found.push(await this.#server(name));
    return found;
  }

  /** The same of those that have to do all of their work with so many objects. */
  workingWith(size: number, names: readonly ServerName[]): Promise<Server[]> {
    return this.serversOf(names.filter((name) => name !== "aggregated" || size <= usualSize));
  }

  /** The limit of Node. It answers what it was last told to. */
  bare(): Promise<BareServer> {
    this.#bare ??= startBareServer();
    return this.#bare;
  }

  /** Has every server do the work in every round, and keeps the figures as a row. */
  compare(
    head: RowHead,
    servers: readonly Server[],
    work: (server: Server) => Promise<Sample>,
    options: RoundOptions = {},
  ): Promise<void> {
    return this.compareParts([head], servers, async (server) => [await work(server)], options);
  }

  /**
   * The same for work with several results, one for each row. A server that fails has no figures in these rows; that is
   * reported, and the others go on.
   */
  async compareParts(
    heads: readonly RowHead[],
    servers: readonly Server[],
    work: (server: Server) => Promise<readonly Sample[]>,
    options: RoundOptions = {},
  ): Promise<void> {
    const [first] = heads;
    if (first === undefined) return;
    if (!heads.some(this.#wants)) return;
    const { rounds = this.options.rounds, warmsUp = !this.options.quick } = options;
    const until = this.#end();
    let samples: Awaited<ReturnType<typeof inRounds>> = new Map();
    await this.#around(first, servers, async () => {
      samples = await inRounds(servers, work, { rounds, warmsUp, until }, (error, server) => {
        this.signal.throwIfAborted();
        this.fail(first, error, server);
      });
    });
    heads.forEach((head, i) => {
      const figures = [...samples].map(
        ([name, rounds]) => [name, rounds.flatMap((parts) => parts[i] ?? [])] as const,
      );
      this.add({
        ...head,
        servers: Object.fromEntries(
          figures.filter(([, some]) => some.length > 0).map(([name, some]) => [name, summarize(some)]),
        ),
      });
    });
  }

  add(row: Row): void {
    this.rows.push(row);
    const { measure, what, size, counts, unit, servers } = row;
    const figures = Object.entries(servers).map(([name, { value, cpu }]) => {
      const time = cpu === undefined ? "" : ` (${cpu.toFixed(0)} µs CPU)`;
      return `${name} ${value.toPrecision(4)}${unit}${time}`;
    });
    const sized = size === undefined ? "" : `, ${String(size)} ${counts ?? "objects"}`;
    this.say(`${measure}: ${what}${sized}: ${figures.join(", ")}`);
    this.#added();
  }

  /** Keeps that something could not be measured. */
  fail(head: Pick<Failure, "measure" | "what" | "size">, error: unknown, server?: ServerName): void {
    const { measure, what, size } = head;
    const message = error instanceof Error ? error.message : String(error);
    const failure: Failure = {
      measure,
      ...(what === undefined ? {} : { what }),
      ...(size === undefined ? {} : { size }),
      ...(server === undefined ? {} : { server }),
      message,
    };
    this.failures.push(failure);
    this.say(
      `FAILED ${[measure, what, size, server].filter((part) => part !== undefined).join(" ")}: ${message}`,
    );
  }

  /** One job of requests as a sample of a rate, with what it cost the server, and how many were made. */
  async requests(
    server: Server,
    job: Omit<RequestJob, "kind" | "target">,
  ): Promise<Sample & { readonly done: number }> {
    const result = await this.metered(server, () =>
      this.run({ kind: "requests", target: server.target, ...job }),
    );
    const { perSecond, p99, done, bytes, client } = result.outcome;
    return { value: perSecond, p99, bytes: bytes / done, done, client, ...result.costs(done) };
  }

  /** Runs something and tells what it cost the server for each of so many operations. */
  async metered<T>(
    server: Server,
    run: () => Promise<T>,
  ): Promise<{
    readonly outcome: T;
    readonly costs: (operations: number) => Pick<Sample, "cpu" | "loopP99">;
  }> {
    const loopBefore = await server.loopDelays?.();
    const before = server.usage().cpuSeconds;
    const outcome = await run();
    const seconds = server.usage().cpuSeconds - before;
    const loopAfter = await server.loopDelays?.();
    const loopP99 =
      loopBefore === undefined || loopAfter === undefined ? undefined : p99Between(loopBefore, loopAfter);
    return {
      outcome,
      costs: (operations) => ({
        cpu: (seconds / operations) * 1e6,
        ...(loopP99 === undefined ? {} : { loopP99 }),
      }),
    };
  }

  /** Ends the client and all servers; what is asked for next is started anew. */
  async close(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    const servers = [...this.#servers.values()];
    const [bare, cluster] = [this.#bare, this.#cluster];
    this.#servers.clear();
    this.#bare = undefined;
    this.#cluster = undefined;
    // The cluster last: aggregated servers that are stopped give up their lease in it.
    for (const group of [[...servers, bare], [cluster]]) {
      const stopped = await Promise.allSettled(group.map(async (one) => (await one)?.stop()));
      for (const one of stopped) {
        if (one.status === "rejected") this.say(`ending a server: ${String(one.reason)}`);
      }
    }
  }

  #server(name: ServerName): Promise<Server> {
    this.signal.throwIfAborted();
    if (name === "bare") return this.bare();
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    this.say(`starting ${name}…`);
    const starting = this.#start(name);
    this.#servers.set(name, starting);
    return starting;
  }

  async #start(name: ServerName): Promise<Server> {
    if (name === "standalone") return Standalone.start({ env: this.env });
    this.#cluster ??= BenchCluster.start();
    const cluster = await this.#cluster;
    return name === "native" ? cluster.native() : cluster.aggregated(this.env);
  }
}
