import type { ApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";

/**
 * Whether a dry run was refused only because something that is rendered together with the resource does not exist yet:
 * webhooks and operators look for what is referred to, and a dry run creates nothing.
 */
export function isAboutSibling(
  error: ApiError,
  resource: KubeObject,
  siblings: readonly KubeObject[],
): boolean {
  if (!/not found/i.test(error.message)) return false;
  return siblings.some(
    ({ metadata: { name = "" } }) =>
      name !== "" && name !== resource.metadata.name && error.message.includes(name),
  );
}
