import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { componentLabel, selectorLabels } from "../names.ts";

/** What llm-d runs: one component that does everything, or one for prompts and one for tokens. */
export interface Component {
  /** The key of its block in spec.serving and in the overrides; undefined when there is only one. */
  readonly role?: "prefill" | "decode";
  /** Name of its Deployment. */
  readonly name: string;
  readonly replicas: number;
  readonly resources: ServingResources | undefined;
  readonly selector: Record<string, string>;
}

/** By what llm-d's inference scheduler tells the pods apart. */
const roleLabel = "llm-d.ai/role";

/** The components of a deployment; the one that answers requests comes first. */
export function componentsOf({ metadata, spec }: ModelDeployment): readonly [Component, ...Component[]] {
  const { name = "" } = metadata;
  const { serving } = spec;
  if (serving?.mode !== "disaggregated") {
    const { replicas = 1, resources } = serving ?? {};
    return [{ name, replicas, resources, selector: selectorLabels(name) }];
  }
  const component = (role: "prefill" | "decode"): Component => ({
    role,
    name: `${name}-${role}`,
    replicas: serving[role]?.replicas ?? 1,
    resources: serving[role]?.resources,
    selector: { ...selectorLabels(name), [componentLabel]: role },
  });
  return [component("decode"), component("prefill")];
}

/** Labels of a component's pods beyond those every object has. */
export const roleLabels = ({ role }: Component): Record<string, string> =>
  role === undefined ? {} : { [componentLabel]: role, [roleLabel]: role };

/** How the key-value cache gets from a prefill pod to a decode pod: either side may ask the other for it. */
export const kvTransfer = JSON.stringify({ kv_connector: "NixlConnector", kv_role: "kv_both" });

/** Where the other side finds the cache of a pod. */
export const sideChannel: readonly JsonObject[] = [
  { name: "VLLM_NIXL_SIDE_CHANNEL_HOST", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
];
/** The port NIXL listens on unless VLLM_NIXL_SIDE_CHANNEL_PORT says otherwise. */
export const sideChannelPort: JsonObject = { name: "nixl", containerPort: 5600, protocol: "TCP" };

/**
 * The proxy in front of a decode server: it has the prompt worked on by the prefill pod a request names in its header, and
 * by the decode server itself where it names none.
 */
export function routingProxy(image: string, port: number, enginePort: number): JsonObject {
  return {
    name: "routing-proxy",
    image,
    args: [
      `--port=${String(port)}`,
      `--vllm-port=${String(enginePort)}`,
      "--connector=nixlv2",
      "--secure-proxy=false",
    ],
    ports: [{ name: "http", containerPort: port, protocol: "TCP" }],
    // A sidecar: started before the engine, ended after it.
    restartPolicy: "Always",
    securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true },
  };
}
