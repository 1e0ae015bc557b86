import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { asJson } from "../api/meta/types.ts";
import { invalid } from "../api/errors/catalogue.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import type { Client } from "../cluster/client.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { providerFacts } from "./provider-facts.ts";
import { renderDeployment } from "./render.ts";

/** The answer to GET …/manifests: a v1 List of what the stored deployment (hub version) expands to. */
export async function manifestsOf(deployment: ModelDeployment, client: Client): Promise<JsonObject> {
  const rendered = renderDeployment(deployment, await providerFacts(client, deployment.spec.provider?.name));
  if (rendered.errors.length > 0) {
    throw invalid(modelDeploymentNames, deployment.metadata.name ?? "", rendered.errors);
  }
  return { apiVersion: "v1", kind: "List", metadata: {}, items: rendered.resources.map(asJson) };
}

/** Asks the reconciler to look at a deployment now. */
export type ReconcileTrigger = (deployment: { readonly namespace: string; readonly name: string }) => void;

/** The answer to POST …/reconcile: a Status that says the request was passed on. */
export function triggerReconcile(
  deployment: { readonly namespace: string; readonly name: string; readonly uid: string },
  trigger: ReconcileTrigger,
): JsonObject {
  trigger(deployment);
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: deployment.name,
      group: modelDeploymentNames.group,
      kind: modelDeploymentNames.plural,
      uid: deployment.uid,
    },
  };
}
