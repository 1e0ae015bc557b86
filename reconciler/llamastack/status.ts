/**
 * The status of a distribution after a pass: pure, and the same for the same situation, so that nothing is written when
 * nothing changed. What describes the configuration in use changes with the Deployment, not with the spec.
 */
import type { LlamaStackConditionType } from "../../api/llamastackdistribution/reasons.ts";
import { llamaStackConditionReasons } from "../../api/llamastackdistribution/reasons.ts";
import type {
  LlamaStackDistribution,
  LlamaStackDistributionStatus,
} from "../../api/llamastackdistribution/v1alpha2/types.ts";
import { formatSeconds } from "../../api/meta/time.ts";
import type { Condition, KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { distributions } from "../../transformers/llamastack/distributions/registry.ts";
import { serviceUrl } from "../../transformers/llamastack/render/service.ts";
import { textAt } from "../../transformers/observed.ts";
import { nextConditions } from "../conditions.ts";
import { observationsOf } from "./observations.ts";
import type { LlamaStackResult, Release } from "./result.ts";
import { liveOf } from "./result.ts";
import { serverUrl } from "./server-address.ts";

/** Status of a distribution that is not being deleted. */
export function statusOf(result: LlamaStackResult): LlamaStackDistributionStatus {
  const { distribution, serving, server } = result;
  const old = distribution.status ?? {};
  const release = releaseInUse(result);
  const route = routeUrl(liveOf(result, "Ingress"));
  const providers = server === undefined ? old.distributionConfig?.providers : [...server.providers];
  return {
    phase: phaseOf(result),
    observedGeneration: distribution.metadata.generation ?? 0,
    version: versionOf(result),
    ...inUse(result, release),
    distributionConfig: {
      activeDistribution: activeDistribution(result, release),
      availableDistributions: availableDistributions(),
      ...(providers === undefined ? {} : { providers }),
    },
    availableReplicas: serving.replicas.ready,
    ...serviceAddress(result, release),
    ...(route === undefined ? {} : { routeURL: route }),
    conditions: conditionsOf(result),
  };
}

/** Status of a distribution that waits for its resources to go; nothing else is said about it any more. */
export const terminatingStatus = ({
  status,
  metadata,
}: LlamaStackDistribution): LlamaStackDistributionStatus => ({
  ...status,
  observedGeneration: metadata.generation ?? 0,
  phase: "Terminating",
});

function phaseOf(result: LlamaStackResult): NonNullable<LlamaStackDistributionStatus["phase"]> {
  const { generation, missingSecrets, obstacle, serving, isHeldBack } = result;
  if (generation.failure?.isAwaited === true) return serving.phase === "Pending" ? "Pending" : "Initializing";
  if (generation.failure !== undefined || (missingSecrets.length > 0 && isHeldBack)) return "Failed";
  if (obstacle?.isFinal === true) return "Failed";
  if (obstacle !== undefined) return serving.phase === "Pending" ? "Pending" : "Initializing";
  const phases = {
    Pending: "Pending",
    Deploying: "Initializing",
    Running: "Ready",
    Failed: "Failed",
  } as const;
  return phases[serving.phase];
}

/** What the Deployment was made of in this pass or an earlier one; undefined when it could not be brought to it. */
const releaseInUse = ({
  generation,
  isHeldBack,
  obstacle,
  deployment,
}: LlamaStackResult): Release | undefined =>
  isHeldBack || obstacle !== undefined || deployment === undefined ? undefined : generation.rendered;

/** Image and configuration in use; those of before while a new one cannot be put in place. */
function inUse(
  { distribution, now }: LlamaStackResult,
  release: Release | undefined,
): Pick<LlamaStackDistributionStatus, "resolvedDistribution" | "configGeneration"> {
  const { resolvedDistribution, configGeneration } = distribution.status ?? {};
  if (release === undefined) {
    return {
      ...(resolvedDistribution === undefined ? {} : { resolvedDistribution }),
      ...(configGeneration === undefined ? {} : { configGeneration }),
    };
  }
  const { generated, resolved, image, configMapName } = release;
  const resolution =
    resolved === undefined ? {} : { configSource: resolved.configSource, configHash: resolved.configHash };
  if (generated === undefined || configMapName === undefined) {
    return { resolvedDistribution: { image, ...resolution } };
  }
  const { providerCount, resourceCount, configVersion } = generated;
  const isSame = configGeneration?.configMapName === configMapName;
  const generatedAt = (isSame ? configGeneration.generatedAt : undefined) ?? formatSeconds(now);
  return {
    resolvedDistribution: { image, ...resolution },
    configGeneration: { configMapName, generatedAt, providerCount, resourceCount, configVersion },
  };
}

function versionOf({
  distribution,
  server,
  operatorVersion,
  now,
}: LlamaStackResult): NonNullable<LlamaStackDistributionStatus["version"]> {
  const old = distribution.status?.version;
  const serverVersion = server?.version ?? old?.llamaStackServerVersion;
  const isSame = old?.operatorVersion === operatorVersion && old.llamaStackServerVersion === serverVersion;
  return {
    operatorVersion,
    ...(serverVersion === undefined ? {} : { llamaStackServerVersion: serverVersion }),
    lastUpdated: (isSame ? old.lastUpdated : undefined) ?? formatSeconds(now),
  };
}

function activeDistribution({ distribution }: LlamaStackResult, release: Release | undefined): string {
  const old = distribution.status?.distributionConfig?.activeDistribution;
  if (release === undefined && old !== undefined) return old;
  const { name, image } = distribution.spec.distribution;
  return image === undefined || image === "" ? (name ?? "") : "custom";
}

const availableDistributions = (): Record<string, string> =>
  Object.fromEntries(Object.entries(distributions).map(([name, { image }]) => [name, image]));

/** Where the server answers; port and scheme of a spec that is not in place lead nowhere. */
function serviceAddress(
  result: LlamaStackResult,
  release: Release | undefined,
): Pick<LlamaStackDistributionStatus, "serviceURL"> {
  const { distribution, deployment } = result;
  const service = liveOf(result, "Service");
  if (service === undefined) return {};
  const serviceURL =
    release === undefined ? serverUrl({ deployment, service, configMaps: [] }) : serviceUrl(distribution);
  return serviceURL === undefined ? {} : { serviceURL };
}

/** Where an Ingress says it is reached: its load balancer's name or address, else its host; empty when there is neither. */
export function routeUrl(ingress: KubeObject | undefined): string | undefined {
  if (ingress === undefined) return undefined;
  const [balancer] = listAt(ingress, "status", "loadBalancer", "ingress");
  const [rule] = listAt(ingress, "spec", "rules");
  const host = [textAt(balancer, "hostname"), textAt(balancer, "ip"), textAt(rule, "host")].find(
    (text) => text !== "",
  );
  return host === undefined || balancer === undefined ? "" : `http://${host}`;
}

function listAt(object: KubeObject, ...path: readonly string[]) {
  const found = getPath(asJson(object), ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

/** What could not be found out this time stays as it was last, with the generation it speaks about. */
const kept: ReadonlySet<string> = new Set<LlamaStackConditionType>(["SecretsResolved", "HealthCheck"]);

function conditionsOf(result: LlamaStackResult): Condition[] {
  const { distribution, now } = result;
  const before = distribution.status?.conditions as readonly Condition[] | undefined;
  const generation = distribution.metadata.generation ?? 0;
  const observed = nextConditions(before, observationsOf(result), { now, generation });
  const find = (conditions: readonly Condition[] | undefined, name: string): Condition | undefined =>
    conditions?.find(({ type }) => type === name);
  return Object.keys(llamaStackConditionReasons).flatMap(
    (type) => find(observed, type) ?? (kept.has(type) ? find(before, type) : undefined) ?? [],
  );
}
