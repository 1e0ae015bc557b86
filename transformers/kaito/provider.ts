/** KAITO: a Workspace. Presets with vLLM on NVIDIA nodes, llama.cpp from an image of the user's on any node. */
import { changedPaths } from "../immutable.ts";
import type { Transformer } from "../transformer.ts";
import { kaitoName, podSpecPath, renderKaito } from "./render.ts";
import { kaitoStatus } from "./status.ts";

/** What KAITO's webhook refuses to change. */
const immutable = {
  Workspace: [
    ["resource", "count"],
    ["resource", "labelSelector"],
    ["resource", "instanceType"],
    ["inference", "preset"],
  ],
  PersistentVolumeClaim: [
    ["spec", "accessModes"],
    ["spec", "storageClassName"],
  ],
} as const;

/** Newest first. */
const kaitoVersions = ["kaito.sh/v1beta1", "kaito.sh/v1alpha1"] as const;

export const kaito: Transformer = {
  name: kaitoName,
  defaults: {
    capabilities: {
      engines: [
        {
          name: "vllm",
          servingModes: ["aggregated"],
          gpuSupport: true,
          cpuSupport: false,
          apiFormats: ["openai-chat", "openai-responses", "anthropic-messages"],
          requiresCRD: true,
        },
        {
          name: "llamacpp",
          servingModes: ["aggregated"],
          gpuSupport: true,
          cpuSupport: true,
          apiFormats: ["openai-chat"],
          requiresCRD: true,
        },
      ],
    },
    selectionRules: [
      { condition: "spec.serving.resources.gpu.count == 0", priority: 100 },
      { condition: "spec.engine.type == 'llamacpp'", priority: 100 },
    ],
    operator: {
      deployments: [
        { matchLabels: { "app.kubernetes.io/name": "workspace" } },
        { matchLabels: { "app.kubernetes.io/name": "ai-toolchain-operator" } },
      ],
    },
  },
  apiVersions: kaitoVersions,
  kind: "Workspace",
  renders: [
    { apiVersion: "v1", kind: "PersistentVolumeClaim" },
    { apiVersion: "v1", kind: "ConfigMap" },
    ...kaitoVersions.map((apiVersion) => ({ apiVersion, kind: "Workspace" })),
  ],
  resource: "workspaces",
  podSpecs: { Workspace: [podSpecPath] },
  amounts: ["resource.count"],
  behaviour: [
    "With engine vllm `model.id` is the name of one of KAITO's presets. KAITO makes the pods and decides what they get; what is about the engine goes through a ConfigMap that `inference.config` names.",
    "With engine llamacpp the pods are rendered from `engine.image`, a runner image such as AIKit's, which downloads the model itself.",
    "`serving.replicas` is the number of nodes. A Workspace cannot have none: scaled to zero it is deleted, its claims stay.",
    "KAITO lets nobody change the number of nodes, the node labels, the instance type or the preset of a Workspace, nor turn a preset into a template: such an update deletes the Workspace and creates it anew, after the new one has passed its dry run.",
    "The model is Running when the Workspace says so of the newest spec; the message is that of its summary condition.",
    "The Service is KAITO's own, on port 80.",
    "A gated preset needs the token's Secret; kaito.sh/v1alpha1 has no field for it.",
  ],
  render: renderKaito,
  status: kaitoStatus,
  immutable: (before, after) => {
    const changed = changedPaths(before, after, immutable);
    const isTemplate = (object: typeof after): boolean => hasTemplate(object["inference"]);
    // A Workspace cannot turn from a preset into a template or back.
    return isTemplate(before) === isTemplate(after) || after.kind !== "Workspace"
      ? changed
      : [...changed, "inference.template"];
  },
};

const hasTemplate = (inference: unknown): boolean =>
  typeof inference === "object" && inference !== null && "template" in inference;
