import { isApiError } from "../../api/errors/api-error.ts";
import type { InferenceProviderSpec } from "../../api/inferenceprovider/v1alpha1/types.ts";
import type { ProviderConditionReason } from "../../api/inferenceprovider/reasons.ts";
import { parseTime } from "../../api/meta/time.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import { getPath } from "../../machinery/json/value.ts";

type Operator = NonNullable<InferenceProviderSpec["operator"]>;

/** Whether an operator is there to act on what is written, and how that is known. */
export interface OperatorHealth {
  readonly isAlive: boolean;
  readonly reason: ProviderConditionReason;
  readonly message: string;
}

const deploymentResource: ResourceRef = {
  group: "apps",
  version: "v1",
  resource: "deployments",
  kind: "Deployment",
  namespaced: true,
};
const leaseResource: ResourceRef = {
  group: "coordination.k8s.io",
  version: "v1",
  resource: "leases",
  kind: "Lease",
  namespaced: true,
};

/** A holder that is late by less than this may just be busy, or its clock another. */
const leaseGraceMs = 60_000;

/** Looks for the operator; undefined when nothing says how to find it. Throws when the cluster does not answer. */
export async function operatorHealth(
  client: Client,
  { deployments = [], leases = [] }: Operator,
  now: Date,
): Promise<OperatorHealth | undefined> {
  if (deployments.length + leases.length === 0) return undefined;
  let unhealthy: OperatorHealth | undefined;
  for (const lookUp of [
    ...deployments.map((one) => () => byDeployment(client, one)),
    ...leases.map((one) => () => byLease(client, one, now)),
  ]) {
    const found = await lookUp().catch(unlessRefused);
    if (found?.isAlive === true) return found;
    unhealthy ??= found;
  }
  const sought = [
    ...deployments.map(
      ({ namespace, matchLabels }) => `a Deployment ${selectorOf(matchLabels)}${inside(namespace)}`,
    ),
    ...leases.map(({ namespace, name }) => `the Lease ${namespace}/${name}`),
  ];
  return (
    unhealthy ?? {
      isAlive: false,
      reason: "OperatorNotFound",
      message: `the provider's operator is not installed, or not where spec.operator looks for it: ${sought.join(", ")}`,
    }
  );
}

async function byDeployment(
  client: Client,
  { namespace, matchLabels }: NonNullable<Operator["deployments"]>[number],
): Promise<OperatorHealth | undefined> {
  const { items } = await client.list(deploymentResource, {
    labelSelector: selectorOf(matchLabels),
    ...(namespace === undefined ? {} : { namespace }),
  });
  const available = items.find((object) => numberAt(object, "status", "availableReplicas") > 0);
  const [first] = items;
  if (available !== undefined) return alive(available, "is available");
  return first === undefined ? undefined : dead(first, "has no available replica");
}

async function byLease(
  client: Client,
  ref: NonNullable<Operator["leases"]>[number],
  now: Date,
): Promise<OperatorHealth> {
  const lease = await client.get(leaseResource, ref);
  const holder = getPath(asJson(lease), "spec", "holderIdentity");
  const text = getPath(asJson(lease), "spec", "renewTime");
  const renewed = typeof text === "string" ? parseTime(text) : "";
  if (typeof holder !== "string" || holder === "" || typeof renewed === "string") {
    return dead(lease, "is held by nobody");
  }
  const limit = renewed.getTime() + numberAt(lease, "spec", "leaseDurationSeconds") * 1000 + leaseGraceMs;
  return now.getTime() > limit
    ? dead(lease, `was last renewed at ${renewed.toISOString()}`)
    : alive(lease, `is held by ${holder}`);
}

const alive = (object: KubeObject, how: string): OperatorHealth => ({
  isAlive: true,
  reason: "OperatorAlive",
  message: `${nameOf(object)} ${how}`,
});

const dead = (object: KubeObject, how: string): OperatorHealth => ({
  isAlive: false,
  reason: "OperatorNotReady",
  message: `the provider's operator does not work: ${nameOf(object)} ${how}`,
});

/** What is not there is no failure; what may not be looked at is one that somebody has to be told about. */
function unlessRefused(error: unknown): OperatorHealth | undefined {
  if (isApiError(error) && error.code === 404) return undefined;
  if (!isApiError(error, "Forbidden")) throw error;
  return { isAlive: false, reason: "OperatorUnknown", message: error.message };
}

const nameOf = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${metadata.namespace ?? ""}/${metadata.name ?? ""}`;

const selectorOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

const inside = (namespace: string | undefined): string =>
  namespace === undefined ? "" : ` in namespace ${namespace}`;

function numberAt(object: KubeObject, ...path: readonly string[]): number {
  const value = getPath(asJson(object), ...path);
  return typeof value === "number" ? value : 0;
}
