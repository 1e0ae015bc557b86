/** Secrets, ConfigMaps and claims a deployment names must exist. Only metadata is read, never contents. */
import { isApiError } from "../api/errors/api-error.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { notFoundValue } from "../machinery/field/error.ts";
import { hostFailure } from "../cluster/host-failure.ts";
import type { Reference, ReferenceKind } from "./reference-paths.ts";
import { referencesOf } from "./reference-paths.ts";

const resources: Readonly<Record<ReferenceKind, ResourceRef>> = {
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

export interface ReferenceCheck {
  readonly object: ModelDeployment;
  /** As it is stored; absent for a new one. */
  readonly old: ModelDeployment | undefined;
  readonly provider: InferenceProvider;
}

export interface ReferenceFindings {
  readonly errors: readonly FieldError[];
  /** References that are missing where the policy says Warn; hub paths. */
  readonly missing: readonly Reference[];
}

/**
 * Looks every reference up, each name once, side by side. What the stored deployment refers to already is not looked up
 * again: that it has gone since must not keep anybody from scaling. Throws what the host answers other than NotFound.
 */
export async function checkReferences(
  client: Client,
  { object: deployment, old, provider }: ReferenceCheck,
): Promise<ReferenceFindings> {
  const known = new Set(old === undefined ? [] : referencesOf(old).map(keyOf));
  const references = referencesOf(deployment).filter((reference) => !known.has(keyOf(reference)));
  const lookups = new Map<string, Promise<boolean>>();
  const found = await Promise.all(
    references.map((reference) => {
      const key = keyOf(reference);
      const lookup = lookups.get(key) ?? exists(client, reference, deployment.metadata.namespace ?? "");
      lookups.set(key, lookup);
      return lookup;
    }),
  );
  const absent = references.filter((_, i) => found[i] === false);
  const policy = provider.spec.policy?.references;
  const isEnforced = ({ kind }: Reference): boolean => policy?.[kind] !== "Warn";
  return {
    errors: absent.filter(isEnforced).map(({ path, name }) => notFoundValue(path, name)),
    missing: absent.filter((reference) => !isEnforced(reference)),
  };
}

const keyOf = ({ kind, name }: Reference): string => `${kind}/${name}`;

async function exists(client: Client, { kind, name }: Reference, namespace: string): Promise<boolean> {
  try {
    await client.getMetadata(resources[kind], { namespace, name });
    return true;
  } catch (error) {
    if (isApiError(error, "NotFound")) return false;
    throw hostFailure(`the lookup of ${resources[kind].resource} ${JSON.stringify(name)}`, error);
  }
}
