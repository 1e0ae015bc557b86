/**
 * The status of a deployment after a pass: pure, and the same for the same situation, so that nothing is written when
 * nothing changed.
 */
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import type { ObstacleReason } from "../api/modeldeployment/reasons.ts";
import type { ModelDeployment, ModelDeploymentStatus } from "../api/modeldeployment/v1alpha2/types.ts";
import { namedInSpec, selectionReasons } from "../admission/selection.ts";
import { getPath, isObject } from "../machinery/json/value.ts";
import type { ProviderStatus, Rendered } from "../transformers/transformer.ts";
import type { Observation } from "./conditions.ts";
import { nextConditions } from "./conditions.ts";
import { resourceKey, servesAnnotation, servesOf } from "../transformers/ownership.ts";
import { downloadRecord, mayBeGone, storageObservations } from "./storage-status.ts";

/** Why what was rendered is not, or not wholly, in place. */
export interface Obstacle {
  /** The reason of ResourceCreated. */
  readonly reason: ObstacleReason;
  readonly message: string;
  /** Whether a change of the deployment is needed to get on. */
  readonly isFinal: boolean;
}

export interface PassResult {
  readonly deployment: ModelDeployment;
  readonly now: Date;
  /** Undefined when there is no such provider. */
  readonly rendered: Rendered | undefined;
  readonly hash: string;
  /** What exists of the rendered resources, by resourceKey. */
  readonly live: ReadonlyMap<string, KubeObject>;
  readonly provider: ProviderStatus | undefined;
  readonly obstacle: Obstacle | undefined;
  /** Claims of the user's that the deployment mounts, by name; undefined for one that does not exist. */
  readonly claims: ReadonlyMap<string, KubeObject | undefined>;
  /** What the pods of its Jobs say is wrong. */
  readonly jobTrouble?: string;
  /** The kind of the resource that carries the model. */
  readonly primaryKind: string;
  /** Whether somebody keeps what the provider says up to date; undefined when nothing is known. */
  readonly fresh?: Observation | undefined;
}

/** Status of a deployment that is not being deleted. */
export function statusOf(result: PassResult): ModelDeploymentStatus {
  const { deployment, rendered, provider, hash } = result;
  const { spec, metadata } = deployment;
  const old = deployment.status ?? {};
  const generation = metadata.generation ?? 0;
  const { phase, message } = phaseOf(result);
  const primary = rendered?.resources.find(({ kind }) => kind === result.primaryKind);
  const selector = selectorOf(rendered?.resources ?? []);
  const download = downloadRecord(result);
  return {
    phase,
    message,
    observedGeneration: generation,
    provider: {
      ...(spec.provider?.name === undefined ? {} : { name: spec.provider.name }),
      ...(primary === undefined
        ? {}
        : { resourceName: primary.metadata.name ?? "", resourceKind: primary.kind }),
    },
    engine: spec.engine?.type === undefined ? {} : { type: spec.engine.type },
    selection: selectionReasons(deployment),
    ...(provider === undefined ? {} : { replicas: provider.replicas }),
    ...(selector === undefined ? {} : { selector }),
    ...(provider?.endpoint === undefined ? {} : { endpoint: provider.endpoint }),
    ...(rendered === undefined ? {} : { rendered: { hash, resources: renderedResources(result) } }),
    ...(download === undefined ? {} : { modelDownload: download }),
    ...(rendered === undefined || rendered.unsupported.length === 0
      ? {}
      : { unsupportedFields: rendered.unsupported.map(({ path, reason }) => ({ path, reason })) }),
    conditions: nextConditions(old.conditions, observe(result), {
      now: result.now,
      generation,
    }),
  };
}

/** Status of a deployment that waits for its resources to go; nothing else is said about it any more. */
export function terminatingStatus(
  { status, metadata }: ModelDeployment,
  waitingFor: readonly KubeObject[],
): ModelDeploymentStatus {
  return {
    ...status,
    observedGeneration: metadata.generation ?? 0,
    phase: "Terminating",
    message: waitingFor.length === 0 ? "being deleted" : `waiting until gone: ${namesOf(waitingFor)}`,
  };
}

