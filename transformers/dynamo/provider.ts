/** NVIDIA Dynamo: a DynamoGraphDeployment. Workers on accelerators, together or apart for prefill and decode. */
import type { EngineCapability } from "../../api/inferenceprovider/v1alpha1/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { changedPaths } from "../immutable.ts";
import { textAt } from "../observed.ts";
import { storageImmutable, storageKinds } from "../pod/storage.ts";
import type { Transformer } from "../transformer.ts";
import type { DynamoEngine } from "./engine.ts";
import { dynamoName } from "./graph.ts";
import { renderDynamo } from "./render.ts";
import { dynamoStatus } from "./status.ts";
import { podSpecs as alphaPodSpecs } from "./v1alpha1.ts";
import { podSpecs as betaPodSpecs } from "./v1beta1.ts";

const kind = "DynamoGraphDeployment";

const capability = (
  name: DynamoEngine,
  servingModes: NonNullable<EngineCapability["servingModes"]>,
  apiFormats: NonNullable<EngineCapability["apiFormats"]>,
): EngineCapability => ({
  name,
  servingModes,
  gpuSupport: true,
  cpuSupport: false,
  apiFormats,
  requiresCRD: true,
});

/** What Dynamo's webhook refuses to change. */
const immutable = {
  [kind]: [["spec", "backendFramework"]],
  ...storageImmutable,
} as const;

export const dynamo: Transformer = {
  name: dynamoName,
  defaults: {
    capabilities: {
      engines: [
        capability(
          "vllm",
          ["aggregated", "disaggregated"],
          ["openai-chat", "openai-responses", "anthropic-messages"],
        ),
        capability("sglang", ["aggregated", "disaggregated"], ["openai-chat", "anthropic-messages"]),
        capability("trtllm", ["aggregated"], ["openai-chat", "openai-responses"]),
      ],
    },
    selectionRules: [
      { condition: "spec.engine.type == 'trtllm'", priority: 100 },
      { condition: "spec.engine.type == 'sglang'", priority: 100 },
      { condition: "spec.serving.mode == 'disaggregated'", priority: 90 },
      { condition: "spec.serving.resources.gpu.count > 0 && spec.engine.type == 'vllm'", priority: 50 },
    ],
  },
  apiVersions: ["nvidia.com/v1beta1", "nvidia.com/v1alpha1"],
  kind,
  resource: "dynamographdeployments",
  renders: [
    ...storageKinds,
    { apiVersion: "nvidia.com/v1beta1", kind },
    { apiVersion: "nvidia.com/v1alpha1", kind },
  ],
  podSpecs: { [kind]: [...betaPodSpecs, ...alphaPodSpecs] },
  amounts: [
    ...["replicas", "autoscaling", "scalingAdapter", "resources"].map((name) => `spec.services.*.${name}`),
    ...["replicas", "scalingAdapter"].map((name) => `spec.components.[].${name}`),
  ],
  render: renderDynamo,
  status: dynamoStatus,
  immutable: (before, after) => [
    ...changedPaths(before, after, immutable),
    ...changedComponents(before, after),
  ],
};

/** The set of components, what each of them is, and whether it spans several nodes, cannot change. */
function changedComponents(before: KubeObject, after: KubeObject): string[] {
  if (after.kind !== kind || before.apiVersion !== after.apiVersion) return [];
  const [old, wanted] = [before, after].map((object) => componentsOf(getPath(asJson(object), "spec")));
  if (old === undefined || wanted === undefined) return [];
  const at = after.apiVersion === "nvidia.com/v1beta1" ? "spec.components" : "spec.services";
  const names = [...new Set([...old.keys(), ...wanted.keys()])];
  const differs = names.some((name) => {
    const [a, b] = [old.get(name), wanted.get(name)];
    return (
      a === undefined ||
      b === undefined ||
      (getPath(a, "multinode") === undefined) !== (getPath(b, "multinode") === undefined) ||
      ["type", "componentType", "subComponentType"].some(
        (field) => !equalJson(getPath(a, field), getPath(b, field)),
      )
    );
  });
  return differs ? [at] : [];
}

function componentsOf(spec: JsonValue | undefined): ReadonlyMap<string, JsonValue> {
  const services = getPath(spec, "services");
  if (isObject(services)) {
    return new Map(Object.keys(services).map((name) => [name, getKey(services, name) ?? null]));
  }
  const components = getPath(spec, "components");
  const items = Array.isArray(components) ? components : [];
  return new Map(items.map((item) => [textAt(item, "name"), item]));
}
