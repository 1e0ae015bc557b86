/** Secrets, ConfigMaps and claims an object names must exist. Only metadata is read, never contents. */
import { isApiError } from "../api/errors/api-error.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import { hostFailure } from "../cluster/host-failure.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { notFoundValue } from "../machinery/field/error.ts";
import type { Reference, ReferenceKind } from "./reference-paths.ts";

/** Where the kinds of reference live. */
export const referencedResources: Readonly<Record<ReferenceKind, ResourceRef>> = {
  secrets: { group: "", version: "v1", resource: "secrets", kind: "Secret", namespaced: true },
  configMaps: { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true },
  persistentVolumeClaims: {
    group: "",
    version: "v1",
    resource: "persistentvolumeclaims",
    kind: "PersistentVolumeClaim",
    namespaced: true,
  },
};

export interface ReferenceCheck<R extends Reference> {
  /** What the written object refers to. */
  readonly references: readonly R[];
  /** What the stored one refers to; nothing for a new one. */
  readonly known: readonly R[];
  /** Where references that name no namespace lead. */
  readonly namespace: string;
  /** Whether something of that kind must be there; else it is only told that it is not. */
  readonly isEnforced: (kind: ReferenceKind) => boolean;
}

export interface ReferenceFindings {
  readonly errors: readonly FieldError[];
  /** References that are missing where the policy says Warn; hub paths. */
  readonly missing: readonly Reference[];
}

/**
 * Looks every reference up, each name once, side by side. What the stored object refers to already is not looked up
 * again: that it has gone since must not keep anybody from scaling. Throws what the host answers other than NotFound.
 */
export async function checkReferences<R extends Reference>(
  client: Client,
  { references, known, namespace, isEnforced }: ReferenceCheck<R>,
): Promise<ReferenceFindings> {
  const added = newReferences(references, known);
  const lookups = new Map<string, Promise<boolean>>();
  const found = await Promise.all(
    added.map((reference) => {
      const key = keyOf(reference);
      const lookup = lookups.get(key) ?? exists(client, reference, namespace);
      lookups.set(key, lookup);
      return lookup;
    }),
  );
  const absent = added.filter((_, i) => found[i] === false);
  return {
    errors: absent.filter(({ kind }) => isEnforced(kind)).map(({ path, name }) => notFoundValue(path, name)),
    missing: absent.filter(({ kind }) => !isEnforced(kind)),
  };
}

/** The references to what no known one leads to. */
export function newReferences<R extends Reference>(references: readonly R[], known: readonly R[]): R[] {
  const old = new Set(known.map(keyOf));
  return references.filter((reference) => !old.has(keyOf(reference)));
}

const keyOf = ({ kind, namespace = "", name }: Reference): string => `${kind}/${namespace}/${name}`;

async function exists(
  client: Client,
  { kind, name, namespace }: Reference,
  ownNamespace: string,
): Promise<boolean> {
  try {
    await client.getMetadata(referencedResources[kind], { namespace: namespace ?? ownNamespace, name });
    return true;
  } catch (error) {
    if (isApiError(error, "NotFound")) return false;
    throw hostFailure(`the lookup of ${referencedResources[kind].resource} ${JSON.stringify(name)}`, error);
  }
}