/** `Deployment x, Service x`. */
export const namesOf = (objects: readonly KubeObject[]): string =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ""}`).join(", ");

function phaseOf({ deployment, provider, obstacle, rendered }: PassResult): {
  phase: NonNullable<ModelDeploymentStatus["phase"]>;
  message: string;
} {
  if (rendered === undefined || rendered.errors.length > 0 || obstacle?.isFinal === true) {
    return { phase: "Failed", message: obstacle?.message ?? "cannot be rendered" };
  }
  if (obstacle !== undefined) {
    return { phase: provider === undefined ? "Pending" : "Deploying", message: obstacle.message };
  }
  if (provider === undefined) {
    const message =
      deployment.spec.paused === true ? "paused before anything was created" : "not created yet";
    return { phase: "Pending", message };
  }
  return { phase: provider.phase, message: provider.message };
}

function observe(result: PassResult): Observation[] {
  const { deployment, rendered, obstacle } = result;
  const { spec } = deployment;
  const chosen = (
    type: "EngineSelected" | "ProviderSelected",
    value: string | undefined,
    why: string,
  ): Observation =>
    value === undefined
      ? { type, status: "False", reason: "SelectionFailed", message: "none is chosen" }
      : {
          type,
          status: "True",
          reason: why === namedInSpec ? "ExplicitSelection" : "AutoSelected",
          message: `${value}: ${why}`,
        };
  const selection = selectionReasons(deployment);
  const observations: Observation[] = [
    chosen("EngineSelected", spec.engine?.type, selection.engineReason),
    rendered === undefined
      ? {
          type: "ProviderSelected",
          status: "False",
          reason: "NoProvider",
          message: obstacle?.message ?? "no such provider",
        }
      : chosen("ProviderSelected", spec.provider?.name, selection.providerReason),
  ];
  if (rendered !== undefined) observations.unshift(validated(rendered));
  observations.push(...storageObservations(result), created(result), ready(result));
  if (result.fresh !== undefined) observations.push(result.fresh);
  if (rendered !== undefined && rendered.unsupported.length > 0) {
    const paths = rendered.unsupported.map(({ path }) => path).join(", ");
    observations.push({
      type: "FieldsIgnored",
      status: "True",
      reason: "NotSupportedByProvider",
      message: `set, but without effect with this provider: ${paths}`,
    });
  }
  if (spec.paused === true) {
    observations.push({
      type: "Paused",
      status: "True",
      reason: "PausedInSpec",
      message: "spec.paused is true: nothing is created, updated or repaired",
    });
  }
  return observations;
}

function validated({ errors }: Rendered): Observation {
  return errors.length === 0
    ? {
        type: "Validated",
        status: "True",
        reason: "ValidationPassed",
        message: "the provider can express the spec",
      }
    : {
        type: "Validated",
        status: "False",
        reason: "ValidationFailed",
        message: errors.map(({ path, detail }) => `${path}: ${detail}`).join("; "),
      };
}

function created({ obstacle, rendered, live, deployment }: PassResult): Observation {
  const type = "ResourceCreated";
  if (obstacle !== undefined) {
    return { type, status: "False", reason: obstacle.reason, message: obstacle.message };
  }
  const missing = (rendered?.resources ?? []).filter(
    (resource) => !live.has(resourceKey(resource)) && !mayBeGone(resource, deployment),
  );
  if (rendered === undefined || missing.length > 0) {
    const reason = deployment.spec.paused === true ? "Paused" : "NotCreated";
    return { type, status: "False", reason, message: `does not exist: ${namesOf(missing)}` };
  }
  const message =
    rendered.resources.length === 0
      ? "the provider needs no resources for this"
      : namesOf(rendered.resources);
  return { type, status: "True", reason: "ResourceCreated", message };
}

function ready(result: PassResult): Observation {
  const { provider, obstacle } = result;
  const type = "Ready";
  if (provider?.phase === "Running" && servesAnother(result)) {
    const why = obstacle === undefined ? "" : `: ${obstacle.message}`;
    const message = `what was asked for before still serves${why}`;
    return { type, status: "False", reason: "PreviousVersionServing", message };
  }
  if (provider === undefined) {
    return {
      type,
      status: "False",
      reason: obstacle?.reason ?? "DeploymentInProgress",
      message: obstacle?.message ?? "nothing is created yet",
    };
  }
  const { phase, reason, message } = provider;
  return { type, status: phase === "Running" ? "True" : "False", reason, message };
}

/** Whether what exists carries another model, or the same in another way, than the spec asks for. */
function servesAnother({ rendered, live, primaryKind, deployment }: PassResult): boolean {
  const primary = rendered?.resources.find(({ kind }) => kind === primaryKind);
  const serves = primary && live.get(resourceKey(primary))?.metadata.annotations?.[servesAnnotation];
  return serves !== undefined && serves !== servesOf(deployment);
}

function renderedResources({ rendered, live }: PassResult): {
  apiVersion: string;
  kind: string;
  name: string;
  uid?: string;
}[] {
  return (rendered?.resources ?? []).map((resource) => {
    const uid = live.get(resourceKey(resource))?.metadata.uid;
    const { apiVersion, kind, metadata } = resource;
    return { apiVersion, kind, name: metadata.name ?? "", ...(uid === undefined ? {} : { uid }) };
  });
}

/** The label selector of the serving pods, where a rendered resource says it. */
function selectorOf(resources: readonly KubeObject[]): string | undefined {
  for (const resource of resources) {
    const labels = getPath(asJson(resource), "spec", "selector", "matchLabels");
    if (!isObject(labels)) continue;
    return Object.entries(labels)
      .map(([key, value]) => `${key}=${value as string}`)
      .sort((a, b) => (a < b ? -1 : 1))
      .join(",");
  }
  return undefined;
}
