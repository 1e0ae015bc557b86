import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { engineContainer } from "../names.ts";
import { environment } from "./environment.ts";
import { vllmCacheVariables } from "./model.ts";
import { containerResources, gpuCount, warnOfImage } from "./resources.ts";
import { scheduling, withPodTemplate } from "./template.ts";
import type { VllmServer } from "./vllm-args.ts";
import { vllmArgs } from "./vllm-args.ts";
import { podVolumes } from "./volumes.ts";

/** A pod with one vLLM server in it, as every provider renders it that makes its own pods. */
export interface VllmPod extends VllmServer {
  /** A release, never a moving tag: the same spec must give the same pods tomorrow. */
  readonly image: string;
  /** The start of the server, where the image's own entry point is not to be relied on. */
  readonly command?: readonly string[];
  /** Name of the server's port. */
  readonly portName: string;
  readonly extraPorts?: readonly JsonObject[];
  /** Variables the provider needs; the user's win. */
  readonly env?: readonly JsonObject[];
  readonly initContainers?: readonly JsonObject[];
}

/** Tensor-parallel workers pass activations through /dev/shm. */
const sharedMemory = "20Gi";

/** Loading takes long; a started engine that stops answering is restarted quickly. */
const startupSeconds = 1800;
/** How long a rollout may go without progress: longer than an engine may take to start. */
export const progressDeadlineSeconds = startupSeconds + 600;

/** The image of the engine: the user's, else the provider's. */
export const engineImage = ({ spec }: ModelDeployment, image: string): string =>
  isSet(spec.engine?.image) ? (spec.engine?.image ?? "") : image;

/** The pod spec of the engine, with the user's pod template merged in. */
export function vllmPod(deployment: ModelDeployment, pod: VllmPod, findings: Findings): JsonObject {
  const gpus = gpuCount(pod.resources);
  warnOfImage(deployment, pod.resources, findings);
  const needsSharedMemory = gpus > 1 || pod.kvTransfer !== undefined;
  const { volumes, volumeMounts } = podVolumes(
    deployment,
    needsSharedMemory ? { sharedMemory } : {},
    findings,
  );
  const amounts = containerResources(pod.resources);
  const env = withDefaults(environment(deployment, vllmCacheVariables(deployment), findings), pod.env ?? []);
  const probe = (timing: JsonObject): JsonObject => ({
    httpGet: { path: "/health", port: pod.portName },
    ...timing,
  });
  const container: JsonObject = {
    name: engineContainer,
    image: engineImage(deployment, pod.image),
    ...(pod.command === undefined ? {} : { command: [...pod.command] }),
    args: vllmArgs(deployment, pod, findings),
    ...(env.length === 0 ? {} : { env }),
    ports: [{ name: pod.portName, containerPort: pod.port, protocol: "TCP" }, ...(pod.extraPorts ?? [])],
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
  const spec: JsonObject = {
    // A Service called vllm would otherwise set VLLM_PORT, which the engine takes for its own.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    ...(pod.initContainers === undefined ? {} : { initContainers: [...pod.initContainers] }),
    containers: [container],
    ...(volumes.length === 0 ? {} : { volumes }),
    ...scheduling(deployment),
  };
  return withPodTemplate(spec, deployment, findings);
}

/** Defaults for names that are not set yet. */
const withDefaults = (env: readonly JsonObject[], defaults: readonly JsonObject[]): JsonObject[] => [
  ...env,
  ...defaults.filter(({ name }) => env.every((variable) => variable["name"] !== name)),
];
