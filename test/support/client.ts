import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import { createHttpTransport } from "../../cluster/http-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import type { Transport } from "../../cluster/transport.ts";
import { realClock } from "../../machinery/clock.ts";

/** How to reach a server: what a kubeconfig with embedded certificates says. */
export interface Target {
  readonly origin: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Reads a kubeconfig that the server wrote. */
export function targetOf(kubeconfig: string): Target {
  const config = parse(readFileSync(kubeconfig, "utf8")) as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
  };
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} has no cluster or no user`);
  const decode = (text: string): string => Buffer.from(text, "base64").toString("utf8");
  return {
    origin: cluster.server,
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  };
}

/** A client over HTTP, as any program outside the server would have one. */
export function clientFor(kubeconfig: string): {
  readonly client: Client;
  readonly transport: Transport;
  readonly close: () => Promise<void>;
} {
  const transport = createHttpTransport(targetOf(kubeconfig));
  const client = createRestClient({ transport, clock: realClock(), userAgent: "test/1" });
  return { client, transport, close: () => transport.close() };
}

export const configMaps: ResourceRef = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};
export const deployments: ResourceRef = {
  group: "apps",
  version: "v1",
  resource: "deployments",
  kind: "Deployment",
  namespaced: true,
};
export const modelDeployments: ResourceRef = {
  group: "hawsepipe.dev",
  version: "v1alpha2",
  resource: "modeldeployments",
  kind: "ModelDeployment",
  namespaced: true,
};
