/** What the conditions of a distribution say after a pass. Pure. */
import type {
  LlamaStackConditionReason,
  LlamaStackConditionType,
} from "../../api/llamastackdistribution/reasons.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import { compareQuantities, parseQuantity } from "../../machinery/quantity/quantity.ts";
import type { SecretUse } from "../../transformers/llamastack/config/result.ts";
import { claimName } from "../../transformers/llamastack/render/claim.ts";
import { serviceName } from "../../transformers/llamastack/render/service.ts";
import { numberAt, textAt } from "../../transformers/observed.ts";
import type { DeploymentStatus } from "../../transformers/pod/deployment-status.ts";
import { claimsObservation } from "../claims.ts";
import type { Generation, LlamaStackResult, Release } from "./result.ts";
import { liveOf } from "./result.ts";

/** A condition of a LlamaStackDistribution and one of its own reasons. */
export type LlamaStackObservation<T extends LlamaStackConditionType = LlamaStackConditionType> = {
  [K in T]: {
    readonly type: K;
    readonly status: "True" | "False" | "Unknown";
    readonly reason: LlamaStackConditionReason<K>;
    readonly message: string;
  };
}[T];

/** Everything there is to say, in the order of the status. */
export function observationsOf(result: LlamaStackResult): readonly LlamaStackObservation[] {
  const claim = claimsOf(result);
  return [
    configGenerated(result.generation),
    ...secretsResolved(result),
    deploymentUpdated(result),
    available(result.serving),
    deploymentReady(result.serving),
    ...healthCheck(result),
    serviceReady(result),
    ...(claim === undefined ? [] : [claim]),
  ];
}

function configGenerated(generation: Generation): LlamaStackObservation<"ConfigGenerated"> {
  const type = "ConfigGenerated";
  if (generation.failure !== undefined) {
    const { reason, message, isAwaited = false } = generation.failure;
    return { type, status: isAwaited ? "Unknown" : "False", reason, message };
  }
  return { type, status: "True", ...howConfigured(generation.rendered) };
}

/** Whoever applied the object may not have seen its warnings, and some are known only once an image has been read. */
function howConfigured({ source, generated, warnings }: Release) {
  const told =
    warnings.length === 0 ? "" : `; ${counted(warnings.length, "warning")}: ${warnings.join("; ")}`;
  if (generated !== undefined) {
    const { providerCount, resourceCount, configVersion } = generated;
    const message =
      `${counted(providerCount, "provider")} and ${counted(resourceCount, "resource")} (models, tools and shields), ` +
      `configuration version ${String(configVersion)}${told}`;
    return { reason: "ConfigGenerationSucceeded", message } as const;
  }
  return source === "Override"
    ? ({ reason: "OverrideConfigUsed", message: `spec.overrideConfig is used as it is${told}` } as const)
    : ({
        reason: "DistributionDefaultUsed",
        message: `nothing is to be generated; the image's own configuration is used${told}`,
      } as const);
}

const counted = (count: number, what: string): string => `${String(count)} ${what}${count === 1 ? "" : "s"}`;

/** Nothing is said while it is not known what the configuration refers to. */
function secretsResolved({
  generation,
  missingSecrets,
  missingKey,
  secretCount,
  distribution,
}: LlamaStackResult): LlamaStackObservation<"SecretsResolved">[] {
  const type = "SecretsResolved";
  if (generation.failure !== undefined) return [];
  const [first] = missingSecrets;
  const { namespace = "" } = distribution.metadata;
  if (first !== undefined) {
    const message = missingSecrets.map((use) => missingMessage(use, namespace)).join("; ");
    return [{ type, status: "False", reason: "SecretNotFound", message }];
  }
  if (missingKey !== undefined) {
    return [{ type, status: "False", reason: "SecretKeyMissing", message: missingKey }];
  }
  const message =
    secretCount === 0
      ? "no Secret is referred to"
      : `${counted(secretCount, "Secret")} referred to, all there`;
  return [{ type, status: "True", reason: "AllSecretsFound", message }];
}

const missingMessage = ({ path, name, key }: SecretUse, namespace: string): string =>
  `${path}: Secret not found: ${name} (namespace ${namespace}, key ${key})`;

