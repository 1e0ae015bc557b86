import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import { required } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { servedNameFlag, weightsOf } from "../pod/model.ts";
import { gpuCount } from "../pod/resources.ts";
import { engineKwargs } from "./engine-kwargs.ts";
import type { GroupRole } from "./names.ts";

/** Workers of one kind: how many, and with what. */
export interface Group {
  readonly role: GroupRole;
  readonly replicas: number;
  readonly resources: ServingResources | undefined;
}

/** The name of the application in Ray Serve. */
export const applicationName = "llm";

/**
 * The text of `serveConfigV2`: one application of Ray's LLM library. A replica takes all accelerators of one worker, so
 * there are as many replicas as workers.
 */
export function serveConfig(
  deployment: ModelDeployment,
  groups: readonly Group[],
  findings: Findings,
): string {
  const model = modelLoading(deployment, findings);
  const isDisaggregated = groups.length > 1;
  const configs = groups.map((group) => ({
    role: group.role,
    config: {
      model_loading_config: model,
      deployment_config: { num_replicas: group.replicas },
      engine_kwargs: engineKwargs(deployment, { resources: group.resources, isDisaggregated }, findings),
      ...(isDisaggregated ? { placement_group_config: placement(group) } : {}),
    },
  }));
  const args: JsonObject = isDisaggregated
    ? Object.fromEntries(configs.map(({ role, config }) => [`${role}_config`, config]))
    : { llm_configs: configs.map(({ config }) => config) };
  return encodeYaml({
    applications: [
      {
        name: applicationName,
        route_prefix: "/",
        import_path: `ray.serve.llm:${isDisaggregated ? "build_pd_openai_app" : "build_openai_app"}`,
        args,
      },
    ],
  });
}

function modelLoading(deployment: ModelDeployment, findings: Findings): JsonObject {
  const { id } = deployment.spec.model;
  const source = weightsOf(deployment, findings);
  if (source === undefined && findings.errors.every(({ path }) => path !== "spec.model.id")) {
    findings.error(
      required("spec.model.id", "Ray loads a model by its id or by the path of its files in the image"),
    );
  }
  const served = servedNameFlag(deployment, findings);
  const name = served ?? (isSet(id) ? id : deployment.metadata.name);
  return { model_id: name ?? "", ...(source === undefined ? {} : { model_source: source }) };
}

/** Keeps the replicas of a group on its own workers, which have a resource of the group's name. */
function placement({ role, resources }: Group): JsonObject {
  const bundles = Array.from({ length: Math.max(1, gpuCount(resources)) }, (_unused, i) => ({
    ...(i === 0 ? { CPU: 1 } : {}),
    GPU: 1,
    [role]: 0.001,
  }));
  return { bundles, strategy: "PACK" };
}

/** How a worker says what it has besides what KubeRay finds out; a quoted text, because a shell reads it. */
export const workerResources = (role: GroupRole): string => JSON.stringify(JSON.stringify({ [role]: 1 }));
