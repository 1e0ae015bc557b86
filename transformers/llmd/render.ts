import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { notSupported } from "../../machinery/field/error.ts";
import { Findings } from "../findings.ts";
import { commonLabels, validateServiceName } from "../names.ts";
import { engineDeployment, httpService } from "../pod/deployment.ts";
import { modelStorage } from "../pod/storage.ts";
import { podMetadata } from "../pod/template.ts";
import type { VllmPod } from "../pod/vllm-pod.ts";
import { engineImage, vllmPod } from "../pod/vllm-pod.ts";
import { checkSharing } from "../pod/volumes.ts";
import type { Rendered } from "../transformer.ts";
import { unsupportedEverywhere } from "../unsupported.ts";
import type { Component } from "./components.ts";
import {
  componentsOf,
  kvTransfer,
  roleLabels,
  routingProxy,
  sideChannel,
  sideChannelPort,
} from "./components.ts";
import { withComponentOverrides } from "./overrides.ts";

/** The name of the provider, and of its folder. */
export const llmdName = "llmd";

/** llm-d's release of vLLM, with NIXL in it, and the proxy of the same release. */
const image = "ghcr.io/llm-d/llm-d-cuda:v0.6.0";
const proxyImage = "ghcr.io/llm-d/llm-d-routing-sidecar:v0.7.1";
/** The image starts a shell by itself. */
const command = ["python3", "-m", "vllm.entrypoints.openai.api_server"];

/** Where requests arrive in a pod. */
const httpPort = 8000;
/** Where the engine listens behind a proxy. */
const enginePort = 8200;

/** The port of the Service. */
export const servicePort = ({ spec }: ModelDeployment): number => spec.networking?.port ?? httpPort;

/**
 * What the volumes need, then a Deployment per component, then the Services: one of the deployment's name in front of the
 * pods that answer, and one in front of the prefill pods, if there are any.
 */
export function renderLlmd(deployment: ModelDeployment): Rendered {
  const findings = new Findings();
  const labels = commonLabels(deployment, llmdName);
  const { metadata, spec } = deployment;
  const { name = "" } = metadata;
  const components = componentsOf(deployment);
  const isSplit = components.length > 1;
  findings.error(...validateServiceName(deployment, isSplit ? "-prefill" : ""));
  if (spec.engine?.type !== "vllm") {
    findings.error(notSupported("spec.engine.type", spec.engine?.type ?? "", ["vllm"]));
  }
  unsupportedEverywhere(deployment, findings);
  checkSharing(deployment, replicasOf(components), findings);
  if (isSplit) {
    findings.warnings.push(
      "spec.serving.mode: prefill pods take part in requests that come through llm-d's inference scheduler; others are served by decode pods alone",
    );
  }
  const workloads = components.map((component) => workloadOf(deployment, component, labels, findings));
  const port = servicePort(deployment);
  const services = components.map(({ role, name: own, selector }) =>
    httpService(deployment, { name: role === "prefill" ? own : name, labels, selector, port }),
  );
  return findings.rendered([
    ...modelStorage(deployment, labels, { image: engineImage(deployment, image) }, findings),
    ...workloads,
    ...services,
  ]);
}

const replicasOf = (components: readonly Component[]): number =>
  components.reduce((sum, { replicas }) => sum + replicas, 0);

function workloadOf(
  deployment: ModelDeployment,
  component: Component,
  common: Record<string, string>,
  findings: Findings,
): KubeObject {
  const { name, replicas, selector } = component;
  const labels = { ...common, ...roleLabels(component) };
  const workload = engineDeployment(deployment, {
    name,
    labels,
    selector,
    replicas,
    template: {
      metadata: podMetadata(deployment, labels, findings),
      spec: vllmPod(deployment, podOf(component), findings),
    },
  });
  return withComponentOverrides(workload, deployment, component, findings);
}

/** The server of a component: alone, or as one side of two. */
function podOf({ role, resources }: Component): VllmPod {
  const alone = { image, command, port: httpPort, portName: "http", resources };
  if (role === undefined) return alone;
  const side = { ...alone, kvTransfer, env: sideChannel, extraPorts: [sideChannelPort] };
  if (role === "prefill") return side;
  return {
    ...side,
    port: enginePort,
    portName: "engine",
    initContainers: [routingProxy(proxyImage, httpPort, enginePort)],
  };
}
