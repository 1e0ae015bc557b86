import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Generated } from "../config/result.ts";
import { unpackCommand } from "../config/startup.ts";
import { configHashAnnotation, textHash } from "./config-maps.ts";
import { environment } from "./environment.ts";
import type { Installation } from "./external.ts";
import { installers, packageVolume } from "./external.ts";
import type { RenderFacts } from "./facts.ts";
import {
  commonLabels,
  configFile,
  owned,
  portOf,
  replicasOf,
  selectorLabels,
  serverContainer,
} from "./names.ts";
import { resources } from "./resources.ts";
import { isAutoscaled } from "./scaling.ts";
import { serviceAccountNameOf } from "./service-account.ts";
import { spread } from "./spread.ts";
import { serverVolumes, withOverrides } from "./volumes.ts";

/** The image and what is mounted as configuration: always of one and the same generation. */
export interface Release {
  readonly image: string;
  /** The ConfigMap to mount; absent where the image's own configuration is used. */
  readonly config?: string;
  readonly generated?: Generated;
  /** External providers, which are installed before the server starts. */
  readonly external?: readonly Installation[];
}

/** The Deployment of the server. Image, configuration and environment change together, in one write. */
export function serverDeployment(
  distribution: LlamaStackDistribution,
  release: Release,
  facts: RenderFacts,
): KubeObject {
  const { name = "" } = distribution.metadata;
  return owned(distribution, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name,
    spec: {
      // An autoscaler that is there owns the number.
      ...(isAutoscaled(distribution) ? {} : { replicas: replicasOf(distribution) }),
      selector: { matchLabels: selectorLabels(name) },
      strategy: strategyOf(distribution),
      template: {
        metadata: { labels: commonLabels(distribution), ...annotations(release, facts) },
        spec: podSpec(distribution, release, facts),
      },
    },
  });
}

/**
 * Two generations of pods cannot hold the claim, nor its databases, at the same time. The numbers of the other strategy
 * are the defaults; they are written so that they are ours to take away again, without which it cannot be left.
 */
const strategyOf = ({ spec }: LlamaStackDistribution): JsonObject =>
  spec.workload?.storage === undefined
    ? { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } }
    : { type: "Recreate" };

/** What makes pods roll when only the content of what they mount has changed. */
function annotations({ generated }: Release, facts: RenderFacts): JsonObject {
  const hashes = {
    ...(generated === undefined ? {} : { [configHashAnnotation]: `sha256:${generated.hash}` }),
    ...(generated === undefined && facts.overrideConfigHash !== undefined
      ? { "hawsepipe.dev/override-config-hash": facts.overrideConfigHash }
      : {}),
    ...(facts.caBundle === undefined ? {} : { "hawsepipe.dev/ca-bundle-hash": textHash(facts.caBundle) }),
  };
  return Object.keys(hashes).length === 0 ? {} : { annotations: hashes };
}

function podSpec(distribution: LlamaStackDistribution, release: Release, facts: RenderFacts): JsonObject {
  const { terminationGracePeriodSeconds } = distribution.spec.workload?.overrides ?? {};
  const trusts = facts.caBundle !== undefined;
  const { external = [] } = release;
  const { volumes, volumeMounts } = withOverrides(distribution, [
    ...serverVolumes(distribution, { config: release.config, trusts }),
    ...packageVolume(external),
  ]);
  return {
    serviceAccountName: serviceAccountNameOf(distribution),
    ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
    securityContext: { fsGroup: 1001, seccompProfile: { type: "RuntimeDefault" } },
    ...spread(distribution),
    ...(external.length === 0 ? {} : { initContainers: installers(external) }),
    containers: [
      {
        name: serverContainer,
        image: release.image,
        ...command(distribution, release),
        env: environmentOf(distribution, release, facts),
        ports: [{ name: "http", containerPort: portOf(distribution), protocol: "TCP" }],
        // A server that is not told of more workers has one.
        resources: resources(
          distribution,
          release.generated === undefined ? undefined : distribution.spec.workload?.workers,
        ),
        ...probes(distribution),
        securityContext: { allowPrivilegeEscalation: false },
        volumeMounts,
      },
    ],
    volumes,
  };
}

/** The variables of the server. */
export const environmentOf = (
  distribution: LlamaStackDistribution,
  { generated, config, external = [] }: Release,
  { caBundle }: RenderFacts,
): JsonObject[] =>
  environment(distribution, {
    secrets: generated?.env ?? [],
    isConfigMounted: config !== undefined,
    trusts: caBundle !== undefined,
    hasModules: external.length > 0,
  });

/** The image's entrypoint finds the configuration by itself; only what unpacks secrets has to know what comes after. */
function command({ spec }: LlamaStackDistribution, { generated }: Release): JsonObject {
  const { command: given, args } = spec.workload?.overrides ?? {};
  const prelude = generated === undefined ? undefined : unpackCommand(generated.unpack);
  const started =
    prelude === undefined ? given : [...prelude, ...(given ?? ["llama", "stack", "run", configFile])];
  return {
    ...(started === undefined ? {} : { command: [...started] }),
    ...(args === undefined ? {} : { args: [...args] }),
  };
}

/** Loading a distribution takes a while; after that a server that does not answer gets no requests, then a restart. */
function probes({ spec }: LlamaStackDistribution): JsonObject {
  const scheme = spec.networking?.tls?.enabled === true ? "HTTPS" : "HTTP";
  const httpGet = { path: "/v1/health", port: "http", scheme };
  return {
    startupProbe: {
      httpGet,
      initialDelaySeconds: 15,
      timeoutSeconds: 30,
      periodSeconds: 10,
      failureThreshold: 30,
    },
    readinessProbe: { httpGet, timeoutSeconds: 5, periodSeconds: 10 },
    livenessProbe: { httpGet, timeoutSeconds: 30, periodSeconds: 30, failureThreshold: 5 },
  };
}
