import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { engineContainer } from "../names.ts";
import { scheduling, withPodTemplate } from "./template.ts";
import { podVolumes } from "./volumes.ts";

/**
 * The pod of an engine that an operator starts: the container, the volumes and their mounts, where it may run, and the
 * user's pod template over it.
 */
export function operatorEnginePod(
  deployment: ModelDeployment,
  container: { readonly env: JsonObject[]; readonly resources: JsonObject | undefined } & Readonly<
    Record<string, unknown>
  >,
  findings: Findings,
): JsonObject {
  const { volumes, volumeMounts } = podVolumes(deployment, {}, findings);
  const { env, resources, ...rest } = container;
  const engine = {
    name: engineContainer,
    ...rest,
    ...(env.length === 0 ? {} : { env }),
    ...(resources === undefined ? {} : { resources }),
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  } as JsonObject;
  const pod: JsonObject = {
    containers: [engine],
    ...(volumes.length === 0 ? {} : { volumes }),
    ...scheduling(deployment),
  };
  return withPodTemplate(pod, deployment, findings);
}
