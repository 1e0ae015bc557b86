import { Type } from "typebox";
import { celRules, int32 } from "../../common/schema.ts";
import { workload } from "../../common/workload.ts";
import { download } from "../download.ts";
import * as parts from "../parts.ts";
import * as status from "../status-parts.ts";
import { modelVolumes } from "../volumes.ts";

const tokenSecretRef = Type.Object(
  {
    name: Type.String({
      description: "Name of the Secret in the same namespace.",
      minLength: 1,
      maxLength: 253,
    }),
    key: Type.Optional(
      Type.String({ description: "Key of the token in the Secret.", maxLength: 253, default: "HF_TOKEN" }),
    ),
  },
  { description: "Secret with the Hugging Face token; needed for gated and private models." },
);

const model = Type.Object(
  {
    id: Type.Optional(parts.modelId),
    source: Type.Optional(parts.modelSource),
    servedName: Type.Optional(parts.servedName),
    tokenSecretRef: Type.Optional(tokenSecretRef),
    volumes: Type.Optional(modelVolumes),
    download: Type.Optional(download),
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
      resources: Type.Optional(parts.resources(`Resources of each ${name} replica.`)),
    },
    { description: `The ${name} component of disaggregated serving.` },
  );

const serving = Type.Object(
  {
    mode: Type.Optional(parts.servingMode),
    replicas: Type.Optional(
      parts.replicas("Number of replicas in aggregated mode; 1 when absent, 0 scales to zero."),
    ),
    resources: Type.Optional(parts.resources("Resources of each replica in aggregated mode.")),
    prefill: Type.Optional(component("prefill")),
    decode: Type.Optional(component("decode")),
  },
  {
    description: "How many replicas serve the model, and with what.",
    default: {},
    ...celRules(
      ...(["prefill", "decode"] as const).flatMap((name) => [
        {
          rule: `!has(self.mode) || self.mode != 'disaggregated' || has(self.${name})`,
          message: `${name} is required in disaggregated mode`,
          reason: "FieldValueRequired" as const,
          fieldPath: `.${name}`,
        },
        {
          rule: `!has(self.mode) || self.mode != 'disaggregated' || !has(self.${name}) || (has(self.${name}.resources) && has(self.${name}.resources.gpu) && has(self.${name}.resources.gpu.count) && self.${name}.resources.gpu.count > 0)`,
          message: `${name} needs at least one GPU in disaggregated mode`,
          fieldPath: `.${name}`,
        },
      ]),
      {
        rule: "!has(self.mode) || self.mode != 'disaggregated' || !has(self.resources) || !has(self.resources.gpu) || !has(self.resources.gpu.count) || self.resources.gpu.count == 0",
        message: "resources.gpu is for aggregated mode; in disaggregated mode set it for prefill and decode",
        fieldPath: ".resources.gpu",
      },
    ),
  },
);

const networking = Type.Object(
  {
    port: Type.Optional(
      int32({
        description: "Port of the Service; the provider's own port when absent.",
        minimum: 1,
        maximum: 65535,
      }),
    ),
    gateway: Type.Optional(parts.gateway),
  },
  { description: "How the model is reached." },
);

/** spec of ModelDeployment v1alpha2. */
export const modelDeploymentSpec = Type.Object(
  {
    model: model,
    engine: Type.Optional(parts.engine),
    provider: Type.Optional(parts.provider),
    updatePolicy: Type.Optional(parts.updatePolicy),
    autoscaling: Type.Optional(parts.autoscaling),
    serving: Type.Optional(serving),
    networking: Type.Optional(networking),
    workload: Type.Optional(workload),
    paused: Type.Optional(
      Type.Boolean({
        description:
          "Whether reconciliation stops: nothing is created, repaired or updated until it is false again. Deletion still works.",
      }),
    ),
  },
  { description: "The wanted state." },
);

/** status of ModelDeployment v1alpha2. */
export const modelDeploymentStatus = Type.Object(
  {
    phase: Type.Optional(status.phase),
    message: Type.Optional(status.message),
    observedGeneration: Type.Optional(status.observedGeneration),
    provider: Type.Optional(
      Type.Object(status.providerStatusFields, { description: "The provider and its resource." }),
    ),
    engine: Type.Optional(
      Type.Object({ type: Type.Optional(status.engineType) }, { description: "The engine." }),
    ),
    selection: Type.Optional(
      Type.Object(
        {
          engineReason: Type.Optional(Type.String({ description: "Why this engine was chosen." })),
          providerReason: Type.Optional(Type.String({ description: "Why this provider was chosen." })),
        },
        { description: "Why engine and provider are what they are." },
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

/** ModelDeployment v1alpha2 without apiVersion, kind and metadata. */
export const modelDeployment = Type.Object(
  { spec: modelDeploymentSpec, status: Type.Optional(modelDeploymentStatus) },
  { description: "One served model: what is served, by which engine and provider, and with what resources." },
);
