/**
 * Caches of every sort follow a writer while two replicas are restarted: one after the other, both at once, and killed.
 * At the end each cache equals a list, and no object was told in the wrong order.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../hack/controlplane/ports.ts";
import type { Balancer } from "../../support/balancer.ts";
import { startBalancer } from "../../support/balancer.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, startCluster } from "../../support/cluster.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/kubectl.ts";
import { goClient, goUnavailable } from "./go.ts";
import type { Command, Result, RunningProgram } from "./program.ts";
import { startProgram } from "./program.ts";
import { providerReady } from "./provider-ready.ts";

const followers = [
  "informer with streaming lists",
  "informer with list and watch",
  "metadata informer",
  "controller-runtime cache",
  "Argo CD cluster cache",
  "RetryWatcher",
];
const checks = [
  "writer: what was acknowledged is there, and what was not is there wholly or not at all",
  ...followers.flatMap((name) => [
    `${name}: the cache ends equal to a list`,
    `${name}: no object went back in time, came twice or came back`,
  ]),
];

const why = noControlPlane() ?? goUnavailable();
if (why !== undefined) console.warn(`restarts skipped: ${why}`);

describe.skipIf(why !== undefined)("restarts under informers", () => {
  let command: Command;
  let cluster: Cluster | undefined;
  let balancer: Balancer | undefined;
  let results: readonly Result[];

  beforeAll(async () => {
    command = await goClient("restart");
  }, 900_000);

  beforeAll(async () => {
    cluster = await startCluster();
    balancer = await startBalancer(cluster.port);
    const replicas = new Replicas(cluster, balancer, await freePorts(2));
    await replicas.start(0);
    await replicas.start(1);
    await available(cluster);
    await providerReady(cluster.controlPlane.kubeconfig);
    const program = startProgram(command, cluster.controlPlane.kubeconfig);
    try {
      expect(await program.nextLine()).toBe("ready");
      await written(program);
      for (const one of [0, 1]) {
        await replicas.stop([one], "SIGTERM");
        await written(program);
        await replicas.start(one);
        await written(program);
      }
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        await replicas.stop([0, 1], signal);
        await Promise.all([replicas.start(0), replicas.start(1)]);
        await written(program);
      }
      program.say("finish");
      results = await program.results;
    } finally {
      program.stop();
    }
  }, 400_000);

  afterAll(async () => {
    await balancer?.close();
    await cluster?.close();
  });

  test.each(checks)("%s", (check) => {
    expect(results.find((result) => result.check === check)).toEqual({
      check,
      ok: true,
      milliseconds: expect.any(Number) as number,
    });
  });

  test("no check is missing here", () => {
    expect(results.map(({ check }) => check).sort()).toEqual([...checks].sort());
  });
});

/** Two replicas behind one port, as a Deployment has them behind a Service. */
class Replicas {
  readonly #cluster: Cluster;
  readonly #balancer: Balancer;
  readonly #ports: readonly number[];
  readonly #running = new Map<number, Replica>();

  constructor(cluster: Cluster, balancer: Balancer, ports: readonly number[]) {
    this.#cluster = cluster;
    this.#balancer = balancer;
    this.#ports = ports;
  }

  /** Starts one and leads to it when it is ready. */
  async start(index: number): Promise<void> {
    const replica = await this.#cluster.startReplica({ port: this.#portOf(index) });
    this.#running.set(index, replica);
    this.#lead();
  }

  /** Ends some; new connections go elsewhere from the moment they are told. */
  async stop(indexes: readonly number[], signal: NodeJS.Signals): Promise<void> {
    const ending = indexes.map((index) => this.#running.get(index));
    for (const index of indexes) this.#running.delete(index);
    this.#lead();
    await Promise.all(ending.map(async (replica) => replica?.stop(signal)));
  }

  #lead(): void {
    this.#balancer.use([...this.#running.keys()].map((index) => this.#portOf(index)));
  }

  #portOf(index: number): number {
    return this.#ports[index] ?? 0;
  }
}

/** Waits until the writer has gone through a good part of its objects once more. */
async function written(program: RunningProgram): Promise<void> {
  const count = async (): Promise<number> => {
    program.say("progress");
    return Number((await program.nextLine()).replace("writes ", ""));
  };
  const before = await count();
  await eventually("the writer goes on", async () => ((await count()) > before + 60 ? true : undefined), 90);
}
