import type { UserInfo } from "../../api/meta/user.ts";

/** Users by name, or by a group they are in. Names are whole: a pattern would let tenants name themselves into it. */
export interface IdentityList {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Who is who to the guard. */
export interface GuardIdentities {
  /** Whoever applies what Hawsepipe renders. */
  readonly hawsepipe: IdentityList;
  /** The cluster's own machinery: nothing it does is ever refused. */
  readonly cluster: IdentityList;
  /** Whoever changes replica counts by load. Part of the cluster, yet at odds with Hawsepipe on what it renders. */
  readonly autoscalers: IdentityList;
  /** The operators, by the API group of their kinds. */
  readonly operators: Readonly<Record<string, IdentityList>>;
}

/** How a request stands to a resource. */
export type Actor = "hawsepipe" | "cluster" | "autoscaler" | "operator" | "serviceAccount" | "user";

const serviceAccount = (namespace: string, name: string): string =>
  `system:serviceaccount:${namespace}:${name}`;
const inNamespace = (namespace: string): string => `system:serviceaccounts:${namespace}`;

/** The identities of an ordinary installation, with operators in the namespaces their documentation uses. */
export function defaultIdentities(
  own: IdentityList = { users: [serviceAccount("hawsepipe-system", "hawsepipe")], groups: [] },
): GuardIdentities {
  return {
    hawsepipe: own,
    cluster: {
      users: [
        "system:apiserver",
        // Without credentials per controller, garbage collector and namespace controller are this one user.
        "system:kube-controller-manager",
        "system:kube-scheduler",
        "system:cloud-controller-manager",
        serviceAccount("kube-system", "generic-garbage-collector"),
        serviceAccount("kube-system", "namespace-controller"),
        serviceAccount("kube-system", "deployment-controller"),
        serviceAccount("kube-system", "replicaset-controller"),
        serviceAccount("kube-system", "resourcequota-controller"),
        serviceAccount("kube-system", "pvc-protection-controller"),
        serviceAccount("kube-system", "persistent-volume-binder"),
      ],
      // Add-ons such as storage provisioners and load balancer controllers are usually here as well.
      groups: [inNamespace("kube-system"), "system:nodes"],
    },
    autoscalers: { users: [serviceAccount("kube-system", "horizontal-pod-autoscaler")], groups: [] },
    operators: {
      "kaito.sh": { users: [], groups: [inNamespace("kaito-workspace")] },
      "nvidia.com": { users: [], groups: [inNamespace("dynamo-system")] },
      "ray.io": { users: [], groups: [inNamespace("kuberay-system"), inNamespace("kuberay-operator")] },
    },
  };
}

/** Who the user is to resources of this API group. */
export function actorOf(user: UserInfo, group: string, identities: GuardIdentities): Actor {
  if (isListed(user, identities.hawsepipe)) return "hawsepipe";
  if (isListed(user, identities.autoscalers)) return "autoscaler";
  if (isListed(user, identities.cluster)) return "cluster";
  const operators = Object.hasOwn(identities.operators, group) ? identities.operators[group] : undefined;
  if (operators !== undefined && isListed(user, operators)) return "operator";
  return user.groups.includes("system:serviceaccounts") ? "serviceAccount" : "user";
}

const isListed = (user: UserInfo, { users, groups }: IdentityList): boolean =>
  users.includes(user.name) || user.groups.some((group) => groups.includes(group));
