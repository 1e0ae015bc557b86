/**
 * What overrides must not touch, as exact paths in the provider resource, each with its reason. `*` stands for every
 * key of a map and `[]` for every item of a list. A key of the same name anywhere else is free to use.
 */
export interface Ban {
  readonly path: readonly string[];
  readonly reason: string;
}

/** Where the provider resources known to us hold a pod spec. */
const podSpecs = [
  "spec.template.spec", // Deployment: vllm, llmd
  "inference.template.spec", // KAITO Workspace
  "tuning.template.spec",
  "spec.services.*.extraPodSpec", // Dynamo graph
  "spec.rayClusterConfig.headGroupSpec.template.spec", // KubeRay RayService
  "spec.rayClusterConfig.workerGroupSpecs.[].template.spec",
];

const setByServing = "would bypass the ceilings; use spec.serving";

/** Security-relevant fields of a pod spec. */
const podFields: Readonly<Record<string, string>> = {
  securityContext: "decides under which user and privileges the pod runs",
  serviceAccountName: "would give the pod another identity",
  serviceAccount: "would give the pod another identity",
  automountServiceAccountToken: "would put API credentials into the pod",
  hostNetwork: "would expose the node's network",
  hostPID: "would expose the node's processes",
  hostIPC: "would expose the node's memory segments",
  hostUsers: "would turn off user namespaces",
  nodeName: "would bypass the scheduler",
  priorityClassName: "could evict other workloads",
  runtimeClassName: "would replace the container runtime",
  ephemeralContainers: "are for debugging running pods only",
  "volumes.[].hostPath": "would expose the node's file system",
  "containers.[].securityContext": "decides under which user and privileges the container runs",
  "initContainers.[].securityContext": "decides under which user and privileges the container runs",
  "mainContainer.securityContext": "decides under which user and privileges the container runs",
};

const containerResources = [
  "containers.[].resources",
  "initContainers.[].resources",
  "mainContainer.resources",
];

/** Where the provider resources hold replica counts and amounts that spec.serving sets. */
const amounts = [
  "spec.replicas",
  "resource.count",
  "spec.services.*.replicas",
  "spec.services.*.autoscaling",
  "spec.services.*.resources",
  ...["replicas", "minReplicas", "maxReplicas"].map(
    (name) => `spec.rayClusterConfig.workerGroupSpecs.[].${name}`,
  ),
  ...podSpecs.flatMap((pod) => containerResources.map((field) => `${pod}.${field}`)),
];

const roots: Readonly<Record<string, string>> = {
  apiVersion: "belongs to the provider",
  kind: "belongs to the provider",
  metadata:
    "is set by Hawsepipe; use spec.workload.podTemplate.metadata for labels and annotations of the pods",
  status: "is written by the provider's operator",
};

const ban = (path: string, reason: string): Ban => ({ path: path.split("."), reason });

/** Bans inside `spec.provider.overrides`. */
export const overrideBans: readonly Ban[] = [
  ...Object.entries(roots).map(([path, reason]) => ban(path, reason)),
  ...podSpecs.flatMap((pod) =>
    Object.entries(podFields).map(([field, reason]) => ban(`${pod}.${field}`, reason)),
  ),
  ...amounts.map((path) => ban(path, setByServing)),
];

/** Bans inside `spec.workload.podTemplate.spec`; amounts there are measured against the ceilings instead. */
export const podTemplateBans: readonly Ban[] = Object.entries(podFields).map(([field, reason]) =>
  ban(field, reason),
);
