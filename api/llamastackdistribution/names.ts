import type { PrinterColumn } from "../meta/resource-definition.ts";

/** How LlamaStackDistribution is named on the wire. */
export const llamaStackDistributionNames = {
  group: "hawsepipe.dev",
  kind: "LlamaStackDistribution",
  listKind: "LlamaStackDistributionList",
  plural: "llamastackdistributions",
  singular: "llamastackdistribution",
  shortNames: ["llsd"],
  categories: ["all", "hawsepipe"],
  namespaced: true,
} as const;

const phase: PrinterColumn = {
  name: "Phase",
  type: "string",
  jsonPath: ".status.phase",
  description: "Summary of the state",
};
const available: PrinterColumn = {
  name: "Available",
  type: "integer",
  jsonPath: ".status.availableReplicas",
  description: "Replicas that are ready",
};
const age: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since creation",
};

/** The columns of `kubectl get`, per version. */
export const llamaStackDistributionColumns: Readonly<
  Record<"v1alpha1" | "v1alpha2", readonly PrinterColumn[]>
> = {
  v1alpha1: [
    phase,
    {
      name: "Operator Version",
      type: "string",
      jsonPath: ".status.version.operatorVersion",
      description: "Version of Hawsepipe that wrote the status",
    },
    {
      name: "Server Version",
      type: "string",
      jsonPath: ".status.version.llamaStackServerVersion",
      description: "Version the running server reports",
    },
    available,
    age,
  ],
  v1alpha2: [
    phase,
    {
      name: "Distribution",
      type: "string",
      jsonPath: ".status.resolvedDistribution.image",
      description: "Image in use",
      priority: 1,
    },
    {
      name: "Config",
      type: "string",
      jsonPath: ".status.configGeneration.configMapName",
      description: "ConfigMap with the generated configuration",
      priority: 1,
    },
    {
      name: "Providers",
      type: "integer",
      jsonPath: ".status.configGeneration.providerCount",
      description: "Providers in the generated configuration",
    },
    available,
    age,
  ],
};

/** Fields usable in field selectors, per version. */
export const llamaStackDistributionSelectableFields = {
  v1alpha1: [
    ".spec.server.userConfig.configMapName",
    ".spec.server.userConfig.configMapNamespace",
    ".spec.server.tlsConfig.caBundle.configMapName",
    ".spec.server.tlsConfig.caBundle.configMapNamespace",
  ],
  v1alpha2: [".spec.overrideConfig.configMapName", ".spec.networking.tls.caBundle.configMapName"],
} as const;
