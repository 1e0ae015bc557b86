/** The deployments every provider must be able to express, made ready for a server that serves certain versions. */
import type { KubeObject } from "../../api/meta/types.ts";
import { transformers } from "../../transformers/registry.ts";
import type { Golden } from "../../transformers/testing/goldens.ts";
import { goldens } from "../../transformers/testing/goldens.ts";

/** A golden deployment in a namespace of its own. */
export interface PlacedGolden extends Golden {
  readonly namespace: string;
  /** As it would be created. */
  readonly object: KubeObject;
}

/** Those that are written in the version the server would be written to, by group, version and kind it serves. */
export function goldensFor(isServed: (apiVersion: string, kind: string) => boolean): readonly PlacedGolden[] {
  const written = new Map(
    transformers.map(({ name, apiVersions, kind }) => [
      name,
      apiVersions.find((apiVersion) => isServed(apiVersion, kind)),
    ]),
  );
  return goldens
    .filter(({ provider, apiVersion }) => written.get(provider) === apiVersion)
    .map((golden) => {
      const namespace = `${golden.provider}-${golden.name}`;
      const { metadata, ...rest } = structuredClone(golden.deployment);
      return { ...golden, namespace, object: { ...rest, metadata: { ...metadata, namespace } } };
    });
}
