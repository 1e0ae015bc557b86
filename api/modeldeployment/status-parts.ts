import { Type } from "typebox";
import { conditions } from "../common/condition.ts";
import { int32, int64, listAtomic, stringEnum } from "../common/schema.ts";
import { engineTypes, phases } from "./enumerations.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));

export const phase = stringEnum(phases, {
  description:
    "Summary: Pending (nothing created yet), Deploying, Running, Failed (see message), Terminating.",
});

export const message = Type.String({ description: "What the phase means right now, for people." });

export const observedGeneration = int64({
  description: "The metadata.generation this status was computed for.",
});

export const engineType = stringEnum(engineTypes, { description: "The engine in use." });

/** Identity of the provider and of the resource rendered for it. */
export const providerStatusFields = {
  name: text("Name of the provider in use."),
  resourceName: text("Name of the provider resource that carries the model."),
  resourceKind: text("Kind of that resource."),
};

export const replicaStatus = Type.Object(
  {
    desired: Type.Optional(int32({ description: "Replicas asked for, over all components." })),
    ready: Type.Optional(int32({ description: "Replicas that are ready." })),
    available: Type.Optional(int32({ description: "Replicas that have been ready long enough." })),
  },
  { description: "Replica counts." },
);

export const endpointStatus = Type.Object(
  {
    service: text("Name of the Service that answers requests."),
    port: Type.Optional(int32({ description: "Port of that Service." })),
  },
  { description: "Where the model answers inside the cluster." },
);

export const selector = Type.String({
  description: "Label selector of the serving pods in text form, for the scale subresource and autoscalers.",
});

const renderedResource = Type.Object(
  {
    apiVersion: Type.String({ description: "apiVersion of the resource." }),
    kind: Type.String({ description: "Kind of the resource." }),
    name: Type.String({ description: "Name of the resource." }),
    uid: text("UID of the resource as last seen; absent until it exists."),
  },
  { description: "One rendered resource." },
);

/** What the last accepted spec expanded to. */
export const renderedStatus = Type.Object(
  {
    hash: text("SHA-256 over all rendered resources; equal hashes mean equal resources."),
    resources: Type.Optional(
      Type.Array(renderedResource, {
        description: "Every resource that belongs to this deployment, in the order of application.",
        ...listAtomic,
      }),
    ),
  },
  { description: "What the spec expands to." },
);

/** The download that is done, so that it is not repeated once its Job is gone. */
export const modelDownload = Type.Object(
  {
    job: Type.String({
      description: "Name of the Job that completed; it says which model and which volume.",
    }),
    model: text("The model that was downloaded."),
  },
  { description: "The last download of weights that completed." },
);

const unsupportedField = Type.Object(
  {
    path: Type.String({ description: "Path of the field in v1alpha2." }),
    reason: Type.String({ description: "Why it has no effect." }),
  },
  { description: "A field that is set but has no effect." },
);

/** Fields that are set but that the provider cannot honour. */
export const unsupportedFields = Type.Array(unsupportedField, {
  description: "Fields that are set but that the chosen provider cannot honour.",
  ...listAtomic,
});

export const statusConditions = conditions(
  "Observations: Validated, ProviderSelected, EngineSelected, StorageReady, ModelDownloaded, ResourceCreated, Ready and what the provider adds.",
);
