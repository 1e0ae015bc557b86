import type { KubeObject } from "../api/meta/types.ts";
import { asJson, asKubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { applyMergePatch } from "../machinery/patch/merge-patch.ts";

/**
 * The resource with `spec.provider.overrides` merged over it: objects are merged, null removes a key, lists are
 * replaced. What must not be touched is refused by validation before; what the kind does not know, by the dry run.
 */
export function withOverrides(resource: KubeObject, { spec }: ModelDeployment): KubeObject {
  const overrides = spec.provider?.overrides;
  if (overrides === undefined) return resource;
  return asKubeObject(applyMergePatch(asJson(resource), overrides));
}
