/** Plain vLLM: a Deployment and a Service, no operator. The provider of last resort, so no rule raises its priority. */
import type { Transformer } from "../transformer.ts";
import { changedPaths } from "../immutable.ts";
import { podSpecPath } from "../pod/deployment.ts";
import { storageImmutable, storageKinds } from "../pod/storage.ts";
import { renderVllm, vllmName } from "./render.ts";
import { vllmStatus } from "./status.ts";

/** What the API server refuses to change in place. */
const immutable = {
  Deployment: [["spec", "selector"]],
  ...storageImmutable,
} as const;

export const vllm: Transformer = {
  name: vllmName,
  defaults: {
    capabilities: {
      engines: [
        {
          name: "vllm",
          servingModes: ["aggregated"],
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
  render: (deployment) => renderVllm(deployment),
  status: vllmStatus,
  immutable: (before, after) => changedPaths(before, after, immutable),
};
