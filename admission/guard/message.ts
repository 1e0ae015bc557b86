/** What the guard says to people: why not, and the command that does what was wanted. */
import { groupResource } from "../../api/meta/types.ts";
import type { GroupVersionResource } from "../../api/meta/types.ts";
import type { Controller } from "./controller.ts";
import type { Actor } from "./identities.ts";

/** As much of a write as a message needs. */
export interface Write {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly resource: Pick<GroupVersionResource, "group" | "resource">;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly actor: Actor;
}

/** Somebody changes or removes what an object of ours controls. */
export function managedMessage(write: Write, controller: Controller): string {
  const { namespace, operation, subresource, actor } = write;
  const { isScalable, kind, singular } = controller.names;
  const rendered = `it is rendered from ${nameOf(controller)}, and Hawsepipe would undo the change`;
  const target = `${singular} ${controller.name} -n ${namespace}`;
  if (actor === "autoscaler") return `${rendered}: let scaleTargetRef of the autoscaler name the ${kind}`;
  if (operation === "DELETE") {
    return `${rendered}: kubectl delete ${target}${isScalable ? ", or scale it to 0" : ""}`;
  }
  if (subresource === "scale") {
    return isScalable
      ? `${rendered}: kubectl scale ${target} --replicas=…`
      : `${rendered}: set spec.workload.replicas by kubectl edit ${target}`;
  }
  return `${rendered}: kubectl edit ${target}`;
}

/** Somebody else makes, or takes over, an object in the name of one of ours. */
export const ownershipMessage = (controller: Controller): string =>
  `only Hawsepipe makes objects that ${nameOf(controller)} controls: remove the owner reference`;

const nameOf = ({ names, name }: Controller): string => `${names.kind} ${JSON.stringify(name)}`;

/** A provider's resource without a ModelDeployment. */
export const rawMessage = ({ namespace, resource }: Write, provider: string): string =>
  `namespace ${JSON.stringify(namespace)} wants ${groupResource(resource)} to come from ModelDeployments: ` +
  `create a ModelDeployment with spec.provider.name ${JSON.stringify(provider)} instead`;
