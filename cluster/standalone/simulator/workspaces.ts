import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { SimulatedKind, SimulatedStatus } from "./simulator.ts";

/** Plays KAITO's operator in the version that is served: nodes are found, then the model is ready; none is provisioned. */
export const simulatedWorkspaces = (version: "v1beta1" | "v1alpha1"): SimulatedKind => ({
  resource: {
    group: "kaito.sh",
    version,
    resource: "workspaces",
    kind: "Workspace",
    namespaced: true,
  },
  next(workspace: KubeObject): SimulatedStatus | undefined {
    const object = workspace as unknown as JsonValue;
    const generation = workspace.metadata.generation ?? 0;
    const state = getPath(object, "status", "state");
    const isCurrent = observedGeneration(object) === generation;
    if (isCurrent && state === "Ready") return undefined;
    const count = getPath(object, "resource", "count");
    const nodes = typeof count === "number" ? count : 1;
    const isFound = isCurrent && state === "NotReady";
    const condition = (
      type: string,
      isTrue: boolean,
      reason: string,
      message: string,
    ): Record<string, JsonValue> => ({
      type,
      status: isTrue ? "True" : "False",
      reason,
      message,
      observedGeneration: generation,
    });
    return {
      status: {
        state: isFound ? "Ready" : "NotReady",
        targetNodeCount: nodes,
        workerNodes: Array.from({ length: nodes }, (_unused, i) => `simulated-node-${String(i)}`),
        conditions: [
          condition("ResourceReady", true, "workspaceResourceStatusSuccess", "workspace resource is ready"),
          isFound
            ? condition(
                "InferenceReady",
                true,
                "WorkspaceInferenceStatusSuccess",
                "Inference has been deployed successfully",
              )
            : condition(
                "InferenceReady",
                false,
                "WorkspaceInferenceStatusPending",
                "Inference is being deployed",
              ),
          isFound
            ? condition("WorkspaceSucceeded", true, "workspaceSucceeded", "workspace succeeds")
            : condition("WorkspaceSucceeded", false, "workspacePending", "workspace has not yet succeeded"),
        ],
      },
      afterMs: isFound ? 0 : 300,
    };
  },
});

function observedGeneration(workspace: JsonValue): number | undefined {
  const conditions = getPath(workspace, "status", "conditions");
  const first = Array.isArray(conditions) ? getPath(conditions[0], "observedGeneration") : undefined;
  return typeof first === "number" ? first : undefined;
}
