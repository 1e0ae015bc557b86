import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { engineContainer } from "../names.ts";
import { environment } from "../pod/environment.ts";
import { containerResources, defaultGpuType, gpuCount } from "../pod/resources.ts";
import { scheduling, withPodTemplate } from "../pod/template.ts";
import { mountPathOf, podVolumes, volumeFor } from "../pod/volumes.ts";
import { containerPort, vllmArgs } from "./args.ts";

/** A release, never a moving tag: the same spec must give the same pods tomorrow. */
export const defaultImage = "vllm/vllm-openai:v0.11.0";

/** Tensor-parallel workers pass activations through /dev/shm. */
const sharedMemory = "20Gi";

/** Loading takes long; a started engine that stops answering is restarted quickly. */
const startupSeconds = 1800;
/** How long a rollout may go without progress: longer than an engine may take to start. */
export const progressDeadlineSeconds = startupSeconds + 600;

/** The pod spec of the engine, with the user's pod template merged in. */
export function vllmPod(deployment: ModelDeployment, findings: Findings): JsonObject {
  const { serving, engine } = deployment.spec;
  const resources = serving?.resources;
  const gpus = gpuCount(resources);
  const type = resources?.gpu?.type ?? defaultGpuType;
  if (gpus > 0 && type !== defaultGpuType && !isSet(engine?.image)) {
    findings.warnings.push(
      `spec.engine.image: the default image is built for ${defaultGpuType}; name one for ${type}`,
    );
  }
  const { volumes, volumeMounts } = podVolumes(deployment, gpus > 1 ? { sharedMemory } : {}, findings);
  const amounts = containerResources(resources);
  const container: JsonObject = {
    name: engineContainer,
    image: isSet(engine?.image) ? (engine?.image ?? "") : defaultImage,
    args: vllmArgs(deployment, findings),
    env: environment(deployment, cacheVariables(deployment), findings),
    ports: [{ name: "http", containerPort, protocol: "TCP" }],
    ...(amounts === undefined ? {} : { resources: amounts }),
    startupProbe: probe({
      initialDelaySeconds: 15,
      periodSeconds: 10,
      failureThreshold: startupSeconds / 10,
    }),
    livenessProbe: probe({ periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 }),
    readinessProbe: probe({ periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 5 }),
    securityContext: { allowPrivilegeEscalation: false },
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  };
  if ((container["env"] as unknown[]).length === 0) delete container["env"];
  const pod: JsonObject = {
    // A Service called vllm would otherwise set VLLM_PORT, which the engine takes for its own.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
    ...(volumes.length === 0 ? {} : { volumes }),
    ...scheduling(deployment),
  };
  return withPodTemplate(pod, deployment, findings);
}

const probe = (timing: JsonObject): JsonObject => ({ httpGet: { path: "/health", port: "http" }, ...timing });

/** Where vLLM keeps downloads and compiled graphs, when there are volumes for them. */
function cacheVariables(deployment: ModelDeployment): Record<string, string> {
  const weights = volumeFor(deployment, "modelCache");
  const compiled = volumeFor(deployment, "compilationCache");
  return {
    ...(weights === undefined || deployment.spec.model.source === "custom"
      ? {}
      : { HF_HOME: mountPathOf(weights) }),
    ...(compiled === undefined ? {} : { VLLM_CACHE_ROOT: mountPathOf(compiled) }),
  };
}
