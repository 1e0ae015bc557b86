/** KAITO: a Workspace. Presets with vLLM on NVIDIA nodes, llama.cpp from an image of the user's on any node. */
import { changedPaths } from "../immutable.ts";
import type { Transformer } from "../transformer.ts";
import { kaitoName, podSpecPath, renderKaito } from "./render.ts";
import { kaitoStatus } from "./status.ts";

/**
 * What KAITO's webhook refuses to change, or an update of which never reaches the pods: of a template KAITO makes a
 * workload once. Only what is about a preset's configuration is rolled out.
 */
const immutable = {
  Workspace: [
    ["resource", "count"],
    ["resource", "labelSelector"],
    ["resource", "instanceType"],
    ["inference", "preset"],
    ["inference", "template"],
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
    "KAITO lets nobody change the number of nodes, the node labels, the instance type or the preset of a Workspace, and makes pods of a template only once, so that with llamacpp a change of anything about them counts, too: such an update deletes the Workspace and creates it anew, after the new one has passed its dry run.",
    "The ConfigMap of a preset has a name that says what is in it: another content is another ConfigMap, which KAITO rolls out, and the one before goes.",
    "The model is Running when the Workspace says so of the newest spec; the message is that of its summary condition.",
    "The Service is KAITO's own, on port 80; the status names it once KAITO has had reason to make it, which is after the nodes are there.",
    "A gated preset needs the token's Secret; kaito.sh/v1alpha1 has no field for it.",
  ],
  render: renderKaito,
  status: kaitoStatus,
  immutable: (before, after) => changedPaths(before, after, immutable),
};
