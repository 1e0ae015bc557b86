import { Type } from "typebox";
import { celRules, int32 } from "../../common/schema.ts";
import * as parts from "../parts.ts";
import { llamaStackDistributionStatus } from "../status-parts.ts";

const distribution = Type.Object(
  { name: Type.Optional(parts.distributionName), image: Type.Optional(parts.distributionImage) },
  {
    description: "The distribution, by name or by image.",
    ...celRules(parts.notNameAndImage),
  },
);

const containerSpec = Type.Object(
  {
    name: Type.Optional(
      Type.String({ description: "Name of the container.", maxLength: 63, default: "llama-stack" }),
    ),
    port: Type.Optional(parts.port("Port of the server; 8321 when absent.", 0)),
    resources: Type.Optional(parts.resources),
    env: Type.Optional(parts.env),
    command: Type.Optional(parts.command),
    args: Type.Optional(parts.args),
  },
  { description: "The server's container." },
);

const podOverrides = Type.Object(
  {
    serviceAccountName: Type.Optional(parts.serviceAccountName),
    terminationGracePeriodSeconds: Type.Optional(parts.terminationGracePeriodSeconds),
    volumes: Type.Optional(parts.volumes),
    volumeMounts: Type.Optional(parts.volumeMounts),
  },
  { description: "Additions to the pods." },
);

const lenient = { isStrict: false };

const server = Type.Object(
  {
    distribution,
    containerSpec: Type.Optional(containerSpec),
    workers: Type.Optional(parts.workers),
    podOverrides: Type.Optional(podOverrides),
    podDisruptionBudget: Type.Optional(parts.podDisruptionBudget(lenient)),
    topologySpreadConstraints: Type.Optional(parts.topologySpreadConstraints),
    autoscaling: Type.Optional(parts.autoscaling(lenient)),
    storage: Type.Optional(parts.claim),
    userConfig: Type.Optional(
      Type.Object(
        {
          configMapName: Type.String({ description: "Name of the ConfigMap.", maxLength: 253 }),
          configMapNamespace: Type.Optional(
            Type.String({
              description: "Namespace of the ConfigMap. Only the object's own can be mounted.",
              maxLength: 63,
            }),
          ),
        },
        { description: "ConfigMap that is mounted as the server's configuration, key config.yaml." },
      ),
    ),
    tlsConfig: Type.Optional(
      Type.Object({ caBundle: Type.Optional(parts.caBundle) }, { description: "Whom the server trusts." }),
    ),
  },
  { description: "The server." },
);

/** spec of LlamaStackDistribution v1alpha1. */
export const llamaStackDistributionSpec = Type.Object(
  {
    replicas: Type.Optional(int32({ description: "Number of replicas; 0 scales to zero.", default: 1 })),
    server,
    network: Type.Optional(
      Type.Object(
        {
          exposeRoute: Type.Optional(
            Type.Boolean({ description: "Whether an Ingress leads to the server.", default: false }),
          ),
          allowedFrom: Type.Optional(parts.allowedFrom),
        },
        { description: "Who reaches the server." },
      ),
    ),
  },
  { description: "The wanted state." },
);

/** LlamaStackDistribution v1alpha1 without apiVersion, kind and metadata. */
export const llamaStackDistribution = Type.Object(
  { spec: llamaStackDistributionSpec, status: Type.Optional(llamaStackDistributionStatus) },
  { description: "One Llama Stack server, in the field layout of v1alpha1." },
);
