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
  },
  apiVersions: ["kaito.sh/v1beta1"],
  kind: "Workspace",
  renders: [
    { apiVersion: "v1", kind: "PersistentVolumeClaim" },
    { apiVersion: "v1", kind: "ConfigMap" },
    { apiVersion: "kaito.sh/v1beta1", kind: "Workspace" },
  ],
  resource: "workspaces",
  podSpecs: { Workspace: [podSpecPath] },
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
