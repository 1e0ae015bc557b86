import type { PrinterColumn } from "../meta/resource-definition.ts";

/** How InferenceProvider is named on the wire. */
export const inferenceProviderNames = {
  group: "hawsepipe.dev",
  kind: "InferenceProvider",
  listKind: "InferenceProviderList",
  plural: "inferenceproviders",
  singular: "inferenceprovider",
  shortNames: ["infp"],
  categories: ["hawsepipe"],
  namespaced: false,
} as const;

/** The columns of `kubectl get`. */
export const inferenceProviderColumns: readonly PrinterColumn[] = [
  {
    name: "Ready",
    type: "boolean",
    jsonPath: ".status.ready",
    description: "Whether it can take deployments",
  },
  {
    name: "Version",
    type: "string",
    jsonPath: ".status.version",
    description: "apiVersion of the kind that is written",
  },
  {
    name: "Engines",
    type: "string",
    jsonPath: ".spec.capabilities.engines[*].name",
    description: "Engines it can run",
    priority: 1,
  },
  {
    name: "Restricted",
    type: "boolean",
    jsonPath: ".spec.restricted",
    description: "Whether the verb use is needed",
    priority: 1,
  },
  {
    name: "Heartbeat",
    type: "date",
    jsonPath: ".status.lastHeartbeat",
    description: "Last sign of life",
    priority: 1,
  },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
];
