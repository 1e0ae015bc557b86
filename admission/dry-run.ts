/**
 * The dry run of a ModelDeployment: what its resources are tried with on the host, and what a change costs that cannot be
 * made in place.
 */
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { forbidden } from "../machinery/field/error.ts";
import { modelDeploymentOwner, resourceKey, servesOf } from "../transformers/ownership.ts";
import type { Turnover } from "../transformers/quota-refusal.ts";
import { renderHash } from "../transformers/render-hash.ts";
import { isStep } from "../transformers/step.ts";
import { refusalErrors } from "./dry-run-errors.ts";
import type { RenderedDeployment } from "./render.ts";
import type { DryRunFindings } from "./trial.ts";
import { nameOf, tryOnHost } from "./trial.ts";

export interface DryRunRequest {
  readonly client: Client;
  readonly deployment: ModelDeployment;
  /** As it is stored; absent for a new one. */
  readonly old: ModelDeployment | undefined;
  readonly provider: InferenceProvider;
  readonly rendered: RenderedDeployment;
  /** What the stored deployment expands to. */
  readonly before: RenderedDeployment | undefined;
  readonly signal: AbortSignal;
}

/** Dry-runs every resource, side by side. Throws when the host cannot be asked. */
export async function dryRun(request: DryRunRequest): Promise<DryRunFindings> {
  const outcomes = await Promise.all(
    request.rendered.resources
      .filter((resource) => !isOldStep(request, resource))
      .map((resource) => dryRunOne(request, resource)),
  );
  return {
    errors: [...refusedReplacements(request), ...outcomes.flatMap(({ errors }) => errors)],
    warnings: [
      ...removals(request),
      ...request.rendered.resources.flatMap((resource) => notices(request, resource)),
      ...outcomes.flatMap(({ warnings }) => warnings),
    ],
  };
}

/** What updatePolicy Reject has to say about resources that cannot stay what they are. */
function refusedReplacements({ deployment, old, ...rest }: DryRunRequest): readonly FieldError[] {
  if (deployment.spec.updatePolicy !== "Reject" || old === undefined) return [];
  const request = { deployment, old, ...rest };
  const before = old.spec.provider?.name;
  const after = deployment.spec.provider?.name;
  // A provider that needs nothing at zero replicas deletes without replacing, and that is what was asked for.
  const texts =
    before === after
      ? request.rendered.resources.flatMap((resource) =>
          replacement(request, resource, recreation(request, resource)),
        )
      : [`what provider ${before ?? ""} serves will be deleted`];
  return texts.map((text) => forbidden("spec.updatePolicy", `is Reject, but ${text}`));
}

/** A Job runs once: of one that was rendered like this before nothing is asked any more. */
function isOldStep(request: DryRunRequest, resource: KubeObject): boolean {
  if (!isStep(resource)) return false;
  const old = counterpart(request, resource);
  return old !== undefined && renderHash([old]) === renderHash([resource]);
}

async function dryRunOne(request: DryRunRequest, resource: KubeObject): Promise<DryRunFindings> {
  const { client, provider, rendered, deployment, signal } = request;
  const replaced = recreation(request, resource);
  const warnings = replacement(request, resource, replaced);
  const found = await tryOnHost(
    {
      client,
      owner: deployment,
      ownerKind: modelDeploymentOwner,
      resources: rendered.resources,
      signal,
      isReplaced: () => replaced.length > 0,
      turnover: turnoverOf(request),
      notServed: (missing) => notServed(provider, missing),
      refused: (error, refused) => refusalErrors(error, refused, deployment),
    },
    resource,
  );
  return { errors: found.errors, warnings: [...warnings, ...found.warnings] };
}

function notServed(
  { metadata: { name = "" }, spec }: InferenceProvider,
  { apiVersion, kind }: KubeObject,
): DryRunFindings {
  const text = `provider ${name} needs kind ${kind} of ${apiVersion}, which the cluster does not serve`;
  if (spec.policy?.missingCRD === "Warn") return { errors: [], warnings: [text] };
  const detail = `Invalid value: ${JSON.stringify(name)}: ${text}`;
  return { errors: [{ type: "FieldValueInvalid", path: "spec.provider.name", detail }], warnings: [] };
}

/** What is said about a resource that cannot stay what it is. Nobody misses a Job that takes another's place. */
function replacement(
  request: DryRunRequest,
  resource: KubeObject,
  replaced: readonly string[],
): readonly string[] {
  if (isStep(resource)) return [];
  const why =
    replaced.length > 0
      ? `${replaced.join(", ")} cannot be changed in place`
      : servesAnother(request, resource)
        ? "it would serve something else"
        : undefined;
  return why === undefined ? [] : [`${nameOf(resource)} will be deleted and created anew, because ${why}`];
}

/** Immutable fields in which the resource differs from what the stored deployment rendered. */
function recreation(request: DryRunRequest, resource: KubeObject): readonly string[] {
  const { transformer } = request.rendered;
  const old = counterpart(request, resource);
  return old === undefined || transformer === undefined ? [] : transformer.immutable(old, resource);
}

/** What the change makes the reconciler delete before it creates anything, and what it creates then. */
function turnoverOf(request: DryRunRequest): Turnover {
  const isReplaced = (resource: KubeObject): boolean =>
    recreation(request, resource).length > 0 || servesAnother(request, resource);
  const { before, rendered } = request;
  const { resources } = rendered;
  const replaced = new Set(resources.filter(isReplaced).map(resourceKey));
  const wanted = new Set(resources.map(resourceKey));
  return {
    created: resources.filter(
      (resource) => counterpart(request, resource) === undefined || replaced.has(resourceKey(resource)),
    ),
    // Of what is rendered no more, only what carries a model goes first.
    deleted: (before?.resources ?? []).filter(
      (old) =>
        replaced.has(resourceKey(old)) ||
        (old.kind === before?.transformer?.kind && !wanted.has(resourceKey(old))),
    ),
  };
}

/** What the change costs where it can be made in place. */
function notices(request: DryRunRequest, resource: KubeObject): readonly string[] {
  const old = counterpart(request, resource);
  return old === undefined || recreation(request, resource).length > 0
    ? []
    : (request.rendered.transformer?.notices?.(old, resource) ?? []);
}

/** Whether the resource carries the model, and another than now; a rollout would serve both at once. */
function servesAnother(request: DryRunRequest, resource: KubeObject): boolean {
  const { deployment, old, rendered } = request;
  return (
    old !== undefined &&
    counterpart(request, resource) !== undefined &&
    resource.kind === rendered.transformer?.kind &&
    servesOf(old) !== servesOf(deployment)
  );
}

const counterpart = ({ before }: DryRunRequest, resource: KubeObject): KubeObject | undefined =>
  before?.resources.find((old) => resourceKey(old) === resourceKey(resource));

/**
 * What the stored deployment rendered and this one does not. Nobody misses a Job or a ConfigMap, whose names say what
 * they are for, when there is another.
 */
function removals({ before, rendered }: DryRunRequest): readonly string[] {
  const wanted = new Set(rendered.resources.map(resourceKey));
  const isSucceeded = ({ kind }: KubeObject): boolean =>
    kind === "ConfigMap" && rendered.resources.some((resource) => resource.kind === kind);
  const gone = (before?.resources ?? []).filter(
    (old) => !wanted.has(resourceKey(old)) && !isStep(old) && !isSucceeded(old),
  );
  return gone.length === 0 ? [] : [`${conjunction(gone.map(nameOf))} will be deleted`];
}

const conjunction = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
