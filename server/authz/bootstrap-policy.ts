import type { JsonObject } from "../../machinery/json/value.ts";

const rbacApiVersion = "rbac.authorization.k8s.io/v1";
const readVerbs = ["get", "list", "watch"];
const writeVerbs = ["create", "delete", "deletecollection", "patch", "update"];

const metadata = (name: string, labels: Readonly<Record<string, string>> = {}): JsonObject => ({
  name,
  labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
  annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
});

const resources = (group: string, names: readonly string[], verbs: readonly string[]): JsonObject => ({
  apiGroups: [group],
  resources: [...names],
  verbs: [...verbs],
});

const paths = (...urls: readonly string[]): JsonObject => ({ nonResourceURLs: [...urls], verbs: ["get"] });

const clusterRole = (
  name: string,
  rules: readonly JsonObject[],
  labels?: Readonly<Record<string, string>>,
): JsonObject => ({
  apiVersion: rbacApiVersion,
  kind: "ClusterRole",
  metadata: metadata(name, labels),
  rules: [...rules],
});

const aggregatedRole = (
  name: string,
  collects: string,
  labels?: Readonly<Record<string, string>>,
): JsonObject => ({
  apiVersion: rbacApiVersion,
  kind: "ClusterRole",
  metadata: metadata(name, labels),
  aggregationRule: {
    clusterRoleSelectors: [
      { matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${collects}`]: "true" } },
    ],
  },
  rules: [],
});

const aggregateTo = (role: string): Readonly<Record<string, string>> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${role}`]: "true",
});

const bindGroups = (role: string, ...groups: readonly string[]): JsonObject => ({
  apiVersion: rbacApiVersion,
  kind: "ClusterRoleBinding",
  metadata: metadata(role),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
  subjects: groups.map((name) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name })),
});

const readableCore = [
  "configmaps",
  "endpoints",
  "events",
  "namespaces",
  "namespaces/status",
  "persistentvolumeclaims",
  "persistentvolumeclaims/status",
  "pods",
  "pods/log",
  "pods/status",
  "serviceaccounts",
  "services",
  "services/status",
];
const writableCore = [
  "configmaps",
  "events",
  "persistentvolumeclaims",
  "pods",
  "secrets",
  "serviceaccounts",
  "services",
];
const readableApps = [
  "deployments",
  "deployments/scale",
  "deployments/status",
  "replicasets",
  "replicasets/scale",
  "replicasets/status",
  "statefulsets",
  "statefulsets/scale",
  "statefulsets/status",
];
const writableApps = [
  "deployments",
  "deployments/scale",
  "replicasets",
  "replicasets/scale",
  "statefulsets",
  "statefulsets/scale",
];

const readableBatch = ["cronjobs", "cronjobs/status", "jobs", "jobs/status"];
const writableBatch = ["cronjobs", "jobs"];

/**
 * The ClusterRoles and ClusterRoleBindings a server has from its first start, with kube-apiserver's names, so that
 * `admin`, `edit` and `view` mean what they mean everywhere and further roles can join them by label.
 */
export function bootstrapPolicy(): readonly JsonObject[] {
  const everything = [
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    { nonResourceURLs: ["*"], verbs: ["*"] },
  ];
  const health = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
  return [
    clusterRole("cluster-admin", everything),
    aggregatedRole("admin", "admin"),
    aggregatedRole("edit", "edit", aggregateTo("admin")),
    aggregatedRole("view", "view", aggregateTo("edit")),
    clusterRole(
      "system:aggregate-to-admin",
      [
        resources("authorization.k8s.io", ["localsubjectaccessreviews"], ["create"]),
        resources("rbac.authorization.k8s.io", ["rolebindings", "roles"], [...readVerbs, ...writeVerbs]),
      ],
      aggregateTo("admin"),
    ),
    clusterRole(
      "system:aggregate-to-edit",
      [
        resources("", ["secrets"], readVerbs),
        resources("", writableCore, writeVerbs),
        resources("apps", writableApps, writeVerbs),
        resources("batch", writableBatch, writeVerbs),
        resources("networking.k8s.io", ["ingresses", "networkpolicies"], writeVerbs),
        resources("autoscaling", ["horizontalpodautoscalers"], writeVerbs),
        resources("policy", ["poddisruptionbudgets"], writeVerbs),
      ],
      aggregateTo("edit"),
    ),
    clusterRole(
      "system:aggregate-to-view",
      [
        resources("", readableCore, readVerbs),
        resources("apps", readableApps, readVerbs),
        resources("batch", readableBatch, readVerbs),
        resources("networking.k8s.io", ["ingresses", "ingresses/status", "networkpolicies"], readVerbs),
        resources("autoscaling", ["horizontalpodautoscalers", "horizontalpodautoscalers/status"], readVerbs),
        resources("policy", ["poddisruptionbudgets", "poddisruptionbudgets/status"], readVerbs),
      ],
      aggregateTo("view"),
    ),
    clusterRole("system:discovery", [
      paths("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", ...health),
    ]),
    clusterRole("system:basic-user", [
      resources("authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
      resources("authentication.k8s.io", ["selfsubjectreviews"], ["create"]),
    ]),
    clusterRole("system:public-info-viewer", [paths(...health)]),
    bindGroups("cluster-admin", "system:masters"),
    bindGroups("system:discovery", "system:authenticated"),
    bindGroups("system:basic-user", "system:authenticated"),
    bindGroups("system:public-info-viewer", "system:authenticated", "system:unauthenticated"),
  ];
}
