import { llamaStackDistributionNames } from "../../api/llamastackdistribution/names.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import { modelDeploymentNames } from "../../api/modeldeployment/names.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";

/** A kind of ours that other resources are rendered from. */
export interface ControllingKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  /** Whether it has a `/scale`, for people and autoscalers to use instead of that of what is rendered. */
  readonly isScalable: boolean;
}

/** The object of ours that controls a resource. */
export interface Controller {
  readonly names: ControllingKind;
  readonly name: string;
}

/** Every kind that resources are rendered from. */
export const controllingKinds: readonly ControllingKind[] = [
  { ...modelDeploymentNames, isScalable: true },
  { ...llamaStackDistributionNames, isScalable: false },
];

/** The object of ours that controls the resource. */
export function controllerOf(object: JsonObject | undefined): Controller | undefined {
  const references = getPath(object, "metadata", "ownerReferences");
  if (!Array.isArray(references)) return undefined;
  for (const reference of references) {
    if (!isObject(reference) || getKey(reference, "controller") !== true) continue;
    const apiVersion = getKey(reference, "apiVersion");
    const kind = getKey(reference, "kind");
    const name = getKey(reference, "name");
    if (typeof apiVersion !== "string" || typeof name !== "string") continue;
    const { group } = parseApiVersion(apiVersion);
    const names = controllingKinds.find((candidate) => candidate.kind === kind && candidate.group === group);
    if (names !== undefined) return { names, name };
  }
  return undefined;
}
