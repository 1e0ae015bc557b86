import { randomUUID } from "node:crypto";
import { dataDirectory } from "../../../cli/standalone/data-dir.ts";
import { realClock } from "../../../machinery/clock.ts";
import { openEmbeddedStore } from "../../../server/storage/embedded/embedded-store.ts";
import { targetOf } from "../../../test/support/client.ts";
import type { StandaloneOptions, StandaloneServer } from "../../../test/support/standalone.ts";
import { removeDirectory, startStandalone, temporaryDirectory } from "../../../test/support/standalone.ts";
import type { Target } from "../client/jobs.ts";
import type { Range } from "../copies.ts";
import { Copier, original, placeOf } from "../copies.ts";
import type { LoopDelays } from "./loop-delay.ts";
import { loopDelaysOf } from "./loop-delay.ts";
import { readMetrics } from "./metrics.ts";
import type { Server } from "./server.ts";
import type { Usage } from "./usage.ts";
import { usageOf } from "./usage.ts";

/** Hawsepipe by itself on its embedded store. */
export class Standalone implements Server {
  readonly name = "standalone";
  readonly group = "hawsepipe.dev";
  readonly #options: StandaloneOptions;
  readonly #dataDir: string;
  readonly #isTemporary: boolean;
  #process: StandaloneServer | undefined;
  #target: Target | undefined;

  private constructor(options: StandaloneOptions) {
    this.#isTemporary = options.dataDir === undefined;
    this.#dataDir = options.dataDir ?? temporaryDirectory();
    this.#options = options;
  }

  /** In a data directory that is kept, or else in a new one that `stop` removes. With `env`, it may be inspected. */
  static async start(options: StandaloneOptions = {}): Promise<Standalone> {
    const standalone = new Standalone(options);
    try {
      await standalone.#start();
    } catch (error) {
      await standalone.stop();
      throw error;
    }
    return standalone;
  }

  get target(): Target {
    if (this.#target === undefined) throw new Error("the standalone server does not run");
    return this.#target;
  }

  usage(): Usage {
    return usageOf([this.#process?.process.pid]);
  }

  metrics(): Promise<ReadonlyMap<string, number>> {
    return readMetrics(this.target);
  }

  async loopDelays(): Promise<LoopDelays> {
    return loopDelaysOf(await this.metrics());
  }

  output(): string {
    return this.#process?.output() ?? "";
  }

  /** It stops for that: the store is written by one process at a time. */
  async copy({ from, to }: Range): Promise<void> {
    await this.#end();
    const store = await openEmbeddedStore({
      path: dataDirectory(this.#dataDir).database,
      clock: realClock(),
    });
    try {
      const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
        `/registry/${this.group}/modeldeployments/${namespace}/${name}`;
      const first = await store.get(keyOf(original));
      if (first === undefined) throw new Error("the store has no original");
      const copier = new Copier(first.value.toString("utf8"));
      const writes: Promise<number>[] = [];
      for (let i = from; i < to; i += 1) {
        writes.push(store.create(keyOf(placeOf(i)), Buffer.from(copier.copy(i, randomUUID()))));
        // So many at once are one transaction.
        if (i % 1000 === 0) await Promise.all(writes.splice(0));
      }
      await Promise.all(writes);
    } finally {
      await store.close();
    }
    await this.#start();
  }

  async stop(): Promise<void> {
    await this.#end();
    if (this.#isTemporary) removeDirectory(this.#dataDir);
  }

  async #end(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    this.#target = undefined;
    await running?.stop();
  }

  async #start(): Promise<void> {
    this.#process = await startStandalone({ ...this.#options, dataDir: this.#dataDir });
    this.#target = targetOf(this.#process.kubeconfig);
  }
}
