/** What is said about the volumes of a deployment: the conditions StorageReady and ModelDownloaded. Pure. */
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment, ModelDeploymentStatus } from "../api/modeldeployment/v1alpha2/types.ts";
import { resourceKey } from "../transformers/ownership.ts";
import { isStep } from "../transformers/step.ts";
import type { Rendered } from "../transformers/transformer.ts";
import { claimsObservation, isBound } from "./claims.ts";
import type { Observation } from "./conditions.ts";
import { failureOf, isComplete } from "./steps.ts";

export interface StorageView {
  readonly deployment: ModelDeployment;
  readonly rendered: Rendered | undefined;
  /** What exists of the rendered resources, by resourceKey. */
  readonly live: ReadonlyMap<string, KubeObject>;
  /** Claims of the user's that the deployment mounts, by name; undefined for one that does not exist. */
  readonly claims: ReadonlyMap<string, KubeObject | undefined>;
  /** What the pods of its Jobs say is wrong. */
  readonly jobTrouble?: string;
}

/** The conditions, as far as there is something to say. */
export function storageObservations(view: StorageView): Observation[] {
  return [storageReady(view), modelDownloaded(view)].filter((item) => item !== undefined);
}

/** What the status remembers of a download that is done. */
export function downloadRecord({
  deployment,
  rendered,
  live,
}: StorageView): ModelDeploymentStatus["modelDownload"] {
  const job = rendered?.resources.find(isStep);
  if (job === undefined) return undefined;
  const { name = "" } = job.metadata;
  const found = live.get(resourceKey(job));
  const known = deployment.status?.modelDownload;
  if (found === undefined || !isComplete(found)) return known?.job === name && !found ? known : undefined;
  const { id } = deployment.spec.model;
  return { job: name, ...(id === undefined ? {} : { model: id }) };
}

/** Whether a rendered resource need not exist: a step that is done may be gone. */
export const mayBeGone = (resource: KubeObject, { status }: ModelDeployment): boolean =>
  isStep(resource) && status?.modelDownload?.job === resource.metadata.name;

function storageReady({ rendered, live, claims }: StorageView): Observation | undefined {
  const created = (rendered?.resources ?? [])
    .filter(({ kind }) => kind === "PersistentVolumeClaim")
    .map((claim) => [claim.metadata.name ?? "", live.get(resourceKey(claim))] as const);
  return claimsObservation([...created, ...claims]);
}

/** Whether one of the user's claims is not bound: those are not watched, so somebody has to look again. */
export const awaitsClaims = (claims: StorageView["claims"]): boolean =>
  [...claims.values()].some((claim) => !isBound(claim));

function modelDownloaded(view: StorageView): Observation | undefined {
  const type = "ModelDownloaded";
  const job = view.rendered?.resources.find(isStep);
  if (job === undefined) return undefined;
  const { name = "" } = job.metadata;
  const model = view.deployment.spec.model.id ?? "";
  if (downloadRecord(view) !== undefined) {
    return { type, status: "True", reason: "DownloadComplete", message: `${model} is on the volume` };
  }
  const live = view.live.get(resourceKey(job));
  const failure = live === undefined ? undefined : failureOf(live);
  const why = view.jobTrouble === undefined ? "" : `; ${view.jobTrouble}`;
  return failure === undefined
    ? { type, status: "False", reason: "DownloadInProgress", message: `Job ${name} downloads ${model}${why}` }
    : { type, status: "False", reason: "DownloadFailed", message: `Job ${name}: ${failure}${why}` };
}
