import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { notSupported } from "../../machinery/field/error.ts";
import { Findings } from "../findings.ts";
import { commonLabels, selectorLabels, validateServiceName } from "../names.ts";
import { mergeSchema, withOverrides } from "../overrides.ts";
import { engineDeployment, httpService, podSpecPath } from "../pod/deployment.ts";
import { modelStorage } from "../pod/storage.ts";
import { podMetadata } from "../pod/template.ts";
import { engineImage, vllmPod } from "../pod/vllm-pod.ts";
import { checkSharing } from "../pod/volumes.ts";
import type { Rendered } from "../transformer.ts";
import { unsupportedEverywhere } from "../unsupported.ts";

/** The name of the provider, and of its folder. */
export const vllmName = "vllm";

const image = "vllm/vllm-openai:v0.11.0";
const containerPort = 8000;
const overrideMerge = mergeSchema([podSpecPath]);

/** The port of the Service. */
export const servicePort = ({ spec }: ModelDeployment): number => spec.networking?.port ?? containerPort;

/** What the volumes need, then the Deployment, then the Service in front of it. */
export function renderVllm(deployment: ModelDeployment): Rendered {
  const findings = new Findings();
  const name = deployment.metadata.name ?? "";
  const labels = commonLabels(deployment, vllmName);
  const { engine, serving } = deployment.spec;
  findings.error(...validateServiceName(deployment));
  if (engine?.type !== "vllm") {
    findings.error(notSupported("spec.engine.type", engine?.type ?? "", ["vllm"]));
  }
  if (serving?.mode === "disaggregated") {
    findings.error(notSupported("spec.serving.mode", "disaggregated", ["aggregated"]));
  }
  unsupportedEverywhere(deployment, findings);
  const replicas = serving?.replicas ?? 1;
  checkSharing(deployment, replicas, findings);
  const selector = selectorLabels(name);
  const pod = { image, port: containerPort, portName: "http", resources: serving?.resources };
  const workload = engineDeployment(deployment, {
    name,
    labels,
    selector,
    replicas,
    template: {
      metadata: podMetadata(deployment, labels, findings),
      spec: vllmPod(deployment, pod, findings),
    },
  });
  return findings.rendered([
    ...modelStorage(deployment, labels, { image: engineImage(deployment, image) }, findings),
    withOverrides(workload, deployment, overrideMerge),
    httpService(deployment, { name, labels, selector, port: servicePort(deployment) }),
  ]);
}
