import { Type } from "typebox";
import { conditions } from "../common/condition.ts";
import { anyObject, dateTime, int32, int64, listAtomic, stringEnum, stringMap } from "../common/schema.ts";
import { configSources, llamaStackPhases } from "./enumerations.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));

const providerHealth = Type.Object(
  {
    status: Type.String({ description: "OK, Error or Not Implemented, as the server says." }),
    message: Type.String({ description: "What the server says about it; may be empty." }),
  },
  { description: "What the server says about the provider." },
);

const providerInfo = Type.Object(
  {
    api: Type.String({ description: "API the provider serves." }),
    provider_id: Type.String({ description: "Id of the provider." }),
    provider_type: Type.String({ description: "Type of the provider." }),
    config: anyObject("The provider's configuration, without what came from a Secret."),
    health: providerHealth,
  },
  { description: "A provider of the running server." },
);

/**
 * status, the same in both versions: a field only one of them had would be lost whenever a client of the other one
 * writes the object.
 */
export const llamaStackDistributionStatus = Type.Object(
  {
    phase: Type.Optional(
      stringEnum(llamaStackPhases, {
        description:
          "Summary: Pending (nothing created yet), Initializing, Ready, Failed (see conditions), Terminating.",
      }),
    ),
    observedGeneration: Type.Optional(
      int64({ description: "The metadata.generation this status was computed for." }),
    ),
    version: Type.Optional(
      Type.Object(
        {
          operatorVersion: text("Version of Hawsepipe that wrote this status."),
          llamaStackServerVersion: text("Version the running server reported last."),
          lastUpdated: Type.Optional(dateTime("When one of the versions last changed.")),
        },
        { description: "Versions." },
      ),
    ),
    resolvedDistribution: Type.Optional(
      Type.Object(
        {
          image: text("The image the distribution stands for."),
          configSource: Type.Optional(
            stringEnum(configSources, { description: "Where the base of the configuration comes from." }),
          ),
          configHash: text("sha256: and the hash of the base."),
        },
        { description: "What the distribution stands for." },
      ),
    ),
    configGeneration: Type.Optional(
      Type.Object(
        {
          configMapName: text("ConfigMap that holds the configuration."),
          generatedAt: Type.Optional(dateTime("When the configuration last changed.")),
          providerCount: Type.Optional(int32({ description: "Providers in the configuration." })),
          resourceCount: Type.Optional(int32({ description: "Models, tools and shields the spec names." })),
          configVersion: Type.Optional(int32({ description: "Version of the configuration's layout." })),
        },
        { description: "The generated configuration in use." },
      ),
    ),
    distributionConfig: Type.Optional(
      Type.Object(
        {
          activeDistribution: text("Name of the distribution; custom for an image."),
          availableDistributions: Type.Optional(
            stringMap({ description: "Known distributions and their images.", maxProperties: 256 }),
          ),
          providers: Type.Optional(
            Type.Array(providerInfo, {
              description: "Providers the running server reports.",
              ...listAtomic,
            }),
          ),
        },
        { description: "What runs." },
      ),
    ),
    availableReplicas: Type.Optional(int32({ description: "Replicas that are ready." })),
    serviceURL: text("Address of the server inside the cluster."),
    routeURL: text(
      "Address of the server from outside; empty while the Ingress has none, absent when not exposed.",
    ),
    conditions: Type.Optional(
      conditions(
        "Observations: ConfigGenerated, SecretsResolved, DeploymentUpdated, Available, DeploymentReady, HealthCheck, ServiceReady, StorageReady.",
      ),
    ),
  },
  { description: "The observed state; written by Hawsepipe only." },
);
