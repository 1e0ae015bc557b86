/**
 * The parts of ModelDeployment that are the same in every version: model volumes, engine, resources,
 * gateway and status. What differs is only where a version puts them.
 *
 * Defaults are rare on purpose. A schema default cannot tell "not set" from "set to the default", and it reinstates
 * a value that a typed client dropped because it was false or zero; so booleans and top-level replica counts have no
 * schema default, and what depends on other fields is defaulted at admission (defaults.ts).
 */
import { Type } from "typebox";
import { anyObject, celRules, int32, listAtomic, quantity, stringEnum, stringMap } from "../common/schema.ts";
import { engineTypes, modelSources, servingModes, updatePolicies } from "./enumerations.ts";

export const modelId = Type.String({
  description:
    "Identifier of the model: a Hugging Face repository such as Qwen/Qwen3-0.6B, or a name of your choice for source custom.",
  maxLength: 512,
});

export const modelSource = stringEnum(modelSources, {
  description:
    "Where the weights come from: huggingface downloads model.id; custom means they are in the image or on a volume.",
  default: "huggingface",
});

export const servedName = Type.String({
  description:
    "Name under which the engine serves the model; model.id when absent. Ignored for source custom.",
  maxLength: 512,
});

/** One part of a repository's name. */
const idPart = "[A-Za-z0-9_][A-Za-z0-9._-]*";
/**
 * What engines download by: a repository (org/name, or a name alone as presets have it) perhaps with a revision or
 * quantization, a GGUF file in a repository, or an absolute path in the image or on a volume.
 */
const idForms = [
  `${idPart}(/${idPart})?([:@][A-Za-z0-9._-]+)?`,
  `${idPart}(/${idPart})+[.]gguf`,
  "(/[A-Za-z0-9._-]+)+/?",
];

/** The rules that a model from Hugging Face needs an id, and one that can be. */
export const modelIdRule = celRules(
  {
    rule: "(has(self.source) && self.source != 'huggingface') || (has(self.id) && self.id != '')",
    message: "model id is required when source is huggingface",
    reason: "FieldValueRequired",
    fieldPath: ".id",
  },
  {
    rule: `(has(self.source) && self.source != 'huggingface') || !has(self.id) || self.id == '' || self.id.matches('^(${idForms.join("|")})$')`,
    message:
      "model id must be a Hugging Face repository such as Qwen/Qwen3-0.6B, the name of a preset, or an absolute path, when source is huggingface",
    fieldPath: ".id",
  },
);

/** The engine block, the same in every version. */
export const engine = Type.Object(
  {
    type: Type.Optional(
      stringEnum(engineTypes, {
        description:
          "The inference engine. When absent one is chosen at admission among those the provider can serve, and written here.",
      }),
    ),
    image: Type.Optional(
      Type.String({
        description: "Container image of the engine; the provider's own image when absent.",
        maxLength: 1024,
      }),
    ),
    contextLength: Type.Optional(
      int32({
        description: "Longest context in tokens; the engine decides from the model when absent.",
        minimum: 1,
      }),
    ),
    trustRemoteCode: Type.Optional(
      Type.Boolean({
        description:
          "Whether code from the model repository may run in the engine. Absent and false both mean no; vllm and sglang only.",
      }),
    ),
    enablePrefixCaching: Type.Optional(
      Type.Boolean({
        description:
          "Whether shared prompt prefixes are cached. Absent leaves it to the engine; true and false are both passed on. vllm and sglang only.",
      }),
    ),
    enforceEager: Type.Optional(
      Type.Boolean({
        description: "Whether CUDA graphs are off. Absent leaves it to the engine; vllm and sglang only.",
      }),
    ),
    args: Type.Optional(
      stringMap({
        description:
          "Command-line flags of the engine by name without dashes; an empty value gives a bare flag.",
        maxProperties: 128,
        maxLength: 4096,
      }),
    ),
    extraArgs: Type.Optional(
      Type.Array(Type.String({ description: "One token.", maxLength: 4096 }), {
        description: "Command-line tokens appended as they are, after everything else.",
        maxItems: 128,
        ...listAtomic,
      }),
    ),
  },
  { description: "How the model is run." },
);

/** The provider block, the same in every version. */
export const provider = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        description:
          "Name of the InferenceProvider. When absent one is chosen at admission and written here.",
        maxLength: 63,
        pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$",
      }),
    ),
    failover: Type.Optional(
      Type.Boolean({
        description:
          "Whether another provider that can serve the engine takes over when this one has not been ready for its grace time. The old resources are deleted then. False when absent.",
      }),
    ),
    overrides: Type.Optional(
      anyObject(
        "A partial provider resource merged over the rendered one: objects are merged, null removes a key, lists are replaced. Setting it needs the verb override on modeldeployments.",
      ),
    ),
  },
  { description: "Which provider serves the model." },
);

/** What happens to a change that deletes what serves now. */
export const updatePolicy = stringEnum(updatePolicies, {
  description:
    "What happens to an update that the provider cannot make in place, such as another model, engine or provider. Recreate, which is also meant when absent: after the new resources have passed their dry run the old ones are deleted and the new ones created. Reject: the update is refused.",
});

/** Not part of the API, but declared, so that whoever tries it is told what to use instead. */
export const autoscaling = anyObject(
  "Not supported; refused. Point a HorizontalPodAutoscaler at the scale subresource.",
);

/** Not part of the API, but declared, so that whoever tries it is told what to use instead. */
export const lora = anyObject(
  "Not supported; refused. Pass the engine's own flags for LoRA in spec.engine.extraArgs.",
);

/** The serving mode. */
export const servingMode = stringEnum(servingModes, {
  description:
    "aggregated: each replica does prefill and decode; disaggregated: separate prefill and decode components.",
  default: "aggregated",
});

/** A number of replicas without a default. */
export const replicas = (description: string) => int32({ description, minimum: 0 });

/** Accelerators of one replica. */
export const gpu = Type.Object(
  {
    count: Type.Optional(
      int32({
        description: "Number of accelerators per replica, or on each of its nodes; 0 means none.",
        minimum: 0,
        default: 0,
      }),
    ),
    type: Type.Optional(
      Type.String({
        description: "Extended resource name of the accelerator, such as nvidia.com/gpu or amd.com/gpu.",
        maxLength: 317,
        pattern: "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
        default: "nvidia.com/gpu",
      }),
    ),
    nodes: Type.Optional(
      int32({
        description:
          "Number of nodes each replica spans, with the same resources on each of them; 1 when absent. For models no single node can hold.",
        minimum: 1,
      }),
    ),
  },
  { description: "Accelerators of each replica." },
);

export const cpu = quantity('CPU of each replica, such as 4 or "500m".');
export const memory = quantity("Memory of each replica, such as 16Gi.");

/** What each replica gets. */
export const resources = (description: string) =>
  Type.Object(
    { gpu: Type.Optional(gpu), cpu: Type.Optional(cpu), memory: Type.Optional(memory) },
    { description },
  );

/** Publication through the Gateway API Inference Extension. */
export const gateway = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        description:
          "Whether the model is published on the inference gateway. Absent: where the cluster has one.",
      }),
    ),
    modelName: Type.Optional(
      Type.String({
        description: "Name the gateway routes by; the served name when absent.",
        maxLength: 512,
      }),
    ),
    httpRouteRef: Type.Optional(
      Type.String({
        description:
          "Name of an HTTPRoute of your own in the same namespace, used instead of a generated one.",
        maxLength: 253,
      }),
    ),
  },
  { description: "Publication on an inference gateway." },
);
