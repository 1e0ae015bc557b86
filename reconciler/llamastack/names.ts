import { llamaStackDistributionNames } from "../../api/llamastackdistribution/names.ts";
import type { ResourceRef } from "../../cluster/client.ts";

const { group, plural, kind, namespaced } = llamaStackDistributionNames;

/** LlamaStackDistributions in the version the reconciler works on. */
export const llamaStackDistributions: ResourceRef = {
  group,
  version: "v1alpha2",
  resource: plural,
  kind,
  namespaced,
};

export const configMaps: ResourceRef = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

export const secrets: ResourceRef = {
  group: "",
  version: "v1",
  resource: "secrets",
  kind: "Secret",
  namespaced: true,
};

export const replicaSets: ResourceRef = {
  group: "apps",
  version: "v1",
  resource: "replicasets",
  kind: "ReplicaSet",
  namespaced: true,
};

export const pods: ResourceRef = {
  group: "",
  version: "v1",
  resource: "pods",
  kind: "Pod",
  namespaced: true,
};

/** Everything that is rendered for a LlamaStackDistribution. */
export const renderedKinds: readonly { readonly apiVersion: string; readonly kind: string }[] = [
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "PersistentVolumeClaim" },
  { apiVersion: "v1", kind: "ServiceAccount" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
];
