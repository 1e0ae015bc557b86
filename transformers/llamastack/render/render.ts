/**
 * A LlamaStackDistribution as resources, in the order of application: what pods refer to comes before them. Pure: no
 * clock, no input or output. A configuration that cannot be made leaves nothing to apply, so that what runs stays.
 */
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { Findings } from "../../findings.ts";
import type { UnsupportedField } from "../../transformer.ts";
import { generateConfig } from "../config/generate.ts";
import { generationOptions } from "../config/options.ts";
import type { ProviderPackages } from "../config/external.ts";
import { givenExternals } from "../config/external.ts";
import type { ProviderPackage } from "../config/provider-package.ts";
import type { Failure, Generated } from "../config/result.ts";
import { isFailure } from "../config/result.ts";
import { resolveImage, unknownDistribution } from "../distributions/image.ts";
import type { Resolution, ResolvedDistribution } from "../resolve.ts";
import { failureOfExternals, resolveDistribution } from "../resolve.ts";
import type { ConfigSource } from "../source.ts";
import { configSource } from "../source.ts";
import { claim } from "./claim.ts";
import { caBundleConfigMap, generatedConfigMap } from "./config-maps.ts";
import type { Release } from "./deployment.ts";
import { environmentOf, serverDeployment } from "./deployment.ts";
import { installed } from "./external.ts";
import type { RenderFacts } from "./facts.ts";
import { ingress } from "./ingress.ts";
import { notGenerated } from "./not-generated.ts";
import { networkPolicy } from "./network-policy.ts";
import { autoscaler, disruptionBudget } from "./scaling.ts";
import { serviceAccount } from "./service-account.ts";
import { service } from "./service.ts";
import { unsetVariables } from "./unset-variables.ts";

/** What a distribution expands to. */
export interface RenderedLlamaStack {
  readonly source: ConfigSource;
  readonly image: string;
  /** In the order of application. */
  readonly resources: readonly KubeObject[];
  /** Present when a configuration was generated. */
  readonly generated?: Generated;
  readonly resolved?: ResolvedDistribution;
  readonly warnings: readonly string[];
  readonly unsupported: readonly UnsupportedField[];
}

/** The resources, or why there are none. */
export function renderLlamaStack(
  distribution: LlamaStackDistribution,
  { facts = {}, resolution = {} }: { readonly facts?: RenderFacts; readonly resolution?: Resolution } = {},
): RenderedLlamaStack | Failure {
  const source = configSource(distribution.spec);
  const release = releaseOf(distribution, source, resolution);
  if (isFailure(release)) return release;
  const findings = new Findings();
  findings.warnings.push(...release.warnings);
  if (source !== "Generated") notGenerated(distribution, source, findings);
  const variables = environmentOf(distribution, release, facts).flatMap(({ name }) =>
    typeof name === "string" ? [name] : [],
  );
  findings.warnings.push(...unsetVariables(distribution, release, new Set(variables)));
  const { generated, resolved } = release;
  const resources = [
    ...(generated === undefined ? [] : [generatedConfigMap(distribution, generated)]),
    ...(facts.caBundle === undefined ? [] : [caBundleConfigMap(distribution, facts.caBundle)]),
    ...claim(distribution),
    ...serviceAccount(distribution),
    service(distribution),
    ...networkPolicy(distribution, facts, findings),
    serverDeployment(distribution, release, facts),
    ...autoscaler(distribution),
    ...disruptionBudget(distribution, findings),
    ...ingress(distribution, facts, findings),
  ];
  return {
    source,
    image: release.image,
    resources,
    ...(generated === undefined ? {} : { generated }),
    ...(resolved === undefined ? {} : { resolved }),
    warnings: findings.warnings,
    unsupported: findings.unsupported,
  };
}

interface FoundRelease extends Release {
  readonly resolved?: ResolvedDistribution;
  readonly warnings: readonly string[];
}

function releaseOf(
  distribution: LlamaStackDistribution,
  source: ConfigSource,
  resolution: Resolution,
): FoundRelease | Failure {
  const { spec } = distribution;
  if (source === "Generated") return generatedRelease(distribution, resolution);
  const image = resolveImage(spec.distribution, resolution.imageOverrides);
  if (image === undefined) {
    const errors = [unknownDistribution(spec.distribution.name ?? "")];
    return { reason: "ConfigGenerationFailed", errors, warnings: [] };
  }
  const config = spec.overrideConfig?.configMapName;
  return { image, ...(config === undefined ? {} : { config }), warnings: [] };
}

const unseen = (spec: LlamaStackDistribution["spec"], packages: ProviderPackages): string[] =>
  givenExternals(spec)
    .filter(({ entry }) => !packages.has(entry.image))
    .map(
      ({ entry, path }) =>
        `${path.toString()}: image ${entry.image} has not been read: provider ${entry.providerId} is not in what is generated here`,
    );

function generatedRelease(
  distribution: LlamaStackDistribution,
  resolution: Resolution,
): FoundRelease | Failure {
  const resolved = resolveDistribution(distribution.spec, resolution);
  if (isFailure(resolved)) return resolved;
  const failure = failureOfExternals(distribution.spec, resolution);
  if (failure !== undefined) return failure;
  const { options, problems } = generationOptions(distribution.metadata.annotations ?? {});
  const packages = resolution.external?.packages ?? new Map<string, ProviderPackage>();
  const generated = generateConfig(distribution.spec, resolved.base, options, packages);
  if (isFailure(generated)) return generated;
  return {
    image: resolved.image,
    external: installed(distribution.spec, packages),
    config: generatedConfigMap(distribution, generated).metadata.name ?? "",
    generated,
    resolved,
    warnings: [...problems, ...generated.warnings, ...unseen(distribution.spec, packages)],
  };
}
