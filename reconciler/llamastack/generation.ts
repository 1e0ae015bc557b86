/** What a spec becomes with the facts of its cluster, or why nothing, in the words of condition ConfigGenerated. Pure. */
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Condition, KubeObject } from "../../api/meta/types.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import type { SecretUse } from "../../transformers/llamastack/config/result.ts";
import { isFailure } from "../../transformers/llamastack/config/result.ts";
import { renderLlamaStack } from "../../transformers/llamastack/render/render.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import { resolveDistribution } from "../../transformers/llamastack/resolve.ts";
import type { Generation, GenerationFailure, Release } from "./result.ts";
import type { FoundFacts } from "./references.ts";

/** What came of it: the resources to have, and the Secrets they need. */
export interface Generated {
  readonly generation: Generation;
  /** In the order of application; undefined when nothing may be changed. */
  readonly resources?: readonly KubeObject[];
  readonly secrets: readonly SecretUse[];
}

/** Renders a distribution; a failure leaves what runs as it is. */
export function generate(
  distribution: LlamaStackDistribution,
  { facts, errors }: FoundFacts,
  { resolution, operatorVersion }: { readonly resolution: Resolution; readonly operatorVersion: string },
): Generated {
  if (errors.length > 0) return { generation: failed("ConfigGenerationFailed", errors), secrets: [] };
  const { awaited = [] } = resolution;
  if (awaited.length > 0) return { generation: waiting(awaited), secrets: [] };
  const rendered = renderLlamaStack(distribution, { facts, resolution });
  if (isFailure(rendered)) {
    const isTransient = rendered.isUndecided === true;
    const isUpgrade = !isTransient && isAfterUpgrade(distribution, resolution, operatorVersion);
    const reason = isUpgrade ? "UpgradeConfigFailure" : rendered.reason;
    return { generation: failed(reason, rendered.errors, isTransient), secrets: [] };
  }
  const { source, image, generated, resolved, resources, warnings, unsupported } = rendered;
  const configMapName = generated === undefined ? undefined : resources[0]?.metadata.name;
  const mounted = configMapName ?? distribution.spec.overrideConfig?.configMapName;
  const release: Release = {
    source,
    image,
    warnings: [...warnings, ...unsupported.map(({ path, reason }) => `${path}: has no effect: ${reason}`)],
    ...(mounted === undefined ? {} : { configMapName: mounted }),
    ...(generated === undefined ? {} : { generated }),
    ...(resolved === undefined ? {} : { resolved }),
  };
  return {
    generation: { rendered: release },
    resources,
    secrets: [...(generated?.secrets ?? []), ...tlsSecret(distribution)],
  };
}

const failed = (
  reason: GenerationFailure["reason"],
  errors: readonly FieldError[],
  isTransient = false,
): Generation => ({ failure: { reason, message: errors.map(printFieldError).join("; "), isTransient } });

const waiting = (images: readonly string[]): Generation => ({
  failure: {
    reason: "WaitingForRegistry",
    message: `what is in ${images.join(", ")} is being asked of ${images.length === 1 ? "its registry" : "their registries"}`,
    isTransient: false,
    isAwaited: true,
  },
});

/**
 * Whether this very spec was generated for before, so that what has changed is on our side: the image that a name stands
 * for, the base that belongs to it, or the generator.
 */
function isAfterUpgrade(
  { spec, metadata, status }: LlamaStackDistribution,
  resolution: Resolution,
  operatorVersion: string,
): boolean {
  const generated = (status?.conditions as readonly Condition[] | undefined)?.find(
    ({ type }) => type === "ConfigGenerated",
  );
  if (generated === undefined || generated.observedGeneration !== (metadata.generation ?? 0)) return false;
  if (generated.reason === "UpgradeConfigFailure") return true;
  if (generated.status !== "True") return false;
  const before = status?.resolvedDistribution;
  const resolved = resolveDistribution(spec, resolution);
  return (
    isFailure(resolved) ||
    resolved.image !== before?.image ||
    resolved.configHash !== before.configHash ||
    status?.version?.operatorVersion !== operatorVersion
  );
}

/** The Secret of the server's certificate, which no environment variable refers to. */
function tlsSecret({ spec }: LlamaStackDistribution): SecretUse[] {
  const { tls } = spec.networking ?? {};
  if (tls?.enabled !== true || tls.secretName === undefined) return [];
  return [{ path: "spec.networking.tls.secretName", name: tls.secretName, key: "tls.crt" }];
}
