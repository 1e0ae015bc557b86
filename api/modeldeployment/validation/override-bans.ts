import type { JsonValue } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";

/**
 * What overrides must not touch, as exact paths in the provider resource, each with its reason. `*` stands for every
 * key of a map and `[]` for every item of a list. A key of the same name anywhere else is free to use.
 */
export interface Ban {
  readonly path: readonly string[];
  readonly reason: string;
  /** Values that only harden the pod and are therefore fine; absent means none. */
  readonly isHarmless?: (value: JsonValue) => boolean;
}

/** What of a provider's resources overrides could reach that they must not. */
export interface OverridableParts {
  /** Where pod specs stand: steps joined by dots, `*` and `[]` as in bans. */
  readonly podSpecs: readonly string[];
  /** Where replica counts and amounts stand that spec.serving sets. */
  readonly amounts: readonly string[];
  /** Keys of the overrides below which stands a partial resource of one component; absent when there are none. */
  readonly components?: readonly string[];
}

const setByServing = "would bypass the ceilings; use spec.serving";

const userAndPrivileges = "decides under which user and privileges the pod runs";

const apiCredentials = "would put API credentials into the pod";

const claims = "would bypass the ceilings, which count no devices of claims; use spec.serving.resources.gpu";

/** Fields of a pod spec that are out of bounds wherever it stands. */
const podFields: Readonly<Record<string, string>> = {
  serviceAccountName: "would give the pod another identity",
  serviceAccount: "would give the pod another identity",
  automountServiceAccountToken: apiCredentials,
  hostNetwork: "would expose the node's network",
  hostPID: "would expose the node's processes",
  hostIPC: "would expose the node's memory segments",
  hostUsers: "would turn off user namespaces",
  nodeName: "would bypass the scheduler",
  priorityClassName: "could evict other workloads",
  runtimeClassName: "would replace the container runtime",
  ephemeralContainers: "are for debugging running pods only",
  resourceClaims: claims,
  "volumes.[].hostPath": "would expose the node's file system",
  "volumes.[].projected.sources.[].serviceAccountToken": apiCredentials,
  "volumes.[].projected.sources.[].podCertificate": apiCredentials,
};

/** Overrides may not touch security contexts at all: they replace, and with null remove, what was rendered. */
const wholeContexts: Readonly<Record<string, string>> = {
  securityContext: userAndPrivileges,
  "containers.[].securityContext": userAndPrivileges,
  "initContainers.[].securityContext": userAndPrivileges,
  "mainContainer.securityContext": userAndPrivileges,
};

/** The pod template may harden its pods and sidecars, as the restricted pod security standard even demands. */
const contextFields: Readonly<Record<string, string>> = {
  sysctls: "would change kernel parameters",
  seLinuxOptions: "could lift the confinement of the pod",
  appArmorProfile: "could lift the confinement of the pod",
  seccompProfile: "could lift the confinement of the pod",
  "windowsOptions.hostProcess": "would run on the node itself",
  privileged: "would give root on the node",
  allowPrivilegeEscalation: "would allow to gain privileges",
  procMount: "would expose kernel interfaces",
  "capabilities.add": "would add privileges",
};

const isFalse = (value: JsonValue): boolean => value === false;
const isDefaultProfile = (value: JsonValue): boolean =>
  isObject(value) && getKey(value, "type") === "RuntimeDefault";

/** By the last element of the path. */
const harmless: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  automountServiceAccountToken: isFalse,
  hostNetwork: isFalse,
  hostPID: isFalse,
  hostIPC: isFalse,
  hostUsers: isFalse,
  privileged: isFalse,
  allowPrivilegeEscalation: isFalse,
  seccompProfile: isDefaultProfile,
  appArmorProfile: isDefaultProfile,
};

const containerResources = [
  "resources",
  "containers.[].resources",
  "initContainers.[].resources",
  "mainContainer.resources",
];

const roots: Readonly<Record<string, string>> = {
  apiVersion: "belongs to the provider",
  kind: "belongs to the provider",
  metadata:
    "is set by Hawsepipe; use spec.workload.podTemplate.metadata for labels and annotations of the pods",
  status: "is written by the provider's operator",
};

function ban(path: string, reason: string): Ban {
  const steps = path.split(".");
  const isHarmless = harmless[steps.at(-1) ?? ""];
  return { path: steps, reason, ...(isHarmless === undefined ? {} : { isHarmless }) };
}

/** Bans inside `spec.provider.overrides`, for all providers there are: what one forbids means nothing to the others. */
export function overrideBansOf(providers: readonly OverridableParts[]): readonly Ban[] {
  const bans = [
    ...rootBans(""),
    ...providers.flatMap(({ podSpecs, amounts, components = [] }) =>
      ["", ...components.map((key) => `${key}.`)].flatMap((at) => [
        ...rootBans(at),
        ...podSpecs.flatMap((pod) => podBans(at + pod)),
        ...amounts.map((path) => ban(at + path, setByServing)),
      ]),
    ),
  ];
  return [...new Map(bans.map((one) => [one.path.join("."), one])).values()];
}

const rootBans = (at: string): Ban[] => Object.entries(roots).map(([path, reason]) => ban(at + path, reason));

const podBans = (pod: string): Ban[] => [
  ...Object.entries({ ...podFields, ...wholeContexts }).map(([field, reason]) =>
    ban(`${pod}.${field}`, reason),
  ),
  ...containerResources.map((field) => ban(`${pod}.${field}`, setByServing)),
];

/** Bans inside `spec.workload.podTemplate.spec`; amounts there are measured against the ceilings instead. */
export const podTemplateBans: readonly Ban[] = [
  ...Object.entries(podFields).map(([field, reason]) => ban(field, reason)),
  ...["containers.[].", "initContainers.[]."].map((place) => ban(`${place}resources.claims`, claims)),
  ...["", "containers.[].", "initContainers.[]."].flatMap((place) => [
    { ...ban(`${place}securityContext`, userAndPrivileges), isHarmless: isObject },
    ...Object.entries(contextFields).map(([field, reason]) =>
      ban(`${place}securityContext.${field}`, reason),
    ),
  ]),
];
