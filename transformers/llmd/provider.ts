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
  amounts: ["spec.replicas"],
  componentOverrides: ["prefill", "decode"],
  behaviour: [
    "vLLM from llm-d's image, in one Deployment of the deployment's name, or in disaggregated mode in two, `<name>-decode` and `<name>-prefill`. The Service of the deployment's name is in front of what answers in both modes.",
    "Decode pods have llm-d's routing proxy in front of the engine. A request that names a prefill pod in its header, as llm-d's inference scheduler has it do, has its prompt worked on there and the cache fetched by NIXL; any other is served by the decode pod alone.",
    "`provider.overrides` is a partial Deployment; below the keys `prefill` and `decode` it is one of that component only.",
    "Replicas and endpoint in the status are those of the component that answers; the model is Running when both are well. Why pods do not start is read from the pods.",
    "In disaggregated mode the name may have 55 characters, because a Service's may have 63.",
    "Every replica mounts the volumes: with ReadWriteOnce they share a node, with ReadWriteOncePod there can only be one.",
  ],
  render: (deployment) => renderLlmd(deployment),
  status: llmdStatus,
  immutable: (before, after) => changedPaths(before, after, immutable),
};
