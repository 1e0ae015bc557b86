/**
 * Whose a resource is. Only what carries a controller reference to the deployment's uid is ever written or deleted, and
 * what an orphaning deletion of a deployment of the same name left behind.
 */
import type { KubeObject, OwnerReference } from "../api/meta/types.ts";
import { parseApiVersion } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import { deploymentLabel, retentionAnnotation } from "./names.ts";

/** On every rendered resource; what the reconciler watches is selected by it. */
export const managedByLabel = "hawsepipe.dev/managed-by";
export const managedByValue = "hawsepipe";
/** On the resource that carries the model: what it serves. A different text means it must be replaced. */
export const servesAnnotation = "hawsepipe.dev/serves";

/**
 * The rendered resource with what makes it the deployment's: owner reference, label, and what it serves. What is to
 * outlive the deployment gets no owner reference, so neither the garbage collector nor a cleanup takes it.
 */
export function asOwned(resource: KubeObject, deployment: ModelDeployment, serves?: string): KubeObject {
  const { name = "", namespace, uid = "" } = deployment.metadata;
  const owner: OwnerReference = {
    apiVersion: deployment.apiVersion,
    kind: deployment.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const { labels, annotations } = resource.metadata;
  return {
    ...resource,
    metadata: {
      ...resource.metadata,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [managedByLabel]: managedByValue },
      ...(serves === undefined ? {} : { annotations: { ...annotations, [servesAnnotation]: serves } }),
      ...(isRetained(resource) ? {} : { ownerReferences: [owner] }),
    },
  };
}

/** Whether the object is kept when its deployment is deleted. */
export const isRetained = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[retentionAnnotation] === "Retain";

/** The controller reference of an object when its controller is a ModelDeployment. */
export function owningDeployment(object: KubeObject): OwnerReference | undefined {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner?.kind !== modelDeploymentNames.kind) return undefined;
  return parseApiVersion(owner.apiVersion).group === modelDeploymentNames.group ? owner : undefined;
}

/** The name of the deployment an object belongs to; of one that is kept without an owner its label says it. */
export function deploymentNameOf(object: KubeObject): string | undefined {
  const owner = owningDeployment(object);
  if (owner !== undefined) return owner.name;
  return object.metadata.labels?.[managedByLabel] === managedByValue
    ? object.metadata.labels[deploymentLabel]
    : undefined;
}

/** Whether the object is controlled by the deployment with this uid; a name alone says nothing. */
export const isOwnedBy = (object: KubeObject, uid: string): boolean => owningDeployment(object)?.uid === uid;

/**
 * Whether the object is the deployment's without an owner reference: kept by its retention policy, or left behind on
 * purpose by an earlier deployment of the same name. Ours by its labels, with no controller; nothing else is ever taken
 * over.
 */
export function isAdoptable({ metadata }: KubeObject, deployment: ModelDeployment): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    metadata.ownerReferences?.some(({ controller }) => controller === true) !== true &&
    metadata.labels?.[managedByLabel] === managedByValue &&
    metadata.labels[deploymentLabel] === deployment.metadata.name
  );
}

/** What the resources of a deployment serve, in words people can read; a change of it means replacing them. */
export function servesOf({ spec }: ModelDeployment): string {
  const { model, engine, provider, serving } = spec;
  const parts = [
    provider?.name,
    engine?.type,
    serving?.mode ?? "aggregated",
    model.source ?? "huggingface",
    model.id,
  ];
  return parts.map((part) => part ?? "").join("/");
}

/** One text per resource, independent of the version it is read in. */
export function resourceKey(object: {
  apiVersion: string;
  kind: string;
  metadata: { name?: string };
}): string {
  return kindKey(object) + "/" + (object.metadata.name ?? "");
}

/** One text per kind, independent of the version. */
export const kindKey = ({ apiVersion, kind }: { apiVersion: string; kind: string }): string =>
  `${parseApiVersion(apiVersion).group}/${kind}`;
