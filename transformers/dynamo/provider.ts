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
    operator: {
      deployments: [{ matchLabels: { "app.kubernetes.io/name": "dynamo-operator" } }],
    },
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
    ...["replicas", "autoscaling", "scalingAdapter", "resources", "multinode"].map(
      (name) => `spec.services.*.${name}`,
    ),
    ...["replicas", "scalingAdapter", "multinode"].map((name) => `spec.components.[].${name}`),
  ],
  behaviour: [
    "A graph has a Frontend and one kind of workers, VllmWorker, whatever the engine; in disaggregated mode VllmPrefillWorker and VllmDecodeWorker, which hand caches over by NIXL. These are the names overrides use.",
    "With `networking.gateway.enabled: true` an endpoint picker, Epp, takes the Frontend's place, each worker gets a frontend beside it, and Dynamo's operator makes the InferencePool `<name>-pool`. That needs the Gateway API Inference Extension; without a gateway asked for there is always a Frontend. The set of components cannot change: turning the gateway on or off deletes the graph and creates it anew.",
    "Graphs are written in nvidia.com/v1beta1 where it is served, else in v1alpha1. Overrides below `spec` are in the words of that version: `spec.components[]` by name, or `spec.services`.",
    "`provider.overrides` also has `routerMode` (kv, round-robin, none), `frontend.replicas`, `frontend.resources` and `epp.image`, which are the same in both versions.",
    "With `gpu.nodes` a replica spans several nodes, and its engine shares the model over all accelerators of them. From one node to several, or back, deletes the graph and creates it anew; that needs Grove or LeaderWorkerSet in the cluster.",
    "The token and variables that are not about the engine's own pod also reach the Frontend, which reads tokenizers. Node selectors and tolerations are for every pod.",
    "The Service is Dynamo's own, `<name>-frontend`, on port 8000. Behind a gateway there is none.",
    "Only workers count as replicas; in disaggregated mode those that decode, and the model is Running when prefill is there, too. A graph that Dynamo calls successful while old pods answer is not.",
    "The name may have 35 characters, 28 in disaggregated mode, because Grove makes pod names of it and the component's. Workers that span nodes are groups, whose pods are named twice after the component: 21 characters are left, 7 in disaggregated mode.",
    "The annotation `hawsepipe.dev/dynamo-test-backend: mocker` renders Dynamo's stand-in for vLLM, which needs no accelerators.",
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
