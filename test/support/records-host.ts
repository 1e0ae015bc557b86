/** A real kube-apiserver over etcd with the kind of records installed, for tests and benchmarks. */
import { randomUUID } from "node:crypto";
import type { Client } from "../../cluster/client.ts";
import { createHttpTransport } from "../../cluster/http-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import type { Transport } from "../../cluster/transport.ts";
import type { ControlPlane } from "../../hack/controlplane/start.ts";
import { startControlPlane } from "../../hack/controlplane/start.ts";
import { realClock } from "../../machinery/clock.ts";
import { openRecordsStore } from "../../server/storage/records/records-store.ts";
import type { Store } from "../../server/storage/store.ts";
import { recordManifest } from "../../server/storage/records/testing/host.ts";
import { asKubeObject } from "../../api/meta/types.ts";
import { eventually } from "./kubectl.ts";

export interface RecordsHost {
  readonly plane: ControlPlane;
  readonly client: Client;
  /** A new namespace for records of its own. */
  namespace(): Promise<string>;
  /** A store over connections of its own, closed with the host unless before. */
  open(namespace: string): Promise<Store>;
  close(): Promise<void>;
}

const namespaces = { group: "", version: "v1", resource: "namespaces", kind: "Namespace", namespaced: false };
const crds = {
  group: "apiextensions.k8s.io",
  version: "v1",
  resource: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/** Starts etcd and kube-apiserver and waits until records are served. */
export async function startRecordsHost(): Promise<RecordsHost> {
  const plane = await startControlPlane();
  const clock = realClock();
  const transports: Transport[] = [];
  const stores: Store[] = [];
  const connect = (): Client => {
    const transport = createHttpTransport({
      origin: plane.url,
      ca: plane.certificates.ca,
      cert: plane.admin.cert,
      key: plane.admin.key,
    });
    transports.push(transport);
    return createRestClient({ transport, clock, userAgent: "hawsepipe/test" });
  };
  const client = connect();
  await client.create(crds, asKubeObject(recordManifest()));
  let serial = 0;
  const host: RecordsHost = {
    plane,
    client,
    async namespace() {
      const name = `records-${(serial += 1)}`;
      await client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      return name;
    },
    async open(namespace) {
      const store = await openRecordsStore({
        client: connect(),
        namespace,
        identity: randomUUID(),
        clock,
        random: Math.random,
      });
      stores.push(store);
      return store;
    },
    async close() {
      for (const store of stores) await store.close();
      for (const transport of transports) await transport.close();
      await plane.stop();
    },
  };
  await served(client);
  return host;
}

/** A new kind is not served at once. */
async function served(client: Client): Promise<void> {
  await eventually("records are served", () => client.resolve("storage.hawsepipe.dev/v1", "Record"));
}
