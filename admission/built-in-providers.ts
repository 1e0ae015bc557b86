import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { transformers } from "../transformers/registry.ts";

/** One InferenceProvider per transformer, as they are created at the first start. */
export function builtInProviders(status?: { readonly ready: boolean }): InferenceProvider[] {
  return transformers.map(({ name, defaults }) => ({
    apiVersion: "hawsepipe.dev/v1alpha1",
    kind: "InferenceProvider",
    metadata: { name },
    spec: structuredClone(defaults),
    ...(status === undefined ? {} : { status: { ...status } }),
  }));
}
