/** llm-d: vLLM in Deployments, as one component or as prefill and decode with the routing proxy between them. */
import { changedPaths } from "../immutable.ts";
import { podSpecPath } from "../pod/deployment.ts";
import { storageImmutable, storageKinds } from "../pod/storage.ts";
import type { Transformer } from "../transformer.ts";
import { llmdName, renderLlmd } from "./render.ts";
import { llmdStatus } from "./status.ts";

/** What the API server refuses to change in place. */
const immutable = { Deployment: [["spec", "selector"]], ...storageImmutable } as const;

export const llmd: Transformer = {
  name: llmdName,
  defaults: {
    capabilities: {
      engines: [
        {
          name: "vllm",
          servingModes: ["aggregated", "disaggregated"],
          gpuSupport: true,
          cpuSupport: false,
          apiFormats: ["openai-chat", "openai-responses", "anthropic-messages"],
          requiresCRD: false,
        },
      ],
    },
    selectionRules: [],
  },
  apiVersions: ["apps/v1"],
  kind: "Deployment",
  renders: [
    ...storageKinds,
    { apiVersion: "apps/v1", kind: "Deployment" },
    { apiVersion: "v1", kind: "Service" },
  ],
  podSpecs: { Deployment: [podSpecPath] },
  render: (deployment) => renderLlmd(deployment),
  status: llmdStatus,
  immutable: (before, after) => changedPaths(before, after, immutable),
};
