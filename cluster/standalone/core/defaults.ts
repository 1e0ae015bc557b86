import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { cloneJson, getKey, isObject, setKey } from "../../../machinery/json/value.ts";

/**
 * The defaults kube-apiserver gives the core kinds, as far as a schema can say them. They matter here because a
 * reconciler that is silent only without defaults is not silent in a cluster.
 *
 * A path is a list of property names; `*` stands for the items of a list or the values of a map.
 */
interface Default {
  readonly at: string;
  readonly value: JsonValue;
}

const probe = (at: string): Default[] => [
  { at: `${at}.timeoutSeconds`, value: 1 },
  { at: `${at}.periodSeconds`, value: 10 },
  { at: `${at}.successThreshold`, value: 1 },
  { at: `${at}.failureThreshold`, value: 3 },
  { at: `${at}.httpGet.scheme`, value: "HTTP" },
  { at: `${at}.httpGet.path`, value: "/" },
];

const container = (at: string): Default[] => [
  { at: `${at}.terminationMessagePath`, value: "/dev/termination-log" },
  { at: `${at}.terminationMessagePolicy`, value: "File" },
  { at: `${at}.ports.*.protocol`, value: "TCP" },
  { at: `${at}.resources`, value: {} },
  { at: `${at}.env.*.valueFrom.fieldRef.apiVersion`, value: "v1" },
  ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((name) => probe(`${at}.${name}`)),
];

const podSpec = (at: string): Default[] => [
  { at: `${at}.restartPolicy`, value: "Always" },
  { at: `${at}.terminationGracePeriodSeconds`, value: 30 },
  { at: `${at}.dnsPolicy`, value: "ClusterFirst" },
  { at: `${at}.schedulerName`, value: "default-scheduler" },
  { at: `${at}.securityContext`, value: {} },
  { at: `${at}.volumes.*.secret.defaultMode`, value: 0o644 },
  { at: `${at}.volumes.*.configMap.defaultMode`, value: 0o644 },
  { at: `${at}.volumes.*.downwardAPI.defaultMode`, value: 0o644 },
  { at: `${at}.volumes.*.projected.defaultMode`, value: 0o644 },
  { at: `${at}.volumes.*.hostPath.type`, value: "" },
  ...container(`${at}.containers.*`),
  ...container(`${at}.initContainers.*`),
];

const byKind: Readonly<Record<string, readonly Default[]>> = {
  Secret: [{ at: "type", value: "Opaque" }],
  Service: [
    { at: "spec.type", value: "ClusterIP" },
    { at: "spec.sessionAffinity", value: "None" },
    { at: "spec.internalTrafficPolicy", value: "Cluster" },
    { at: "spec.ports.*.protocol", value: "TCP" },
    { at: "status", value: {} },
    { at: "status.loadBalancer", value: {} },
  ],
  PersistentVolumeClaim: [
    { at: "spec.volumeMode", value: "Filesystem" },
    { at: "status", value: {} },
    { at: "status.phase", value: "Pending" },
  ],
  Deployment: [
    { at: "spec.replicas", value: 1 },
    { at: "spec.revisionHistoryLimit", value: 10 },
    { at: "spec.progressDeadlineSeconds", value: 600 },
    { at: "spec.strategy", value: {} },
    { at: "spec.strategy.type", value: "RollingUpdate" },
    ...podSpec("spec.template.spec"),
    { at: "status", value: {} },
  ],
  Job: [
    { at: "spec.parallelism", value: 1 },
    { at: "spec.completions", value: 1 },
    { at: "spec.backoffLimit", value: 6 },
    { at: "spec.completionMode", value: "NonIndexed" },
    { at: "spec.suspend", value: false },
    { at: "spec.podReplacementPolicy", value: "TerminatingOrFailed" },
    // The pods of a Job have no restart policy unless they name one.
    ...podSpec("spec.template.spec").filter(({ at }) => !at.endsWith(".restartPolicy")),
    { at: "status", value: {} },
  ],
  Ingress: [
    { at: "status", value: {} },
    { at: "status.loadBalancer", value: {} },
  ],
  NetworkPolicy: [
    { at: "spec.ingress.*.ports.*.protocol", value: "TCP" },
    { at: "spec.egress.*.ports.*.protocol", value: "TCP" },
  ],
  HorizontalPodAutoscaler: [
    { at: "spec.minReplicas", value: 1 },
    {
      at: "spec.metrics",
      value: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
        },
      ],
    },
  ],
};

/** The schema of a core kind, a CRD's openAPIV3Schema as JSON, with its defaults written in. A new value. */
export function withDefaults(kind: string, schema: JsonObject): JsonObject {
  const copy = cloneJson(schema);
  for (const { at, value } of byKind[kind] ?? []) setDefault(copy, at, value);
  return copy;
}

function setDefault(schema: JsonObject, at: string, value: JsonValue): void {
  let node = schema;
  for (const name of at.split(".")) {
    const next =
      name === "*" ? (getKey(node, "items") ?? getKey(node, "additionalProperties")) : property(node, name);
    if (!isObject(next)) throw new Error(`the schema has no field ${at}`);
    node = next;
  }
  setKey(node, "default", value);
}

function property(node: JsonObject, name: string): JsonValue | undefined {
  const properties = getKey(node, "properties");
  return isObject(properties) ? getKey(properties, name) : undefined;
}
