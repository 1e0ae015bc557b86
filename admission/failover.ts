/**
 * Moving a deployment to another provider. The reconciler asks for it by an annotation that names the provider to leave;
 * whether it may, and where to, is decided here, so that the new resources pass validation and dry run like any change.
 */
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { cloneJson } from "../machinery/json/value.ts";
import { choose } from "./choice.ts";
import { failoverDue } from "./readiness.ts";
import type { SelectionContext } from "./selection.ts";

/** Names the provider a deployment is to leave, or has left. */
export const failoverAnnotation = "hawsepipe.dev/failover-from";

/** The deployment with the provider that takes over, and why; undefined when it stays where it is. */
export function failOver(
  object: ModelDeployment,
  old: ModelDeployment | undefined,
  context: SelectionContext,
): { readonly object: ModelDeployment; readonly reason: string } | undefined {
  const { provider, updatePolicy } = object.spec;
  const from = provider?.name ?? "";
  const isAsked = provider?.failover === true && object.metadata.annotations?.[failoverAnnotation] === from;
  if (!isAsked || updatePolicy === "Reject" || old?.spec.provider?.name !== from) return undefined;
  const left = context.candidates.find((candidate) => candidate.provider.metadata.name === from);
  const due = left === undefined ? undefined : failoverDue(left.provider);
  if (left?.obstacle === undefined || due === undefined || context.now < due) return undefined;
  const others = context.candidates.filter(
    // Nobody is asked whose right to use a restricted one could count.
    (candidate) => candidate.obstacle === undefined && candidate.provider.spec.restricted !== true,
  );
  const open = cloneJson(object as unknown as JsonObject) as unknown as ModelDeployment;
  delete open.spec.provider?.name;
  const choice = choose(
    open,
    old,
    others.map((candidate) => candidate.provider),
    context,
  );
  const chosen = others.find(
    (candidate) => candidate.provider.metadata.name === choice?.object.spec.provider?.name,
  );
  if (choice === undefined || chosen === undefined) return undefined;
  if (context.assess(choice.object, chosen.provider).errors.length > 0) return undefined;
  return {
    object: choice.object,
    reason: `took over from ${from}, because ${left.obstacle}; ${choice.providerReason}`,
  };
}
