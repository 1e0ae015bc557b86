import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { alreadyExists, conflict, notFound } from "../../api/errors/catalogue.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Client, WatchEvent } from "../../cluster/client.ts";
import { fakeClock } from "../../machinery/clock.ts";
import type { CertificateSource } from "./certificate-source.ts";
import { publishAuthorities } from "./publish-authorities.ts";
import { secretCertificateSource } from "./secret-source.ts";

const gr = { group: "", resource: "secrets" };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One Secret with optimistic locking and watches. */
function secretServer(): { client: Client; writes: number; secret: KubeObject | undefined } {
  const watchers = new Set<(event: WatchEvent) => void>();
  const server = { client: {} as Client, writes: 0, secret: undefined as KubeObject | undefined };
  const store = (object: KubeObject): KubeObject => {
    server.writes += 1;
    const metadata = { ...object.metadata, resourceVersion: String(server.writes) };
    server.secret = { ...structuredClone(object), metadata };
    for (const watcher of watchers) watcher({ type: "MODIFIED", object: server.secret });
    return server.secret;
  };
  server.client = {
    async get() {
      await settled();
      if (server.secret === undefined) throw notFound(gr, "x");
      return server.secret;
    },
    async create(_resource: unknown, object: KubeObject) {
      await settled();
      if (server.secret !== undefined) throw alreadyExists(gr, "x");
      return { object: store(object), warnings: [] };
    },
    async update(_resource: unknown, object: KubeObject) {
      await settled();
      if (server.secret?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw conflict(gr, "x");
      return { object: store(object), warnings: [] };
    },
    async *watch(_resource: unknown, { signal }: { signal: AbortSignal }) {
      const queue: WatchEvent[] = [];
      let wake = (): void => undefined;
      watchers.add((event) => {
        queue.push(event);
        wake();
      });
      signal.addEventListener("abort", () => {
        wake();
      });
      if (server.secret !== undefined) yield { type: "ADDED" as const, object: server.secret };
      yield {
        type: "BOOKMARK" as const,
        object: {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { resourceVersion: "1", annotations: { "k8s.io/initial-events-end": "true" } },
        },
      };
      while (!signal.aborted) {
        const event = queue.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  } as unknown as Client;
  return server;
}

test("replicas that start together agree on one certificate, and on the next one", async () => {
  const clock = fakeClock(new Date("2026-01-01T00:00:00Z"));
  const server = secretServer();
  const errors: unknown[] = [];
  const replica = (random: number): CertificateSource =>
    secretCertificateSource({
      client: server.client,
      clock,
      random: () => random,
      namespace: "hawsepipe-system",
      name: "cert",
      servingNames: ["hawsepipe.hawsepipe-system.svc"],
      policy: { leafLifeMs: 3 * 60 * 60 * 1000 },
      onError: (error) => errors.push(error),
    });
  const replicas = [replica(0), replica(0.5), replica(0.9)];
  expect(() => replicas[0]?.current).toThrow("not started");
  await Promise.all(replicas.map((source) => source.start()));
  const certificates = (): Set<string> => new Set(replicas.map(({ current }) => current.cert));
  const before = certificates();
  expect([before.size, server.writes]).toEqual([1, 1]);

  let changes = 0;
  for (const source of replicas) source.onChange(() => (changes += 1));
  await clock.advance(2.3 * 60 * 60 * 1000);
  await expect.poll(() => [certificates().size, changes, server.writes]).toEqual([1, 3, 2]);
  expect(certificates()).not.toEqual(before);
  const [first] = replicas;
  expect(
    new X509Certificate(first?.current.cert ?? "").checkHost("hawsepipe.hawsepipe-system.svc"),
  ).toBeDefined();
  expect(errors).toEqual([]);
  for (const source of replicas) source.stop();
});

test("the bundle is published where it is missing, and nothing is written where it is right", async () => {
  const objects = new Map<string, KubeObject>([
    [
      "a",
      {
        apiVersion: "v1",
        kind: "APIService",
        metadata: { resourceVersion: "1" },
        spec: { service: { name: "s" }, insecureSkipTLSVerify: true },
      },
    ],
    // What kube-apiserver serves itself has no certificate to trust.
    ["local", { apiVersion: "v1", kind: "APIService", metadata: { resourceVersion: "1" }, spec: {} }],
    [
      "w",
      {
        apiVersion: "v1",
        kind: "ValidatingWebhookConfiguration",
        metadata: { resourceVersion: "7" },
        webhooks: [{ name: "x", clientConfig: { service: { name: "s" } } }],
      },
    ],
  ]);
  const patches: [string, object][] = [];
  const client = {
    get: async (_resource: unknown, { name }: { name: string }) => {
      const object = objects.get(name);
      if (object === undefined) throw notFound(gr, name);
      return object;
    },
    mergePatch: async (
      _resource: unknown,
      { name }: { name: string },
      patch: { spec?: object; webhooks?: unknown[] },
    ) => {
      patches.push([name, patch]);
      const object = objects.get(name);
      if (object !== undefined) objects.set(name, { ...object, ...patch, metadata: object.metadata });
      return { object, warnings: [] };
    },
  } as unknown as Client;
  const targets = { apiServices: ["a", "absent", "local"], mutatingWebhooks: [], validatingWebhooks: ["w"] };
  await publishAuthorities(client, "PEM", targets);
  const caBundle = Buffer.from("PEM").toString("base64");
  expect(patches).toEqual([
    ["a", { metadata: { resourceVersion: "1" }, spec: { caBundle, insecureSkipTLSVerify: null } }],
    [
      "w",
      {
        metadata: { resourceVersion: "7" },
        webhooks: [{ name: "x", clientConfig: { service: { name: "s" }, caBundle } }],
      },
    ],
  ]);
  await publishAuthorities(client, "PEM", targets);
  expect(patches).toHaveLength(2);
});

test("an object somebody else writes meanwhile is read again, as an APIService whose status is new", async () => {
  let version = 1;
  const read: string[] = [];
  const service = { apiVersion: "v1", kind: "APIService", spec: { service: { name: "s" } } };
  const client = {
    get: async () => ({ ...service, metadata: { resourceVersion: String(version) } }),
    mergePatch: async (_resource: unknown, _key: unknown, patch: { metadata: KubeObject["metadata"] }) => {
      read.push(String(patch.metadata.resourceVersion));
      if (version < 3) {
        version += 1;
        throw conflict(gr, "a");
      }
      return { object: service, warnings: [] };
    },
  } as unknown as Client;
  const targets = { apiServices: ["a"], mutatingWebhooks: [], validatingWebhooks: [] };
  await publishAuthorities(client, "PEM", targets);
  expect(read).toEqual(["1", "2", "3"]);
});
