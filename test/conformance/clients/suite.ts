/**
 * The tests of one client: a control plane with a server behind it is started, the client's program is built and run
 * against it once, and every check it reports is a test here; then the same on a standalone server. The names are
 * written down twice, in the program and in the test, so that no check can vanish.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { available, startCluster } from "../../support/cluster.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/kubectl.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";
import { readCredentials, Wire } from "../twins/wire.ts";
import type { Command, Result } from "./program.ts";
import { startProgram } from "./program.ts";
import { providerReady } from "./provider-ready.ts";

export interface Client {
  readonly name: string;
  /** The names of all checks the program runs. */
  readonly checks: readonly string[];
  /** Why the program cannot be built here, apart from the control plane. */
  readonly unavailable: string | undefined;
  /** Builds what is not built yet. */
  readonly build: () => Promise<Command>;
  /** Run on a standalone server too, but for these checks. */
  readonly standalone?: { readonly without: readonly string[] };
}

/** Building the first time compiles, or downloads, the client with everything it needs. */
const buildTimeout = 900_000;

/** Something a client can be pointed at. */
interface Target {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Declares the tests of a client. */
export function testClient(client: Client): void {
  const { name, unavailable, standalone } = client;
  const inCluster = noControlPlane() ?? unavailable;
  declare(client, { name: `${name} through kube-apiserver`, why: inCluster, start: startAggregated });
  if (standalone === undefined) return;
  const { without } = standalone;
  declare(client, { name: `${name} standalone`, why: unavailable, start: startAlone, without });
}

interface Run {
  readonly name: string;
  readonly why: string | undefined;
  readonly start: () => Promise<Target>;
  readonly without?: readonly string[];
}

function declare({ checks, build }: Client, { name, why, start, without = [] }: Run): void {
  if (why !== undefined) console.warn(`${name} skipped: ${why}`);
  const wanted = checks.filter((check) => !without.includes(check));

  describe.skipIf(why !== undefined)(name, () => {
    let command: Command;
    let target: Target | undefined;
    let results: ReadonlyMap<string, Result>;

    beforeAll(async () => {
      command = await build();
    }, buildTimeout);
    beforeAll(async () => {
      target = await start();
      await providerReady(target.kubeconfig);
      const { file, args, ...rest } = command;
      const lines = await startProgram({ file, args: [...args, ...without], ...rest }, target.kubeconfig)
        .results;
      results = new Map(lines.map((result) => [result.check, result]));
    }, 300_000);
    afterAll(async () => {
      await target?.stop();
    });

    test.each(wanted)("%s", (check) => {
      expect(results.get(check)).toEqual({ check, ok: true, milliseconds: expect.any(Number) as number });
    });

    test("no check is missing here", () => {
      expect([...results.keys()].sort()).toEqual([...wanted].sort());
    });
  });
}

async function startAggregated(): Promise<Target> {
  const cluster = await startCluster();
  try {
    await cluster.startReplica();
    await available(cluster);
    await documented(cluster.controlPlane.kubeconfig);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return { kubeconfig: cluster.controlPlane.kubeconfig, stop: () => cluster.close() };
}

/** Resolves when both versions are in the document of the whole cluster, which kube-apiserver reads one after the other. */
async function documented(kubeconfig: string): Promise<void> {
  const wire = new Wire(readCredentials(kubeconfig));
  try {
    await eventually(
      "the kinds in the cluster's OpenAPI",
      async () => {
        const { body } = await wire.send({ method: "GET", path: "/openapi/v2", headers: {} });
        const isThere = (version: string): boolean => body.includes(`/apis/hawsepipe.dev/${version}/`);
        return isThere("v1alpha1") && isThere("v1alpha2") ? true : undefined;
      },
      60,
    );
  } finally {
    wire.close();
  }
}

async function startAlone(): Promise<Target> {
  const server = await startStandalone();
  const stop = async (): Promise<void> => {
    await server.stop();
    removeDirectory(server.dataDir);
  };
  return { kubeconfig: server.kubeconfig, stop };
}
