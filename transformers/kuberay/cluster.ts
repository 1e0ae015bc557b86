import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { operatorEnginePod } from "../pod/engine-pod.ts";
import { environment, helperEnvironment } from "../pod/environment.ts";
import { vllmCacheVariables } from "../pod/model.ts";
import { containerResources, defaultGpuType, gpuCount, warnOfImage } from "../pod/resources.ts";
import { podMetadata, scheduling, withHelperTemplate } from "../pod/template.ts";
import { engineImage } from "../pod/vllm-pod.ts";
import { groupNames, rayImage, servePort } from "./names.ts";
import type { HeadOptions } from "./options.ts";
import type { Group } from "./serve-config.ts";
import { workerResources } from "./serve-config.ts";

/** `rayClusterConfig`: a head that only directs, and groups of workers of a fixed size. */
export function rayCluster(
  deployment: ModelDeployment,
  options: {
    readonly groups: readonly Group[];
    readonly head: HeadOptions;
    readonly labels: Record<string, string>;
  },
  findings: Findings,
): JsonObject {
  const { groups, head, labels } = options;
  const metadata = podMetadata(deployment, labels, findings);
  return {
    headGroupSpec: {
      rayStartParams: { "dashboard-host": "0.0.0.0", "num-cpus": "0", ...head.rayStartParams },
      template: { metadata, spec: headPod(deployment, head) },
    },
    workerGroupSpecs: groups.map((group) => ({
      groupName: groupNames[group.role],
      replicas: group.replicas,
      minReplicas: group.replicas,
      maxReplicas: group.replicas,
      rayStartParams: {
        ...(groups.length > 1 ? { resources: workerResources(group.role) } : {}),
        ...acceleratorParams(group),
      },
      template: { metadata, spec: workerPod(deployment, group, findings) },
    })),
  };
}

/** KubeRay tells Ray of the accelerators it knows by name; of others somebody else has to. */
function acceleratorParams({ resources }: Group): JsonObject {
  const count = gpuCount(resources);
  const type = resources?.gpu?.type ?? defaultGpuType;
  return count === 0 || type.endsWith("gpu") ? {} : { "num-gpus": String(count) };
}

const ports = { "gcs-server": 6379, dashboard: 8265, client: 10001, serve: servePort };

function headPod(deployment: ModelDeployment, head: HeadOptions): JsonObject {
  const env = helperEnvironment(deployment);
  const requests = { cpu: "2", memory: "8Gi", ...head.resources };
  const pod: JsonObject = {
    containers: [
      {
        name: "ray-head",
        image: engineImage(deployment, rayImage),
        ...(env.length === 0 ? {} : { env }),
        ports: Object.entries(ports).map(([name, containerPort]) => ({
          name,
          containerPort,
          protocol: "TCP",
        })),
        resources: { requests, limits: { memory: requests.memory } },
      },
    ],
    ...scheduling(deployment),
  };
  return withHelperTemplate(pod, deployment);
}

/** KubeRay starts Ray in the first container, and mounts its own shared memory. */
function workerPod(deployment: ModelDeployment, { resources }: Group, findings: Findings): JsonObject {
  warnOfImage(deployment, resources, findings);
  const env = environment(deployment, vllmCacheVariables(deployment), findings);
  const image = engineImage(deployment, rayImage);
  return operatorEnginePod(deployment, { image, env, resources: containerResources(resources) }, findings);
}
