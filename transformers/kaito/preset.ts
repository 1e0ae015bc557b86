import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { notSupported, required } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { unusedDownload } from "../pod/download-job.ts";
import { tokenVariable } from "../pod/environment.ts";
import { defaultGpuType } from "../pod/resources.ts";

/** The version in which presets cannot be gated. */
const withoutToken = "kaito.sh/v1alpha1";

/**
 * `inference` of a Workspace that serves one of KAITO's presets with vLLM. KAITO builds the pods, so whatever is about
 * pods cannot be expressed; what is about the engine goes through the ConfigMap.
 */
export function presetInference(
  deployment: ModelDeployment,
  { config, apiVersion }: { readonly config: string | undefined; readonly apiVersion: string },
  findings: Findings,
): JsonObject {
  const { model, engine } = deployment.spec;
  if (!isSet(model.id)) {
    findings.error(required("spec.model.id", "KAITO serves presets by the name of the model"));
  }
  const secret = model.tokenSecretRef;
  if (secret?.key !== undefined && secret.key !== tokenVariable) {
    // KAITO looks for the token under this key only.
    findings.error(notSupported("spec.model.tokenSecretRef.key", secret.key, [tokenVariable]));
  }
  reportPodFields(deployment, findings);
  reportResources(deployment, findings);
  const hasToken = apiVersion !== withoutToken;
  if (!hasToken) {
    findings.unsupportedFields(
      { "spec.model.tokenSecretRef": secret },
      `${withoutToken}, which the cluster serves, has no field for a token`,
    );
  }
  const options: JsonObject = {
    ...(isSet(engine?.image) ? { image: engine?.image ?? "" } : {}),
    ...(secret === undefined || !hasToken ? {} : { modelAccessSecret: secret.name }),
  };
  return {
    preset: {
      name: model.id ?? "",
      ...(Object.keys(options).length === 0 ? {} : { presetOptions: options }),
    },
    ...(config === undefined ? {} : { config }),
  };
}

function reportPodFields(deployment: ModelDeployment, findings: Findings): void {
  const { spec } = deployment;
  const { env, tolerations, podTemplate } = spec.workload ?? {};
  findings.unsupportedFields(
    {
      "spec.workload.env": env,
      "spec.workload.tolerations": tolerations,
      "spec.workload.podTemplate.metadata.labels": podTemplate?.metadata?.labels,
      "spec.workload.podTemplate.metadata.annotations": podTemplate?.metadata?.annotations,
      "spec.workload.podTemplate.spec": podTemplate?.spec,
      "spec.model.volumes": spec.model.volumes,
    },
    ownPods,
  );
  unusedDownload(deployment, ownPods, findings);
}

const ownPods = "KAITO builds the pods of a preset itself";

function reportResources({ spec }: ModelDeployment, findings: Findings): void {
  const { cpu, memory, gpu } = spec.serving?.resources ?? {};
  findings.unsupportedFields(
    {
      "spec.serving.resources.cpu": cpu,
      "spec.serving.resources.memory": memory,
      "spec.serving.resources.gpu.count": (gpu?.count ?? 0) > 1 ? gpu?.count : undefined,
    },
    "KAITO decides the resources of a preset itself",
  );
  const type = gpu?.type ?? defaultGpuType;
  if (type !== defaultGpuType) {
    findings.error(notSupported("spec.serving.resources.gpu.type", type, [defaultGpuType]));
  }
  if (spec.model.source === "custom") {
    findings.unsupportedField("spec.model.source", "a preset decides where its weights come from");
  }
}
