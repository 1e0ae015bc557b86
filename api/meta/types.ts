import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";

/** Group, version and resource (plural, lower case). The core group is the empty string. */
export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(gv: { group: string; version: string }): string {
  return gv.group === "" ? gv.version : `${gv.group}/${gv.version}`;
}

/** The reverse of apiVersionOf; anything after a second slash stays in the version. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `modeldeployments.hawsepipe.dev`, or `secrets` for the core group: how messages name a resource. */
export function groupResource(gr: { group: string; resource: string }): string {
  return gr.group === "" ? gr.resource : `${gr.resource}.${gr.group}`;
}

/** Whether a group is one of those Kubernetes keeps for itself: custom kinds have a domain of somebody else. */
export const isBuiltInGroup = (group: string): boolean => !group.includes(".") || group.endsWith(".k8s.io");

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  time?: string;
  fieldsType: "FieldsV1";
  fieldsV1?: JsonObject;
  subresource?: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  /** Decimal text, opaque to clients. */
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339, UTC, seconds. */
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any object of the API, typed only as far as every object is. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  observedGeneration?: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

/** The same object seen as JSON, for the generic machinery; no copy is made. */
export const asJson = (object: KubeObject): JsonObject => object as unknown as JsonObject;
/** The same JSON seen as an object of the API; the caller has checked apiVersion, kind and metadata. */
export const asKubeObject = (value: JsonValue): KubeObject => value as unknown as KubeObject;
