import { hash } from "node:crypto";
import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment, ModelVolume } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, isObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { objectMeta } from "../names.ts";
import { environment } from "./environment.ts";
import { claimOf, mountPathOf, podVolumes, volumeFor } from "./volumes.ts";

/**
 * The Job that puts the weights onto the volume of purpose modelCache, so that a replica finds them there instead of
 * each downloading its own. It does one thing once: its name says which model goes onto which claim, and another model
 * is another Job. What stands behind it in the order of application waits for it.
 */

/** What the pods of the Job are for; they never carry the labels that Services select by. */
export const downloadJobLabel = "hawsepipe.dev/job";
const containerName = "download";
/** A name leaves room for this Job's suffix and for that of its pods. */
const maxPrefix = 45;

export interface DownloadJobOptions {
  /** An image with the command `hf`, used where the user names none. */
  readonly image: string;
}

/** The Job, or undefined when there is nothing to download; fields that then have no effect are reported. */
export function downloadJob(
  deployment: ModelDeployment,
  labels: Record<string, string>,
  { image }: DownloadJobOptions,
  findings: Findings,
): KubeObject | undefined {
  const { model } = deployment.spec;
  const volume = volumeFor(deployment, "modelCache");
  const needless = whyNone(deployment, volume);
  if (needless !== undefined || volume === undefined) {
    unusedDownload(deployment, needless ?? "", findings);
    return undefined;
  }
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: objectMeta(deployment, jobName(deployment, volume), labels),
    spec: {
      backoffLimit: 6,
      ...(model.download?.ttlSecondsAfterFinished === undefined
        ? {}
        : { ttlSecondsAfterFinished: model.download.ttlSecondsAfterFinished }),
      template: {
        metadata: { labels: podLabels(labels) },
        spec: downloadPod(deployment, volume, isSet(model.download?.image) ? model.download?.image : image),
      },
    },
  };
}

function whyNone({ spec }: ModelDeployment, volume: ModelVolume | undefined): string | undefined {
  const { model } = spec;
  if (model.download?.enabled === false) return "spec.model.download.enabled is false";
  if (model.source === "custom") return "the weights are in the image or on a volume for source custom";
  if (!isSet(model.id) || model.id?.startsWith("/") === true) return "there is nothing to download";
  if (volume === undefined) return "there is no volume of purpose modelCache to download to";
  if (volume.readOnly === true) return "the volume of purpose modelCache is read-only";
  return undefined;
}

/** Reports what is set of `spec.model.download` as without effect. */
export function unusedDownload({ spec }: ModelDeployment, reason: string, findings: Findings): void {
  const { enabled, ...rest } = spec.model.download ?? {};
  findings.unsupportedFields(
    {
      "spec.model.download.enabled": enabled === true ? true : undefined,
      "spec.model.download.image": rest.image,
      "spec.model.download.ttlSecondsAfterFinished": rest.ttlSecondsAfterFinished,
      "spec.model.download.nodeSelector": rest.nodeSelector,
      "spec.model.download.tolerations": rest.tolerations,
    },
    reason,
  );
}

/** `<deployment>-download-<what>`, the same for the same model on the same claim. */
function jobName(deployment: ModelDeployment, volume: ModelVolume): string {
  const { metadata, spec } = deployment;
  const { name = "" } = metadata;
  const what = JSON.stringify([name, claimOf(deployment, volume), spec.model.id, revisionOf(deployment)]);
  const suffix = hash("sha256", what).slice(0, 8);
  return `${name.slice(0, maxPrefix).replace(/-+$/, "")}-download-${suffix}`;
}

const revisionOf = ({ spec }: ModelDeployment): string | undefined => spec.engine?.args?.["revision"];

function podLabels(labels: Record<string, string>): JsonObject {
  const kept = Object.entries(labels).filter(([key]) => key.startsWith("app.kubernetes.io/"));
  return { ...Object.fromEntries(kept), [downloadJobLabel]: "model-download" };
}

function downloadPod(deployment: ModelDeployment, volume: ModelVolume, image = ""): JsonObject {
  const { model, workload } = deployment.spec;
  const { volumes, volumeMounts } = podVolumes(deployment, { only: volume.name });
  const template = workload?.podTemplate?.spec;
  const nodeSelector = model.download?.nodeSelector ?? workload?.nodeSelector;
  const tolerations = model.download?.tolerations ?? workload?.tolerations;
  return {
    restartPolicy: "Never",
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    securityContext: {
      ...objectAt(template, "securityContext"),
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: containerName,
        image,
        command: ["hf", "download", ...hubArguments(deployment)],
        env: environment(withoutPodReferences(deployment), { HF_HOME: mountPathOf(volume) }),
        resources: { limits: { memory: "16Gi" }, requests: { cpu: "500m", memory: "2Gi" } },
        securityContext: { allowPrivilegeEscalation: false },
        // What the client said last becomes the message of the failed pod.
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts,
      },
    ],
    volumes,
    ...pullSecrets(template),
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(tolerations === undefined ? {} : { tolerations: cloneJson<JsonObject[]>(tolerations) }),
  };
}

/** Variables that speak of the engine's container or its volumes mean nothing in another pod. */
function withoutPodReferences(deployment: ModelDeployment): ModelDeployment {
  const { spec } = deployment;
  const env = spec.workload?.env?.filter(
    ({ valueFrom }) => valueFrom?.resourceFieldRef === undefined && valueFrom?.fileKeyRef === undefined,
  );
  return env === undefined ? deployment : { ...deployment, spec: { ...spec, workload: { env } } };
}

/** The repository, and which part and revision of it. */
function hubArguments(deployment: ModelDeployment): string[] {
  const { id = "" } = deployment.spec.model;
  const [, repository = id, mark, selector = ""] = /^([^:@]+)([:@])(.+)$/.exec(id) ?? [];
  const revision = mark === "@" ? selector : revisionOf(deployment);
  const tail = revision === undefined ? [] : ["--revision", revision];
  if (repository.endsWith(".gguf")) {
    const [owner = "", name = "", ...file] = repository.split("/");
    return [`${owner}/${name}`, file.join("/"), ...tail];
  }
  const part = mark === ":" ? ["--include", `*${selector}*`] : [];
  return [repository, ...part, ...tail];
}

const objectAt = (value: JsonValue | undefined, key: string): JsonObject => {
  const found = isObject(value) ? getKey(value, key) : undefined;
  return isObject(found) ? found : {};
};

function pullSecrets(template: JsonValue | undefined): JsonObject {
  const secrets = isObject(template) ? getKey(template, "imagePullSecrets") : undefined;
  return Array.isArray(secrets) ? { imagePullSecrets: cloneJson(secrets) } : {};
}
