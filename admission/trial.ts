/**
 * Asks the host what it would say to a rendered resource: a server-side apply that stores nothing, so that schema,
 * webhooks and quota have spoken before the object it is rendered from is accepted.
 */
import { isApiError } from "../api/errors/api-error.ts";
import type { ApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Client } from "../cluster/client.ts";
import { hostFailure } from "../cluster/host-failure.ts";
import type { FieldError } from "../machinery/field/error.ts";
import type { Owner, OwnerKind } from "../transformers/ownership.ts";
import { isOwnedBy } from "../transformers/ownership.ts";
import { probeName } from "../transformers/probe-name.ts";
import type { Turnover } from "../transformers/quota-refusal.ts";
import { isRoomMade } from "../transformers/quota-refusal.ts";
import { isAboutSibling } from "../transformers/sibling-refusal.ts";
import { nameClash } from "./name-clash.ts";
import { isTypeRefusal } from "./typed-patch-errors.ts";

/** The field manager of everything Hawsepipe applies. */
export const fieldManager = "hawsepipe";

export interface DryRunFindings {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

/** What is common to the trials of everything an object is rendered to. */
export interface TrialContext {
  readonly client: Client;
  /** What the resources are rendered from. */
  readonly owner: Owner;
  readonly ownerKind: OwnerKind;
  readonly resources: readonly KubeObject[];
  readonly signal: AbortSignal;
  /** Whether the resource has to take the place of an existing one, which would refuse the change. */
  readonly isReplaced: (resource: KubeObject) => boolean;
  /** What comes and goes with the change; absent when nothing is deleted for it. */
  readonly turnover?: Turnover;
  /** What to say where the host does not serve the kind. */
  readonly notServed: (resource: KubeObject) => DryRunFindings;
  /** A refusal of the host as errors of the owner's fields. */
  readonly refused: (error: ApiError, resource: KubeObject) => readonly FieldError[];
}

const nothing: DryRunFindings = { errors: [], warnings: [] };

/** Tries one resource. Throws when the host cannot be asked. */
export async function tryOnHost(context: TrialContext, resource: KubeObject): Promise<DryRunFindings> {
  const { client, owner, ownerKind } = context;
  const ref = await client.resolve(resource.apiVersion, resource.kind);
  if (ref === undefined) return context.notServed(resource);
  const isOwnName = !context.isReplaced(resource);
  const target = isOwnName ? resource : underAnotherName(resource);
  try {
    const { object, warnings } = await client.apply(ref, target, {
      dryRun: true,
      fieldManager,
      force: true,
      fieldValidation: "Strict",
      answersMetadata: true,
      signal: context.signal,
    });
    const { resourceVersion = "" } = object.metadata;
    // Only what exists has one.
    if (!isOwnName || resourceVersion === "" || isOwn(object, context)) return { errors: [], warnings };
    const clash = await nameClash(client, ref, { resource, owner, ownerKind });
    return { errors: clash.errors, warnings: [...warnings, ...clash.warnings] };
  } catch (error) {
    if (!isApiError(error) || !isRefusal(error)) throw hostFailure("the dry run", error);
    // A kind that was found before may have been removed since.
    if (error.code === 404 && (await isGone(client, resource))) return context.notServed(resource);
    // What an object of somebody else does not let change says less than that it is somebody else's.
    const clash = isOwnName ? await nameClash(client, ref, { resource, owner, ownerKind }) : nothing;
    if (clash.errors.length + clash.warnings.length > 0) return clash;
    if (isAboutSibling(error, resource, context.resources)) {
      const text = `${nameOf(resource)} could not be checked completely before what it refers to exists: ${error.message}`;
      return { errors: [], warnings: [text] };
    }
    const { turnover } = context;
    if (turnover !== undefined && isRoomMade(error, resource, { ...turnover, plural: ref.resource })) {
      const text = `${nameOf(resource)} is created when what it replaces no longer counts in the quota: ${error.message}`;
      return { errors: [], warnings: [text] };
    }
    return { errors: context.refused(error, resource), warnings: [] };
  }
}

/** `Deployment "m"`. */
export const nameOf = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${JSON.stringify(metadata.name ?? "")}`;

/** Asks what a new object would meet. */
function underAnotherName(resource: KubeObject): KubeObject {
  const { metadata } = resource;
  return { ...resource, metadata: { ...metadata, name: probeName(metadata.name ?? "") } };
}

const isOwn = (live: KubeObject, { owner, ownerKind }: TrialContext): boolean => {
  const { uid = "" } = owner.metadata;
  return uid !== "" && isOwnedBy(live, uid, ownerKind);
};

async function isGone(client: Client, { apiVersion, kind }: KubeObject): Promise<boolean> {
  return (await client.resolve(apiVersion, kind, { fresh: true })) === undefined;
}

/** Answers that are about the object, not about the host's state of health. */
const isRefusal = (error: ApiError): boolean =>
  [400, 403, 404, 409, 422].includes(error.code) || isTypeRefusal(error);
