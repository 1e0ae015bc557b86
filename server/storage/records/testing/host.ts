/**
 * A host for records in this process: the generic server itself, serving the CustomResourceDefinition of the manifest
 * from a memory store. Requests go through the whole pipeline, and through a wire that a test may break.
 */
import { randomInt, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Registry } from "@prometheus-io/client";
import type { ResourceDefinition } from "../../../../api/meta/resource-definition.ts";
import type { Client } from "../../../../cluster/client.ts";
import { createInProcessTransport } from "../../../../cluster/in-process-transport.ts";
import { createRestClient } from "../../../../cluster/rest-client.ts";
import type { Transport } from "../../../../cluster/transport.ts";
import type { Clock } from "../../../../machinery/clock.ts";
import { realClock } from "../../../../machinery/clock.ts";
import type { JsonObject } from "../../../../machinery/json/value.ts";
import { decodeYaml } from "../../../../machinery/yaml/decode.ts";
import { loadCustomResourceDefinition } from "../../../crds/load.ts";
import { openGenericServer } from "../../../generic-server.ts";
import { silentLogger } from "../../../http/logger.ts";
import { openMemoryStore } from "../../memory/memory-store.ts";
import type { Store } from "../../store.ts";
import { openRecordsStore } from "../records-store.ts";
import { FaultyWire } from "./faulty-wire.ts";

export interface Host {
  /** What the host itself keeps; its revisions are the resourceVersions of records. */
  readonly backing: Store;
  readonly client: Client;
  /** A client of its own for one replica, with a wire that can be broken. */
  wire(): { readonly client: Client; readonly wire: FaultyWire };
  /** A store over this host, closed with it unless before. */
  open(client?: Client, clock?: Clock, onError?: (error: unknown) => void): Promise<Store>;
  close(): Promise<void>;
}

export const hostNamespace = "hawsepipe-system";
const user = { name: "system:serviceaccount:hawsepipe-system:hawsepipe", groups: ["system:masters"] };

/** The manifest that is installed in clusters. */
export function recordManifest(): JsonObject {
  const file = new URL("../../../../manifests/records/crd.yaml", import.meta.url);
  return decodeYaml(readFileSync(file, "utf8")).value as JsonObject;
}

function recordDefinition(): ResourceDefinition {
  const { definition, errors } = loadCustomResourceDefinition(recordManifest());
  if (definition === undefined) throw new Error(JSON.stringify(errors));
  return definition;
}

/** Opens a host without any record. */
export async function openHost(): Promise<Host> {
  const clock = realClock();
  const backing = openMemoryStore();
  const server = await openGenericServer({
    store: backing,
    definitions: [recordDefinition()],
    authenticator: { authenticate: () => ({ user }) },
    authorization: () => ({
      authorizer: { authorize: () => ({ decision: "Allow", reason: "" }) },
      rules: { rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }) },
    }),
    plugins: () => [],
    clock,
    random: { uuid: randomUUID, integer: (max) => randomInt(max) },
    logger: silentLogger,
    metrics: new Registry(),
    version: { major: "1", minor: "35", gitVersion: "v1.35.0", gitCommit: "", gitTreeState: "", buildDate: "", goVersion: "", compiler: "", platform: "" }, // prettier-ignore
  });
  const transports: Transport[] = [];
  const stores: Store[] = [];
  const connect = (): FaultyWire => {
    const wire = new FaultyWire(
      createInProcessTransport((request) => server.api.dispatch(request), user, clock),
    );
    transports.push(wire);
    return wire;
  };
  const clientOver = (transport: Transport): Client =>
    createRestClient({ transport, clock, userAgent: "hawsepipe/test" });
  const client = clientOver(connect());
  return {
    backing,
    client,
    wire() {
      const wire = connect();
      return { wire, client: clientOver(wire) };
    },
    async open(own = client, ownClock = clock, onError = () => undefined) {
      const store = await openRecordsStore({
        client: own,
        namespace: hostNamespace,
        identity: randomUUID(),
        clock: ownClock,
        random: Math.random,
        onError,
      });
      stores.push(store);
      return store;
    },
    async close() {
      for (const store of stores) await store.close();
      for (const transport of transports) await transport.close();
      await server.close();
      await backing.close();
    },
  };
}
