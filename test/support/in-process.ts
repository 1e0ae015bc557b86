/** A whole generic server over a memory store, reached without sockets; every request that writes is counted. */
import { randomInt, randomUUID } from "node:crypto";
import { Registry } from "@prometheus-io/client";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { standaloneDefinitions } from "../../cli/standalone/definitions.ts";
import type { Client } from "../../cluster/client.ts";
import { createInProcessTransport } from "../../cluster/in-process-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import type { Transport } from "../../cluster/transport.ts";
import type { Clock } from "../../machinery/clock.ts";
import { realClock } from "../../machinery/clock.ts";
import { namespaceCacheSource } from "../../server/admission/namespace-cache-source.ts";
import { namespaceLifecycle } from "../../server/admission/namespace-lifecycle.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import type { GenericServer } from "../../server/generic-server.ts";
import { openGenericServer } from "../../server/generic-server.ts";
import { silentLogger } from "../../server/http/logger.ts";
import { openMemoryStore } from "../../server/storage/memory/memory-store.ts";

export interface InProcessServer {
  readonly server: GenericServer;
  readonly clock: Clock;
  /** A client of its own, for the part under test. */
  readonly client: Client;
  /** A second client, for what others do; its writes are not counted. */
  readonly admin: Client;
  /** `METHOD path` of every write of `client` so far, dry runs left out. */
  readonly writes: readonly string[];
  /** The same with dry runs, which say so behind the path. */
  readonly trialsAndWrites: readonly string[];
  create(object: KubeObject): Promise<KubeObject>;
  close(): Promise<void>;
}

export interface InProcessOptions {
  readonly definitions?: readonly ResourceDefinition[];
  readonly plugins?: readonly AdmissionPlugin[];
  readonly clock?: Clock;
}

const user = { name: "tester", groups: ["system:masters", "system:authenticated"] };

export async function openInProcessServer(options: InProcessOptions = {}): Promise<InProcessServer> {
  const clock = options.clock ?? realClock();
  const store = openMemoryStore();
  const server = await openGenericServer({
    store,
    definitions: options.definitions ?? standaloneDefinitions([]),
    authenticator: { authenticate: async () => undefined },
    authorization: () => ({
      authorizer: { authorize: () => ({ decision: "Allow", reason: "" }) },
      rules: { rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }) },
    }),
    plugins: ({ cache }) => {
      const namespaces = cache.find("", "namespaces");
      if (namespaces === undefined) throw new Error("no namespaces");
      return [namespaceLifecycle(namespaceCacheSource(namespaces)), ...(options.plugins ?? [])];
    },
    clock,
    random: { uuid: randomUUID, integer: (max) => randomInt(max) },
    logger: silentLogger,
    metrics: new Registry(),
    version: {
      major: "1",
      minor: "35",
      gitVersion: "v1.35.0",
      gitCommit: "",
      gitTreeState: "",
      buildDate: "1970-01-01T00:00:00Z",
      goVersion: "",
      compiler: "",
      platform: "",
    },
  });
  const writes: string[] = [];
  const trialsAndWrites: string[] = [];
  const transport = createInProcessTransport((request) => server.api.dispatch(request), user, clock);
  const counted: Transport = {
    request(request) {
      if (request.method !== "GET") {
        const what = `${request.method} ${request.path.split("?")[0] ?? ""}`;
        const isTrial = request.path.includes("dryRun=");
        trialsAndWrites.push(isTrial ? `${what} (dry run)` : what);
        if (!isTrial) writes.push(what);
      }
      return transport.request(request);
    },
    close: () => transport.close(),
  };
  const client = createRestClient({ transport: counted, clock, userAgent: "part/1" });
  const admin = createRestClient({ transport, clock, userAgent: "admin/1" });
  const opened: InProcessServer = {
    server,
    clock,
    client,
    admin,
    writes,
    trialsAndWrites,
    async create(object) {
      const resource = await admin.resolve(object.apiVersion, object.kind);
      if (resource === undefined) throw new Error(`${object.kind} is not served`);
      return (await admin.create(resource, object)).object;
    },
    async close() {
      await transport.close();
      await server.close();
      await store.close();
    },
  };
  for (const name of ["default", "team-a"]) {
    await opened.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  return opened;
}

/** Resolves with the first truthy answer; asks again as events come in, and fails with what was last seen. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 60_000;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not happen; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** How often is looked whether something was written. */
const lookMs = 10;

/**
 * Resolves when nothing was written for so long. Counted in looks, between which everything that is due goes on: a machine
 * that stands still in the meantime is no proof of quiet.
 */
export async function quiet(writes: readonly string[], ms: number): Promise<void> {
  let before = writes.length;
  for (let looks = 0; looks * lookMs < ms; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    if (writes.length === before) continue;
    before = writes.length;
    looks = 0;
  }
}
