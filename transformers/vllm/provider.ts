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
  amounts: ["spec.replicas"],
  behaviour: [
    "vLLM in one Deployment and Service of the deployment's name; no operator is needed.",
    "There is nothing that routes between prefill and decode, so disaggregated mode is refused: llmd and dynamo have it.",
    "`engine.args` and `engine.extraArgs` take the place of the fields they say the same as; host and port are refused.",
    "`provider.overrides` is a partial Deployment.",
    "The model is Running when every replica of the newest spec is available. While a change is rolled out the version before serves, and the status says so. Why pods do not start is read from the pods.",
  ],
  render: (deployment) => renderVllm(deployment),
  status: vllmStatus,
  immutable: (before, after) => changedPaths(before, after, immutable),
};
