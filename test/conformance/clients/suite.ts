/**
 * The tests of one client: a control plane with a server behind it is started, the client's program is built and run
 * against it once, and every check it reports is a test here. The names are written down twice, in the program and in
 * the test, so that no check can vanish.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../../support/cluster.ts";
import { available, startCluster } from "../../support/cluster.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Command, Result } from "./program.ts";
import { startProgram } from "./program.ts";

export interface Client {
  readonly name: string;
  /** The names of all checks the program runs. */
  readonly checks: readonly string[];
  /** Why the program cannot be built here, apart from the control plane. */
  readonly unavailable: string | undefined;
  /** Builds what is not built yet. */
  readonly build: () => Promise<Command>;
}

/** Building the first time compiles, or downloads, the client with everything it needs. */
const buildTimeout = 900_000;

/** Declares the tests of a client. */
export function testClient({ name, checks, unavailable, build }: Client): void {
  const why = noControlPlane() ?? unavailable;
  if (why !== undefined) console.warn(`${name} skipped: ${why}`);

  describe.skipIf(why !== undefined)(name, () => {
    let command: Command;
    let cluster: Cluster | undefined;
    let results: ReadonlyMap<string, Result>;

    beforeAll(async () => {
      command = await build();
    }, buildTimeout);
    beforeAll(async () => {
      cluster = await startCluster();
      await cluster.startReplica();
      await available(cluster);
      const lines = await startProgram(command, cluster.controlPlane.kubeconfig).results;
      results = new Map(lines.map((result) => [result.check, result]));
    }, 300_000);
    afterAll(async () => {
      await cluster?.close();
    });

    test.each(checks)("%s", (check) => {
      expect(results.get(check)).toMatchObject({ check, ok: true });
    });

    test("no check is missing here", () => {
      expect([...results.keys()].sort()).toEqual([...checks].sort());
    });
  });
}
