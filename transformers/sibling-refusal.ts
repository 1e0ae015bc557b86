import type { ApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";

/**
 * Whether a dry run was refused only because something that is rendered together with the resource does not exist yet:
 * webhooks and operators look for what is referred to, and a dry run creates nothing. A name alone says nothing, since
 * it may be part of another, the namespace, or a word of the sentence: the refusal has to give the kind with it.
 */
export function isAboutSibling(
  error: ApiError,
  resource: KubeObject,
  siblings: readonly KubeObject[],
): boolean {
  if (!/not found/i.test(error.message)) return false;
  return siblings.some(
    (sibling) =>
      (sibling.metadata.name ?? "") !== "" &&
      sibling.metadata.name !== resource.metadata.name &&
      mentionOf(sibling).test(error.message),
  );
}

/** `configmaps "m"`, `ConfigMap 'm'`, `config map team-a/m`, `things.example.com "m"`. */
function mentionOf({ kind, metadata: { name = "", namespace = "" } }: KubeObject): RegExp {
  const words = kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ?").replace(/y$/, "(?:y|ie)");
  const where = namespace === "" ? "" : `(?:${literally(namespace)}/)?`;
  return new RegExp(
    `(?<![\\w.-])${words}(?:e?s)?(?:\\.[\\w.-]+)?:? ["'\`]?${where}${literally(name)}(?![\\w-]|\\.\\w)`,
    "i",
  );
}

const literally = (text: string): string => text.replaceAll(/[^\w-]/g, String.raw`\$&`);
