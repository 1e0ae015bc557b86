/**
 * What the measures share: the servers, each started when it is first needed, the client, and the rounds, in which every
 * server does the same work in turn. What is compared is measured within the same seconds on the same machine.
 */
import { ClientProcess } from "./client/process.ts";
import type { RequestJob } from "./client/jobs.ts";
import type { BenchOptions } from "./options.ts";
import type { Row, Sample } from "./rows.ts";
import { summarize } from "./rows.ts";
import type { BareServer } from "./servers/bare.ts";
import { startBareServer } from "./servers/bare.ts";
import { BenchCluster } from "./servers/cluster.ts";
import { p99Between } from "./servers/loop-delay.ts";
import type { Server, ServerName } from "./servers/server.ts";
import { startStandaloneServer } from "./servers/standalone.ts";

type Work = (server: Server) => Promise<Sample>;
type RowHead = Pick<Row, "measure" | "what" | "size" | "unit">;

export interface BenchSurroundings {
  /** What our servers get into their environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called around the rounds of each row. */
  readonly around?: (head: RowHead, servers: readonly Server[], rounds: () => Promise<void>) => Promise<void>;
}

export class Bench {
  readonly options: BenchOptions;
  readonly client = new ClientProcess();
  readonly rows: Row[] = [];
  readonly env: Readonly<Record<string, string>>;
  readonly #servers = new Map<ServerName, Promise<Server>>();
  readonly #around: NonNullable<BenchSurroundings["around"]>;
  #cluster: Promise<BenchCluster> | undefined;
  #bare: Promise<BareServer> | undefined;

  constructor(options: BenchOptions, { env = {}, around }: BenchSurroundings = {}) {
    this.options = options;
    this.env = env;
    this.#around = around ?? ((_head, _servers, rounds) => rounds());
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  wants(name: ServerName): boolean {
    return this.options.servers.includes(name);
  }

  /** Of these servers those that are wanted, started. */
  async serversOf(names: readonly ServerName[]): Promise<Server[]> {
    const found: Server[] = [];
    for (const name of names.filter((one) => this.wants(one))) found.push(await this.#server(name));
    return found;
  }

  /** The limit of Node. It answers what it was last told to. */
  bare(): Promise<BareServer> {
    this.#bare ??= startBareServer();
    return this.#bare;
  }

  /** Has every server do the work in every round, and keeps the figures as a row. The first round warms up. */
  async compare(head: RowHead, servers: readonly Server[], work: Work): Promise<void> {
    const samples = new Map<ServerName, Sample[]>(servers.map(({ name }) => [name, []]));
    await this.#around(head, servers, () => this.#rounds(servers, samples, work));
    this.add({
      ...head,
      servers: Object.fromEntries([...samples].map(([name, values]) => [name, summarize(values)])),
    });
  }

  async #rounds(
    servers: readonly Server[],
    samples: ReadonlyMap<ServerName, Sample[]>,
    work: Work,
  ): Promise<void> {
    const { rounds, quick } = this.options;
    for (let round = quick ? 1 : 0; round <= rounds; round += 1) {
      // Nobody is always first after a pause.
      const turn = round % servers.length;
      for (const server of [...servers.slice(turn), ...servers.slice(0, turn)]) {
        const sample = await work(server);
        if (round > 0) samples.get(server.name)?.push(sample);
      }
    }
  }

  add(row: Row): void {
    this.rows.push(row);
    const { measure, what, size, unit, servers } = row;
    const figures = Object.entries(servers).map(([name, { value, cpu }]) => {
      const time = cpu === undefined ? "" : ` (${cpu.toFixed(0)} µs CPU)`;
      return `${name} ${value.toPrecision(4)}${unit}${time}`;
    });
    this.say(`${measure}: ${what}${size === undefined ? "" : ` of ${String(size)}`}: ${figures.join(", ")}`);
  }

  /** One job of requests as a sample of a rate, with what it cost the server. */
  async requests(server: Server, job: Omit<RequestJob, "kind" | "target">): Promise<Sample> {
    const result = await this.metered(server, () =>
      this.client.run({ kind: "requests", target: server.target, ...job }),
    );
    const { perSecond, p99, done, bytes } = result.outcome;
    return { value: perSecond, p99, bytes: bytes / done, ...result.costs(done) };
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

  async close(): Promise<void> {
    this.client.close();
    for (const server of this.#servers.values()) await (await server).stop();
    await (await this.#bare)?.stop();
    await (await this.#cluster)?.stop();
  }

  #server(name: ServerName): Promise<Server> {
    if (name === "bare") return this.bare();
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    this.say(`starting ${name}…`);
    const starting = this.#start(name);
    this.#servers.set(name, starting);
    return starting;
  }

  async #start(name: ServerName): Promise<Server> {
    if (name === "standalone") return startStandaloneServer({ env: this.env });
    this.#cluster ??= BenchCluster.start();
    const cluster = await this.#cluster;
    return name === "native" ? cluster.native() : cluster.aggregated();
  }
}
