import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { instanceLabel } from "../../names.ts";
import { serverPort } from "../config/server.ts";

/** Names, labels and numbers the rendered resources of a LlamaStackDistribution share. */

/** Says which distribution an object belongs to; the Service and the Deployment select by it. */
export const distributionLabel = "hawsepipe.dev/llama-stack-distribution";
/** Tells the generated ConfigMaps of a distribution from its other ones. */
export const componentLabel = "app.kubernetes.io/component";
/** The container that runs the server. */
export const serverContainer = "llama-stack";
/** Where the configuration is mounted, whole: a ConfigMap of the user's may hold other files beside it. */
export const configDirectory = "/etc/llama-stack";
export const configFile = `${configDirectory}/config.yaml`;

/** Labels that select the pods. They can never change for an existing Deployment. */
export const selectorLabels = (name: string): Record<string, string> => ({ [distributionLabel]: name });

/** Labels of every rendered object. */
export function commonLabels({ metadata: { name = "" } }: LlamaStackDistribution): Record<string, string> {
  return {
    "app.kubernetes.io/managed-by": "hawsepipe",
    "app.kubernetes.io/part-of": "llama-stack",
    [instanceLabel]: name,
    ...selectorLabels(name),
  };
}

/** The name of an object that stands beside the Deployment. */
export const derivedName = ({ metadata: { name = "" } }: LlamaStackDistribution, suffix: string): string =>
  `${name}-${suffix}`;

/** The port of the server and of its Service. */
export const portOf = ({ spec }: LlamaStackDistribution): number => serverPort(spec);

/** Replicas asked for, where no autoscaler has taken them over. */
export const replicasOf = ({ spec }: LlamaStackDistribution): number => spec.workload?.replicas ?? 1;

/** An object of the distribution's namespace with its labels. */
export function owned(
  distribution: LlamaStackDistribution,
  object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  },
): KubeObject {
  const { apiVersion, kind, name, labels, annotations, ...rest } = object;
  const { namespace } = distribution.metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...commonLabels(distribution), ...labels },
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    },
    ...rest,
  };
}
