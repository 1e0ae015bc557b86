import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { main } from "../../../cli/program.ts";
import { recordingIo } from "../../../cli/testing/io.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import { clientFor, configMaps } from "../../support/client.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone, temporaryDirectory } from "../../support/standalone.ts";

const directories: string[] = [];
const servers: StandaloneServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop("SIGKILL");
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

async function start(dataDir = newDirectory(), ...flags: string[]): Promise<StandaloneServer> {
  const server = await startStandalone({ dataDir, flags });
  servers.push(server);
  return server;
}

function newDirectory(): string {
  const directory = temporaryDirectory();
  directories.push(directory);
  return directory;
}

const configMap = (name: string): { apiVersion: string; kind: string; metadata: object; data: object } => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { key: "value" },
});

describe("a standalone server", () => {
  test("keeps objects, identities and resourceVersions over a restart", async () => {
    const first = await start();
    const before = clientFor(first.kubeconfig);
    const { object } = await before.client.create(configMaps, configMap("kept"));
    await before.close();
    expect(await first.stop()).toBe(0);

    const second = await start(first.dataDir);
    const after = clientFor(second.kubeconfig);
    const read = await after.client.get(configMaps, { namespace: "default", name: "kept" });
    expect(read).toEqual(object);
    const next = await after.client.create(configMaps, configMap("later"));
    expect(Number(next.object.metadata.resourceVersion)).toBeGreaterThan(
      Number(object.metadata.resourceVersion),
    );
    await after.close();
  });

  test("listens where it listened last, and gives users the roles of a cluster", async () => {
    const first = await start();
    await first.stop();
    const second = await start(first.dataDir);
    expect(second.url).toBe(first.url);
    const { client, close } = clientFor(second.kubeconfig);
    const roles: ResourceRef = {
      group: "rbac.authorization.k8s.io",
      version: "v1",
      resource: "clusterroles",
      kind: "ClusterRole",
      namespaced: false,
    };
    const edit = await client.get(roles, { name: "hawsepipe-edit" });
    expect(edit.metadata.labels).toMatchObject({ "rbac.authorization.k8s.io/aggregate-to-edit": "true" });
    await close();
  });

  test("ends cleanly with watches open, and their clients see the end of the stream", async () => {
    const server = await start();
    const { client, close } = clientFor(server.kubeconfig);
    const begun = Array.from({ length: 5 }, () => Promise.withResolvers<undefined>());
    const ends = begun.map(async ({ resolve }) => {
      const watch = client.watch(configMaps, {
        sendInitialEvents: true,
        signal: new AbortController().signal,
      });
      let events = 0;
      for await (const event of watch) {
        if (event.type !== "BOOKMARK") continue;
        events += 1;
        resolve(undefined);
      }
      return events;
    });
    await Promise.all(begun.map(({ promise }) => promise));
    expect(await server.stop("SIGINT")).toBe(0);
    expect(await Promise.all(ends)).toEqual([1, 1, 1, 1, 1]);
    await close();
  });

  test("refuses a data directory another server uses", async () => {
    const server = await start();
    await expect(startStandalone({ dataDir: server.dataDir })).rejects.toThrow(/in use by another process/);
    const { client, close } = clientFor(server.kubeconfig);
    await client.list(configMaps);
    await close();
  });

  test("keeps its keys to its owner", async () => {
    const { dataDir, kubeconfig } = await start();
    const mode = (...names: string[]): number => statSync(path.join(dataDir, ...names)).mode & 0o777;
    expect(mode("pki") & 0o077).toBe(0);
    expect(mode("pki", "ca.key") & 0o077).toBe(0);
    expect(mode("store.db") & 0o077).toBe(0);
    expect(statSync(kubeconfig).mode & 0o077).toBe(0);
  });

  test("writes an audit line for every request", async () => {
    const server = await start();
    const { client, close } = clientFor(server.kubeconfig);
    await client.create(configMaps, configMap("audited"));
    await close();
    await server.stop();
    const { readFileSync } = await import("node:fs");
    const lines = readFileSync(path.join(server.dataDir, "audit.log"), "utf8").trim().split("\n");
    const events = lines.map(
      (line) =>
        JSON.parse(line) as { verb: string; user: { username: string }; objectRef?: { resource: string } },
    );
    expect(
      events.some(
        (e) => e.verb === "create" && e.user.username === "admin" && e.objectRef?.resource === "configmaps",
      ),
    ).toBe(true);
  });
});

describe("backup and restore", () => {
  async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const io = recordingIo("/");
    const code = await main(args, io);
    return { code, stdout: io.stdout(), stderr: io.stderr() };
  }

  test.each([{ says: "running" }, { says: "stopped" }])(
    "a copy of a $says server has its objects",
    async ({ says }) => {
      const server = await start();
      const { client, close } = clientFor(server.kubeconfig);
      const { object } = await client.create(configMaps, configMap("saved"));
      await close();
      if (says === "stopped") await server.stop();
      const file = path.join(newDirectory(), "copy.db");
      const made = await cli("backup", "--data-dir", server.dataDir, "--to", file);
      expect(made).toMatchObject({ code: 0, stderr: "" });
      expect(existsSync(file)).toBe(true);
      expect((await cli("backup", "--data-dir", server.dataDir, "--to", file)).stderr).toContain(
        "exists already",
      );

      const restored = newDirectory();
      expect(await cli("restore", "--from", file, "--data-dir", restored)).toMatchObject({ code: 0 });
      const second = await start(restored);
      const after = clientFor(second.kubeconfig);
      const read = await after.client.get(configMaps, { namespace: "default", name: "saved" });
      expect(read).toEqual(object);
      const next = await after.client.create(configMaps, configMap("new"));
      expect(Number(next.object.metadata.resourceVersion)).toBeGreaterThan(
        Number(object.metadata.resourceVersion) + 1_000_000,
      );
      await after.close();
    },
  );
});
