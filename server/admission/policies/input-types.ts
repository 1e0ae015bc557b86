/** What kube-apiserver declares of the things a policy may read; what is not declared here does not compile. */
import type { CelType } from "../../../machinery/cel/type.ts";
import { celTypes, listOf, mapOf } from "../../../machinery/cel/type.ts";

const { string, bool, int, dyn, timestamp } = celTypes;
const object = (fields: Readonly<Record<string, CelType>>): CelType => ({
  kind: "object",
  fields: new Map(Object.entries(fields)),
});

const kind = object({ group: string, version: string, kind: string });
const resource = object({ group: string, version: string, resource: string });

/** The AdmissionRequest without the objects. */
export const requestType = object({
  kind,
  resource,
  subResource: string,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: object({
    username: string,
    uid: string,
    groups: listOf(string),
    extra: mapOf(string, listOf(string)),
  }),
  dryRun: bool,
  options: dyn,
});

const condition = object({
  status: string,
  type: string,
  lastTransitionTime: timestamp,
  message: string,
  reason: string,
});

/** The Namespace of the object. */
export const namespaceType = object({
  metadata: object({
    name: string,
    generateName: string,
    namespace: string,
    labels: mapOf(string, string),
    annotations: mapOf(string, string),
    UID: string,
    creationTimestamp: timestamp,
    deletionGracePeriodSeconds: int,
    deletionTimestamp: timestamp,
    generation: int,
    resourceVersion: string,
    finalizers: listOf(string),
  }),
  spec: object({ finalizers: listOf(string) }),
  status: object({ conditions: listOf(condition), phase: string }),
});
