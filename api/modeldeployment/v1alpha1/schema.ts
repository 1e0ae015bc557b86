import { Type } from "typebox";
import { celRules, int32 } from "../../common/schema.ts";
import { envList, nodeSelector, podTemplateMetadata, tolerationList } from "../../common/workload.ts";
import { download } from "../download.ts";
import * as parts from "../parts.ts";
import * as status from "../status-parts.ts";
import { modelVolumes } from "../volumes.ts";

const model = Type.Object(
  {
    id: Type.Optional(parts.modelId),
    servedName: Type.Optional(parts.servedName),
    source: Type.Optional(parts.modelSource),
    storage: Type.Optional(
      Type.Object(
        { volumes: Type.Optional(modelVolumes), download: Type.Optional(download) },
        { description: "Persistent storage of the model." },
      ),
    ),
    lora: Type.Optional(parts.lora),
  },
  { description: "What is served.", ...parts.modelIdRule },
);

const component = (name: string) =>
  Type.Object(
    {
      replicas: Type.Optional(
        int32({ description: `Number of ${name} replicas; 0 scales to zero.`, minimum: 0, default: 1 }),
      ),
      gpu: Type.Optional(parts.gpu),
      memory: Type.Optional(parts.memory),
    },
    { description: `The ${name} component of disaggregated serving.` },
  );

const scaling = Type.Object(
  {
    replicas: Type.Optional(
      parts.replicas("Number of replicas in aggregated mode; 1 when absent, 0 scales to zero."),
    ),
    prefill: Type.Optional(component("prefill")),
    decode: Type.Optional(component("decode")),
  },
  { description: "Replica counts." },
);

const disaggregated = "has(self.serving) && has(self.serving.mode) && self.serving.mode == 'disaggregated'";

const componentRules = (["prefill", "decode"] as const).flatMap((name) => [
  {
    rule: `!(${disaggregated}) || (has(self.scaling) && has(self.scaling.${name}))`,
    message: `${name} is required in disaggregated mode`,
    reason: "FieldValueRequired" as const,
    fieldPath: `.scaling.${name}`,
  },
  {
    rule: `!(${disaggregated}) || !has(self.scaling) || !has(self.scaling.${name}) || (has(self.scaling.${name}.gpu) && has(self.scaling.${name}.gpu.count) && self.scaling.${name}.gpu.count > 0)`,
    message: `${name} needs at least one GPU in disaggregated mode`,
    fieldPath: `.scaling.${name}`,
  },
]);

/** spec of ModelDeployment v1alpha1. */
export const modelDeploymentSpec = Type.Object(
  {
    model: model,
    provider: Type.Optional(parts.provider),
    updatePolicy: Type.Optional(parts.updatePolicy),
    autoscaling: Type.Optional(parts.autoscaling),
    engine: Type.Optional(parts.engine),
    serving: Type.Optional(
      Type.Object(
        { mode: Type.Optional(parts.servingMode) },
        { description: "How requests are split over pods.", default: {} },
      ),
    ),
    scaling: Type.Optional(scaling),
    resources: Type.Optional(parts.resources("Resources of each replica in aggregated mode.")),
    image: Type.Optional(
      Type.String({
        description:
          "Container image of the engine. Older name of engine.image; setting both differently is invalid.",
        maxLength: 1024,
      }),
    ),
    env: Type.Optional(envList),
    podTemplate: Type.Optional(
      Type.Object(
        { metadata: Type.Optional(podTemplateMetadata) },
        { description: "Metadata merged into every pod that serves the model." },
      ),
    ),
    secrets: Type.Optional(
      Type.Object(
        {
          huggingFaceToken: Type.Optional(
            Type.String({
              description:
                "Name of a Secret in the same namespace with the Hugging Face token under HF_TOKEN.",
              maxLength: 253,
            }),
          ),
        },
        { description: "Secrets the model needs." },
      ),
    ),
    gateway: Type.Optional(parts.gateway),
    nodeSelector: Type.Optional(nodeSelector),
    tolerations: Type.Optional(tolerationList),
  },
  {
    description: "The wanted state.",
    ...celRules(
      {
        rule: "!has(self.image) || self.image == '' || !has(self.engine) || !has(self.engine.image) || self.engine.image == '' || self.image == self.engine.image",
        message: "image and engine.image are both set and differ; remove image",
        fieldPath: ".engine.image",
      },
      ...componentRules,
      {
        rule: `!(${disaggregated}) || !has(self.resources) || !has(self.resources.gpu) || !has(self.resources.gpu.count) || self.resources.gpu.count == 0`,
        message: "resources.gpu is for aggregated mode; in disaggregated mode set it for prefill and decode",
        fieldPath: ".resources.gpu",
      },
    ),
  },
);

/** status of ModelDeployment v1alpha1. */
export const modelDeploymentStatus = Type.Object(
  {
    phase: Type.Optional(status.phase),
    message: Type.Optional(status.message),
    observedGeneration: Type.Optional(status.observedGeneration),
    provider: Type.Optional(
      Type.Object(
        {
          ...status.providerStatusFields,
          selectedReason: Type.Optional(Type.String({ description: "Why this provider was chosen." })),
        },
        { description: "The provider and its resource." },
      ),
    ),
    engine: Type.Optional(
      Type.Object(
        {
          type: Type.Optional(status.engineType),
          selectedReason: Type.Optional(Type.String({ description: "Why this engine was chosen." })),
        },
        { description: "The engine." },
      ),
    ),
    replicas: Type.Optional(status.replicaStatus),
    selector: Type.Optional(status.selector),
    endpoint: Type.Optional(status.endpointStatus),
    rendered: Type.Optional(status.renderedStatus),
    modelDownload: Type.Optional(status.modelDownload),
    unsupportedFields: Type.Optional(status.unsupportedFields),
    conditions: Type.Optional(status.statusConditions),
  },
  { description: "The observed state; written by Hawsepipe only." },
);

/** ModelDeployment v1alpha1 without apiVersion, kind and metadata. */
export const modelDeployment = Type.Object(
  { spec: modelDeploymentSpec, status: Type.Optional(modelDeploymentStatus) },
  { description: "One served model, in the field layout of v1alpha1." },
);
