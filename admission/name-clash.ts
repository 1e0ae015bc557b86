import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { invalid } from "../machinery/field/error.ts";
import type { Owner, OwnerKind } from "../transformers/ownership.ts";
import { isAdoptable, isOwnedBy, ownerOf } from "../transformers/ownership.ts";
import { hostFailure } from "../cluster/host-failure.ts";

/** Whether the name is somebody else's, and what to tell where it only is for now. */
export interface ClashFindings {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

/**
 * Whose the object is that has the name of a rendered resource. One of somebody else would never be touched, so its
 * owner would wait for ever; what was left by an earlier owner of the name is taken back or about to go.
 */
export async function nameClash(
  client: Client,
  ref: ResourceRef,
  {
    resource,
    owner,
    ownerKind,
  }: { readonly resource: KubeObject; readonly owner: Owner; readonly ownerKind: OwnerKind },
): Promise<ClashFindings> {
  const live = await metadataOf(client, ref, resource);
  const { uid = "", name: ownName } = owner.metadata;
  const isOurs = live !== undefined && uid !== "" && isOwnedBy(live, uid, ownerKind);
  if (live === undefined || isOurs || isAdoptable(live, owner, ownerKind)) {
    return { errors: [], warnings: [] };
  }
  const { name = "" } = resource.metadata;
  const what = `${resource.kind} ${JSON.stringify(name)}`;
  // Names are unique: an owner of our name with another uid is gone, and the collector comes for what it owned.
  const isLeaving =
    live.metadata.deletionTimestamp !== undefined || ownerOf(live, ownerKind)?.name === ownName;
  if (isLeaving) {
    return { errors: [], warnings: [`${what} is still being deleted; nothing is created before it is gone`] };
  }
  const detail = `${what} exists already and belongs to somebody else; existing resources are not adopted, so delete or rename one of them`;
  return { errors: [invalid("metadata.name", ownName ?? "", detail)], warnings: [] };
}

async function metadataOf(
  client: Client,
  ref: ResourceRef,
  { kind, metadata: { name = "", namespace } }: KubeObject,
): Promise<KubeObject | undefined> {
  try {
    return await client.getMetadata(ref, { name, ...(namespace === undefined ? {} : { namespace }) });
  } catch (error) {
    if (isApiError(error) && error.code === 404) return undefined;
    throw hostFailure(`the lookup of ${kind} ${JSON.stringify(name)}`, error);
  }
}
