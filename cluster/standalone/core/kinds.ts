/**
 * The core kinds a standalone server serves beside ours, so that rendered resources are real objects and
 * `kubectl get` shows them. Same generic server, same machinery as for a CRD; no controller is implied by serving them.
 */
import { readFileSync } from "node:fs";
import type { ResourceDefinition } from "../../../api/meta/resource-definition.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../../machinery/json/value.ts";
import { lazy } from "../../../machinery/lazy.ts";
import { parseStructural } from "../../../machinery/schema/parse.ts";
import type { Structural } from "../../../machinery/schema/structural.ts";
import { coreColumns } from "./columns.ts";
import { withDefaults } from "./defaults.ts";

interface CoreKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly isClusterScoped?: boolean;
  readonly hasStatus?: boolean;
  readonly isScalable?: boolean;
  readonly selectableFields?: readonly string[];
  readonly canonicalize?: (object: JsonObject) => JsonObject;
  /** Path segment names rather than DNS names: RBAC kinds allow `system:node`. */
  readonly hasPathSegmentName?: boolean;
}

const rbac = { group: "rbac.authorization.k8s.io", version: "v1", hasPathSegmentName: true } as const;

const coreKinds: readonly CoreKind[] = [
  {
    group: "",
    version: "v1",
    kind: "Namespace",
    plural: "namespaces",
    shortNames: ["ns"],
    isClusterScoped: true,
    hasStatus: true,
    selectableFields: [".status.phase"],
  },
  {
    group: "",
    version: "v1",
    kind: "Secret",
    plural: "secrets",
    selectableFields: [".type"],
    canonicalize: encodeStringData,
  },
  { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", shortNames: ["cm"] },
  { group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", shortNames: ["sa"] },
  {
    group: "",
    version: "v1",
    kind: "Event",
    plural: "events",
    shortNames: ["ev"],
    selectableFields: [
      ".involvedObject.kind",
      ".involvedObject.namespace",
      ".involvedObject.name",
      ".involvedObject.uid",
      ".involvedObject.apiVersion",
      ".involvedObject.resourceVersion",
      ".involvedObject.fieldPath",
      ".reason",
      ".reportingComponent",
      ".type",
    ],
  },
  {
    group: "",
    version: "v1",
    kind: "Service",
    plural: "services",
    shortNames: ["svc"],
    categories: ["all"],
    hasStatus: true,
    selectableFields: [".spec.type", ".spec.clusterIP"],
  },
  {
    group: "",
    version: "v1",
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    shortNames: ["pvc"],
    hasStatus: true,
  },
  {
    group: "apps",
    version: "v1",
    kind: "Deployment",
    plural: "deployments",
    shortNames: ["deploy"],
    categories: ["all"],
    hasStatus: true,
    isScalable: true,
  },
  {
    group: "batch",
    version: "v1",
    kind: "Job",
    plural: "jobs",
    categories: ["all"],
    hasStatus: true,
  },
  {
    group: "networking.k8s.io",
    version: "v1",
    kind: "Ingress",
    plural: "ingresses",
    shortNames: ["ing"],
    hasStatus: true,
  },
  {
    group: "networking.k8s.io",
    version: "v1",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    shortNames: ["netpol"],
  },
  {
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    shortNames: ["hpa"],
    categories: ["all"],
    hasStatus: true,
  },
  {
    group: "policy",
    version: "v1",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    shortNames: ["pdb"],
    hasStatus: true,
  },
  { ...rbac, kind: "Role", plural: "roles" },
  { ...rbac, kind: "ClusterRole", plural: "clusterroles", isClusterScoped: true },
  { ...rbac, kind: "RoleBinding", plural: "rolebindings" },
  { ...rbac, kind: "ClusterRoleBinding", plural: "clusterrolebindings", isClusterScoped: true },
];

/** The definitions; schemas come from the generated file beside this one when the first of them is asked for. */
export function coreDefinitions(): readonly ResourceDefinition[] {
  const shapes = lazy(
    () =>
      JSON.parse(readFileSync(new URL("generated/core-schemas.json", import.meta.url), "utf8")) as Record<
        string,
        JsonObject
      >,
  );
  return coreKinds.map((kind) =>
    define(
      kind,
      lazy(() => schemaOf(kind, shapes()[kind.kind] ?? {})),
    ),
  );
}

function schemaOf(kind: CoreKind, shape: JsonObject): Structural {
  const { schema, errors } = parseStructural(withDefaults(kind.kind, shape));
  const first = errors[0];
  if (first !== undefined) throw new Error(`schema of ${kind.kind}: ${first.path}: ${first.detail}`);
  return schema;
}

function define(kind: CoreKind, schema: () => Structural): ResourceDefinition {
  return {
    group: kind.group,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    plural: kind.plural,
    singular: kind.kind.toLowerCase(),
    shortNames: kind.shortNames ?? [],
    categories: kind.categories ?? [],
    namespaced: kind.isClusterScoped !== true,
    strategicMerge: true,
    ...(kind.canonicalize === undefined ? {} : { canonicalize: kind.canonicalize }),
    ...(kind.hasPathSegmentName === true ? { validateName: pathSegmentName } : {}),
    versions: [
      {
        name: kind.version,
        served: true,
        storage: true,
        get schema() {
          return schema();
        },
        columns: coreColumns[kind.kind] ?? [],
        selectableFields: kind.selectableFields ?? [],
        status: kind.hasStatus === true,
        ...(kind.isScalable === true
          ? { scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } }
          : {}),
      },
    ],
  };
}

/** `stringData` is a way to write, never stored: its entries become base64 entries of `data`. */
function encodeStringData(secret: JsonObject): JsonObject {
  const given = getKey(secret, "stringData");
  if (!isObject(given)) return secret;
  const old = getKey(secret, "data");
  const data: JsonObject = isObject(old) ? old : {};
  for (const [key, value] of Object.entries(given)) {
    // Anything but a string is left for validation to refuse.
    if (typeof value !== "string") return secret;
    setKey(data, key, Buffer.from(value, "utf8").toString("base64"));
  }
  secret["data"] = data;
  delete secret["stringData"];
  return secret;
}

function pathSegmentName(name: string): readonly string[] {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((text) => name.includes(text)).map((text) => `may not contain '${text}'`);
}
