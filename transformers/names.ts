import type { FieldError } from "../machinery/field/error.ts";
import { invalid } from "../machinery/field/error.ts";
import { dns1035Label } from "../machinery/names/names.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";

/** Names, labels and ports every provider uses alike. */

/** Says on every rendered object which deployment it belongs to; Services and Deployments select by it. */
export const deploymentLabel = "hawsepipe.dev/model-deployment";
/** On a claim that outlives its deployment: its value is the volume's retentionPolicy. */
export const retentionAnnotation = "hawsepipe.dev/retention-policy";
/** The deployment's name, also where the label above would make a Service send requests. */
export const instanceLabel = "app.kubernetes.io/instance";
/** Which of several components of a deployment a pod belongs to. */
export const componentLabel = "hawsepipe.dev/component";
/** The container that runs the engine; parts of a pod template are merged into it by this name. */
export const engineContainer = "engine";

/** Labels that select the serving pods. They can never change for an existing Deployment. */
export const selectorLabels = (name: string): Record<string, string> => ({ [deploymentLabel]: name });

/** Labels of every rendered object. */
export function commonLabels({ metadata, spec }: ModelDeployment, provider: string): Record<string, string> {
  const engine = spec.engine?.type;
  return {
    "app.kubernetes.io/managed-by": "hawsepipe",
    [instanceLabel]: metadata.name ?? "",
    "hawsepipe.dev/provider": provider,
    ...(engine === undefined ? {} : { "hawsepipe.dev/engine": engine }),
    ...selectorLabels(metadata.name ?? ""),
  };
}

/** Labels of pods an operator makes: its own `app.kubernetes.io/…` labels are not ours to set. */
export const operatorPodLabels = (deployment: ModelDeployment, provider: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(commonLabels(deployment, provider)).filter(([key]) => key.startsWith("hawsepipe.dev/")),
  );

/**
 * Every provider puts a Service of the deployment's name in front of the pods, and Services may not start with a digit;
 * some put others beside it, whose names end in a suffix.
 */
export function validateServiceName({ metadata }: ModelDeployment, suffix = ""): FieldError[] {
  const name = metadata.name ?? "";
  const becomes =
    suffix === ""
      ? "becomes the name of a Service"
      : `becomes, with ${suffix} at its end, the name of a Service`;
  return dns1035Label(name + suffix).map((message) =>
    invalid("metadata.name", name, `${becomes}: ${message}`),
  );
}

/** Metadata of a rendered object. */
export function objectMeta(
  deployment: ModelDeployment,
  name: string,
  labels: Record<string, string>,
): { name: string; namespace?: string; labels: Record<string, string> } {
  const { namespace } = deployment.metadata;
  return { name, ...(namespace === undefined ? {} : { namespace }), labels };
}
