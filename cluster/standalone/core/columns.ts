import type { PrinterColumn } from "../../../api/meta/resource-definition.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath, isObject } from "../../../machinery/json/value.ts";

const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

const column = (name: string, cell: (object: JsonObject) => JsonValue, priority = 0): PrinterColumn => ({
  name,
  type: "string",
  priority,
  cell,
});

const text = (value: JsonValue | undefined, otherwise = ""): string => {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : otherwise;
};
const count = (...values: readonly (JsonValue | undefined)[]): number =>
  values.reduce<number>((sum, value) => sum + (isObject(value) ? Object.keys(value).length : 0), 0);
const list = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);

const servicePort = (port: JsonValue): string => {
  const nodePort = text(getPath(port, "nodePort"));
  return `${text(getPath(port, "port"))}${nodePort === "" ? "" : `:${nodePort}`}/${text(getPath(port, "protocol"), "TCP")}`;
};

const roleRef = column(
  "Role",
  (o) => `${text(getPath(o, "roleRef", "kind"))}/${text(getPath(o, "roleRef", "name"))}`,
);

/** What `kubectl get` shows of the core kinds, as the server of a cluster prints them. */
export const coreColumns: Readonly<Record<string, readonly PrinterColumn[]>> = {
  Namespace: [{ name: "Status", type: "string", jsonPath: ".status.phase" }, age],
  Secret: [
    { name: "Type", type: "string", jsonPath: ".type" },
    { name: "Data", type: "integer", cell: (o) => count(o["data"]) },
    age,
  ],
  ConfigMap: [{ name: "Data", type: "integer", cell: (o) => count(o["data"], o["binaryData"]) }, age],
  ServiceAccount: [{ name: "Secrets", type: "integer", cell: (o) => list(o["secrets"]).length }, age],
  Event: [
    { name: "Last Seen", type: "date", cell: lastSeen },
    { name: "Type", type: "string", jsonPath: ".type" },
    { name: "Reason", type: "string", jsonPath: ".reason" },
    column(
      "Object",
      (o) =>
        `${text(getPath(o, "involvedObject", "kind")).toLowerCase()}/${text(getPath(o, "involvedObject", "name"))}`,
    ),
    column("Subobject", (o) => text(getPath(o, "involvedObject", "fieldPath")), 1),
    column("Source", eventSource, 1),
    { name: "Message", type: "string", jsonPath: ".message" },
    { name: "First Seen", type: "date", cell: firstSeen, priority: 1 },
    { name: "Count", type: "string", cell: eventCount, priority: 1 },
    { name: "Name", type: "string", format: "name", jsonPath: ".metadata.name", priority: 1, isName: true },
  ],
  Service: [
    { name: "Type", type: "string", jsonPath: ".spec.type" },
    column("Cluster-IP", (o) => text(getPath(o, "spec", "clusterIP"), "<none>")),
    column(
      "Port(s)",
      (o) =>
        list(getPath(o, "spec", "ports"))
          .map(servicePort)
          .join(",") || "<none>",
    ),
    age,
    column("Selector", (o) => labels(getPath(o, "spec", "selector")), 1),
  ],
  PersistentVolumeClaim: [
    { name: "Status", type: "string", jsonPath: ".status.phase" },
    { name: "Volume", type: "string", jsonPath: ".spec.volumeName" },
    { name: "Capacity", type: "string", jsonPath: ".status.capacity.storage" },
    column("Access Modes", (o) =>
      list(getPath(o, "spec", "accessModes"))
        .map((mode) => text(mode))
        .join(","),
    ),
    { name: "StorageClass", type: "string", jsonPath: ".spec.storageClassName" },
    age,
  ],
  Deployment: [
    column(
      "Ready",
      (o) =>
        `${text(getPath(o, "status", "readyReplicas"), "0")}/${text(getPath(o, "spec", "replicas"), "0")}`,
    ),
    { name: "Up-to-date", type: "integer", cell: (o) => getPath(o, "status", "updatedReplicas") ?? 0 },
    { name: "Available", type: "integer", cell: (o) => getPath(o, "status", "availableReplicas") ?? 0 },
    age,
    column("Containers", (o) => containers(o, "name"), 1),
    column("Images", (o) => containers(o, "image"), 1),
    column("Selector", (o) => labels(getPath(o, "spec", "selector", "matchLabels")), 1),
  ],
  Job: [
    column("Status", jobState),
    column(
      "Completions",
      (o) =>
        `${text(getPath(o, "status", "succeeded"), "0")}/${text(getPath(o, "spec", "completions"), "1")}`,
    ),
    age,
    column("Containers", (o) => containers(o, "name"), 1),
    column("Images", (o) => containers(o, "image"), 1),
    column("Selector", (o) => labels(getPath(o, "spec", "selector", "matchLabels")), 1),
  ],
  Ingress: [
    column("Class", (o) => text(getPath(o, "spec", "ingressClassName"), "<none>")),
    column("Hosts", ingressHosts),
    column("Address", ingressAddress),
    column("Ports", (o) => (list(getPath(o, "spec", "tls")).length > 0 ? "80, 443" : "80")),
    age,
  ],
  NetworkPolicy: [
    column("Pod-Selector", (o) => labels(getPath(o, "spec", "podSelector", "matchLabels"))),
    age,
  ],
  HorizontalPodAutoscaler: [
    column("Reference", (o) => {
      const target = getPath(o, "spec", "scaleTargetRef");
      return `${text(getPath(target, "kind"))}/${text(getPath(target, "name"))}`;
    }),
    column("Targets", autoscalerTargets),
    column("MinPods", (o) => text(getPath(o, "spec", "minReplicas"), "<unset>")),
    { name: "MaxPods", type: "integer", jsonPath: ".spec.maxReplicas" },
    { name: "Replicas", type: "integer", cell: (o) => getPath(o, "status", "currentReplicas") ?? 0 },
    age,
  ],
  PodDisruptionBudget: [
    column("Min Available", (o) => text(getPath(o, "spec", "minAvailable"), "N/A")),
    column("Max Unavailable", (o) => text(getPath(o, "spec", "maxUnavailable"), "N/A")),
    {
      name: "Allowed Disruptions",
      type: "integer",
      cell: (o) => getPath(o, "status", "disruptionsAllowed") ?? 0,
    },
    age,
  ],
  Role: [{ name: "Created At", type: "string", jsonPath: ".metadata.creationTimestamp" }],
  ClusterRole: [{ name: "Created At", type: "string", jsonPath: ".metadata.creationTimestamp" }],
  RoleBinding: [roleRef, age],
  ClusterRoleBinding: [roleRef, age],
};

