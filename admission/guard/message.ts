/** What the guard says to people: why not, and the command that does what was wanted. */
import { groupResource } from "../../api/meta/types.ts";
import type { GroupVersionResource } from "../../api/meta/types.ts";
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

/** Somebody changes or removes what a ModelDeployment controls. */
export function managedMessage(write: Write, deployment: string): string {
  const { namespace, operation, subresource, actor } = write;
  const rendered = `it is rendered from ModelDeployment ${JSON.stringify(deployment)}, and Hawsepipe would undo the change`;
  const target = `modeldeployment ${deployment} -n ${namespace}`;
  if (actor === "autoscaler") {
    return `${rendered}: let scaleTargetRef of the autoscaler name the ModelDeployment`;
  }
  if (subresource === "scale") return `${rendered}: kubectl scale ${target} --replicas=…`;
  if (operation === "DELETE") {
    return `${rendered}: kubectl delete ${target}, or scale it to 0`;
  }
  return `${rendered}: kubectl edit ${target}`;
}

/** Somebody else makes, or takes over, an object in the name of a ModelDeployment. */
export const ownershipMessage = (_write: Write, deployment: string): string =>
  `only Hawsepipe makes objects that ModelDeployment ${JSON.stringify(deployment)} controls: remove the owner reference`;

/** A provider's resource without a ModelDeployment. */
export const rawMessage = ({ namespace, resource }: Write, provider: string): string =>
  `namespace ${JSON.stringify(namespace)} wants ${groupResource(resource)} to come from ModelDeployments: ` +
  `create a ModelDeployment with spec.provider.name ${JSON.stringify(provider)} instead`;
