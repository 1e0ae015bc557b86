import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { invalid } from "../machinery/field/error.ts";
import { isAdoptable, isOwnedBy, owningDeployment } from "../transformers/ownership.ts";
import { hostFailure } from "../cluster/host-failure.ts";

/** Whether the name is somebody else's, and what to tell where it only is for now. */
export interface ClashFindings {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

/**
 * Whose the object is that has the name of a rendered resource. One of somebody else would never be touched, so the
 * deployment would wait for ever; what was left by an earlier deployment of the name is taken back or about to go.
 */
export async function nameClash(
  client: Client,
  ref: ResourceRef,
  { resource, deployment }: { readonly resource: KubeObject; readonly deployment: ModelDeployment },
): Promise<ClashFindings> {
  const live = await metadataOf(client, ref, resource);
  const { uid = "", name: owner } = deployment.metadata;
  if (live === undefined || (uid !== "" && isOwnedBy(live, uid)) || isAdoptable(live, deployment)) {
    return { errors: [], warnings: [] };
  }
  const { name = "" } = resource.metadata;
  const what = `${resource.kind} ${JSON.stringify(name)}`;
  // Names are unique: an owner of our name with another uid is gone, and the collector comes for what it owned.
  const isLeaving = live.metadata.deletionTimestamp !== undefined || owningDeployment(live)?.name === owner;
  if (isLeaving) {
    return { errors: [], warnings: [`${what} is still being deleted; nothing is created before it is gone`] };
  }
  const detail = `${what} exists already and belongs to somebody else; existing resources are not adopted, so delete or rename one of them`;
  return { errors: [invalid("metadata.name", deployment.metadata.name ?? "", detail)], warnings: [] };
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
