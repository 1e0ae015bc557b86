/**
 * Whose a resource is. Only what carries a controller reference to its owner's uid is ever written or deleted, and what
 * an orphaning deletion of an owner of the same name left behind.
 */
import type { KubeObject, ObjectMeta, OwnerReference } from "../api/meta/types.ts";
import { parseApiVersion } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import { deploymentLabel, retentionAnnotation } from "./names.ts";
import { renderHash } from "./render-hash.ts";

/** Keeps an owner until what was rendered for it is gone. */
export const cleanupFinalizer = "hawsepipe.dev/cleanup";
/** On every rendered resource; what the reconciler watches is selected by it. */
export const managedByLabel = "hawsepipe.dev/managed-by";
export const managedByValue = "hawsepipe";
/** On the resource that carries the model: what it serves. A different text means it must be replaced. */
export const servesAnnotation = "hawsepipe.dev/serves";
/**
 * On every rendered resource: the hash of what was rendered. Managed fields end where a value is owned as a whole, and do
 * not tell a part of it that is no longer rendered from a default; another hash does.
 */
export const renderedAnnotation = "hawsepipe.dev/rendered-hash";

/** A kind of ours whose objects own rendered resources, and the label by which each of those names its owner. */
export interface OwnerKind {
  readonly group: string;
  readonly kind: string;
  readonly nameLabel: string;
}

/** An object that owns rendered resources. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

const { group, kind: deploymentKind } = modelDeploymentNames;
export const modelDeploymentOwner: OwnerKind = { group, kind: deploymentKind, nameLabel: deploymentLabel };

/**
 * The rendered resource with what makes it its owner's: owner reference, label, its hash, and what it serves. What is to
 * outlive its owner gets no owner reference, so neither the garbage collector nor a cleanup takes it. `hash` is that of the
 * resource, for those who have it.
 */
export function asOwned(
  resource: KubeObject,
  { apiVersion, kind, metadata }: Owner,
  serves?: string,
  hash = renderHash([resource]),
): KubeObject {
  const { name = "", namespace, uid = "" } = metadata;
  const owner: OwnerReference = {
    apiVersion,
    kind,
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
      annotations: {
        ...annotations,
        [renderedAnnotation]: hash,
        ...(serves === undefined ? {} : { [servesAnnotation]: serves }),
      },
      ...(isRetained(resource) ? {} : { ownerReferences: [owner] }),
    },
  };
}

/** Whether the object is kept when its deployment is deleted. */
export const isRetained = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[retentionAnnotation] === "Retain";

/** The controller reference of an object when its controller is of that kind. */
export function ownerOf({ metadata }: KubeObject, { group, kind }: OwnerKind): OwnerReference | undefined {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  return owner?.kind === kind && parseApiVersion(owner.apiVersion).group === group ? owner : undefined;
}

/** The controller reference of an object when its controller is a ModelDeployment. */
export const owningDeployment = (object: KubeObject): OwnerReference | undefined =>
  ownerOf(object, modelDeploymentOwner);

/** The name of the owner an object belongs to; of one that is kept without an owner its label says it. */
export function ownerNameOf(object: KubeObject, kind: OwnerKind): string | undefined {
  const owner = ownerOf(object, kind);
  if (owner !== undefined) return owner.name;
  return object.metadata.labels?.[managedByLabel] === managedByValue
    ? object.metadata.labels[kind.nameLabel]
    : undefined;
}

/** Whether the object is controlled by the owner with this uid; a name alone says nothing. */
export const isOwnedBy = (object: KubeObject, uid: string, kind: OwnerKind = modelDeploymentOwner): boolean =>
  ownerOf(object, kind)?.uid === uid;

/**
 * Whether the object is the owner's without an owner reference: kept by its retention policy, or left behind on purpose
 * by an earlier owner of the same name. Ours by its labels, with no controller; nothing else is ever taken over.
 */
export function isAdoptable(
  { metadata }: KubeObject,
  owner: Pick<Owner, "metadata">,
  { nameLabel }: OwnerKind = modelDeploymentOwner,
): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    metadata.ownerReferences?.some(({ controller }) => controller === true) !== true &&
    metadata.labels?.[managedByLabel] === managedByValue &&
    metadata.labels[nameLabel] === owner.metadata.name
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