/** Events of the newer API have only a time, and a series when they repeat. */
function firstSeen(event: JsonObject): JsonValue {
  return event["firstTimestamp"] ?? event["eventTime"] ?? null;
}

function lastSeen(event: JsonObject): JsonValue {
  return getPath(event, "series", "lastObservedTime") ?? event["lastTimestamp"] ?? firstSeen(event);
}

function eventCount(event: JsonObject): JsonValue {
  return text(getPath(event, "series", "count") ?? event["count"], "1");
}

function eventSource(event: JsonObject): string {
  const component = text(getPath(event, "source", "component"), text(event["reportingComponent"]));
  const host = text(getPath(event, "source", "host"), text(event["reportingInstance"]));
  return host === "" ? component : `${component}, ${host}`;
}

function jobState(job: JsonObject): string {
  const isTrue = (type: string): boolean =>
    list(getPath(job, "status", "conditions")).some(
      (condition) => getPath(condition, "type") === type && getPath(condition, "status") === "True",
    );
  return ["Complete", "Failed"].find(isTrue) ?? "Running";
}

/** Of metrics other than the shares of what pods ask for, only that there are some. */
function autoscalerTargets(autoscaler: JsonObject): string {
  const current = list(getPath(autoscaler, "status", "currentMetrics"));
  const shown = list(getPath(autoscaler, "spec", "metrics")).map((metric) => {
    const name = text(getPath(metric, "resource", "name"));
    const wanted = getPath(metric, "resource", "target", "averageUtilization");
    if (wanted === undefined) return "<unknown>";
    const now = current.find((candidate) => getPath(candidate, "resource", "name") === name);
    const share = text(getPath(now, "resource", "current", "averageUtilization"));
    return `${name}: ${share === "" ? "<unknown>" : `${share}%`}/${text(wanted)}%`;
  });
  return shown.join(", ") || "<none>";
}

/** The first few: more would push every other column out of sight. */
function ingressHosts(ingress: JsonObject): string {
  const hosts = list(getPath(ingress, "spec", "rules"))
    .map((rule) => text(getPath(rule, "host")))
    .filter((host) => host !== "");
  const shown = hosts.slice(0, 3).join(",");
  if (hosts.length > 3) return `${shown} + ${String(hosts.length - 3)} more...`;
  return hosts.length === 0 ? "*" : shown;
}

function ingressAddress(ingress: JsonObject): string {
  return list(getPath(ingress, "status", "loadBalancer", "ingress"))
    .map((point) => text(getPath(point, "ip")) || text(getPath(point, "hostname")))
    .join(",");
}

function containers(deployment: JsonObject, field: string): string {
  return list(getPath(deployment, "spec", "template", "spec", "containers"))
    .map((container) => text(getPath(container, field)))
    .join(",");
}

function labels(value: JsonValue | undefined): string {
  if (!isObject(value) || Object.keys(value).length === 0) return "<none>";
  return Object.entries(value)
    .map(([key, item]) => `${key}=${text(item)}`)
    .join(",");
}