function deploymentUpdated({
  distribution,
  generation,
  obstacle,
  isHeldBack,
  deployment,
}: LlamaStackResult): LlamaStackObservation<"DeploymentUpdated"> {
  const type = "DeploymentUpdated";
  const { name = "" } = distribution.metadata;
  if (generation.failure !== undefined || isHeldBack) {
    const what = deployment === undefined ? "is not created" : "stays as it was";
    const message = `Deployment ${name} ${what}, because of ${generation.failure === undefined ? "SecretsResolved" : "ConfigGenerated"}`;
    return { type, status: "False", reason: "DeploymentUpdateSkipped", message };
  }
  if (obstacle !== undefined) {
    return { type, status: "False", reason: "DeploymentUpdateFailed", message: obstacle.message };
  }
  return {
    type,
    status: "True",
    reason: "DeploymentUpdateSucceeded",
    message: releaseMessage(name, generation.rendered),
  };
}

/** What a Deployment runs, as conditions and events say it. */
export function releaseMessage(
  name: string,
  { image, configMapName }: { readonly image: string; readonly configMapName?: string },
): string {
  const config = configMapName === undefined ? "its own configuration" : `ConfigMap ${configMapName}`;
  return `Deployment ${name} runs ${image} with ${config}`;
}

function available({ replicas, phase, message }: DeploymentStatus): LlamaStackObservation<"Available"> {
  const type = "Available";
  const counts = `${String(replicas.available)} of ${String(replicas.desired)} replicas are available`;
  if (phase !== "Pending" && replicas.available >= replicas.desired) {
    return { type, status: "True", reason: "MinimumReplicasAvailable", message: counts };
  }
  const reason =
    phase === "Deploying" && replicas.available > 0 ? "RolloutInProgress" : "ReplicasUnavailable";
  return { type, status: "False", reason, message: `${counts}; ${message}` };
}

function deploymentReady({ phase, message }: DeploymentStatus): LlamaStackObservation<"DeploymentReady"> {
  const type = "DeploymentReady";
  if (phase === "Running") return { type, status: "True", reason: "DeploymentReady", message };
  return phase === "Failed"
    ? { type, status: "False", reason: "DeploymentFailed", message }
    : { type, status: "False", reason: "DeploymentPending", message };
}

/** Nothing new is said before the server was asked, after a restart of ours for one. */
function healthCheck({
  server,
  deployment,
}: LlamaStackResult): readonly LlamaStackObservation<"HealthCheck">[] {
  const type = "HealthCheck";
  if (server === undefined) {
    const message = "no replica is available to be asked";
    return canBeAsked(deployment) ? [] : [{ type, status: "Unknown", reason: "HealthCheckUnknown", message }];
  }
  const { health, message } = server;
  if (health === "passed") return [{ type, status: "True", reason: "HealthCheckPassed", message }];
  return health === "failed"
    ? [{ type, status: "False", reason: "HealthCheckFailed", message }]
    : [{ type, status: "Unknown", reason: "HealthCheckUnknown", message }];
}

function serviceReady(result: LlamaStackResult): LlamaStackObservation<"ServiceReady"> {
  const type = "ServiceReady";
  const name = serviceName(result.distribution);
  const service = liveOf(result, "Service");
  return service === undefined
    ? { type, status: "False", reason: "ServiceMissing", message: `Service ${name} does not exist` }
    : { type, status: "True", reason: "ServiceReady", message: `Service ${name}` };
}

function claimsOf(result: LlamaStackResult): LlamaStackObservation<"StorageReady"> | undefined {
  const { storage } = result.distribution.spec.workload ?? {};
  if (storage === undefined) return undefined;
  const name = claimName(result.distribution);
  const claim = liveOf(result, "PersistentVolumeClaim");
  const found = claimsObservation([[name, claim]]);
  const asked = String(storage.size ?? "10Gi");
  const has = claim === undefined ? "" : textAt(asJson(claim), "spec", "resources", "requests", "storage");
  if (found === undefined || has === "" || isSameAmount(has, asked)) return found;
  return { ...found, message: `${found.message}; it was made for ${has} and is not resized to ${asked}` };
}

const isSameAmount = (a: string, b: string): boolean =>
  compareQuantities(parseQuantity(a), parseQuantity(b)) === 0;

/** Whether a Deployment has pods that can be asked something. */
export const canBeAsked = (deployment: KubeObject | undefined): boolean =>
  deployment !== undefined && numberAt(asJson(deployment), 0, "status", "availableReplicas") > 0;
