import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { derivedName, owned, portOf, selectorLabels } from "./names.ts";

export const serviceName = (distribution: LlamaStackDistribution): string =>
  derivedName(distribution, "service");

/** The Service in front of the server. There always is one: without it nothing could ask the server anything. */
export function service(distribution: LlamaStackDistribution): KubeObject {
  const port = portOf(distribution);
  return owned(distribution, {
    apiVersion: "v1",
    kind: "Service",
    name: serviceName(distribution),
    spec: {
      type: "ClusterIP",
      selector: selectorLabels(distribution.metadata.name ?? ""),
      ports: [{ name: "http", port, targetPort: "http", protocol: "TCP" }],
    },
  });
}

/** Where the server answers inside the cluster. */
export function serviceUrl(distribution: LlamaStackDistribution): string {
  const { namespace = "" } = distribution.metadata;
  const scheme = distribution.spec.networking?.tls?.enabled === true ? "https" : "http";
  return `${scheme}://${serviceName(distribution)}.${namespace}.svc.cluster.local:${String(portOf(distribution))}`;
}
