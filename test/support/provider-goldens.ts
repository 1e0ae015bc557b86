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
  /** Whether this is the version the server would be written to: the newest it serves of those a provider writes. */
  readonly isWritten: boolean;
}

/** Those in versions the server has, by group, version and kind it serves. */
export function goldensFor(isServed: (apiVersion: string, kind: string) => boolean): readonly PlacedGolden[] {
  return goldens.flatMap((golden) => {
    const transformer = transformers.find(({ name }) => name === golden.provider);
    const served = transformer?.apiVersions.filter((version) => isServed(version, transformer.kind)) ?? [];
    if (!served.includes(golden.apiVersion)) return [];
    const namespace = `${golden.provider}-${golden.name}`;
    const { metadata, ...rest } = structuredClone(golden.deployment);
    const object = { ...rest, metadata: { ...metadata, namespace } };
    return [{ ...golden, namespace, object, isWritten: served[0] === golden.apiVersion }];
  });
}

/** How often each deployment was rendered, which every pass of the reconciler does once. */
export class PassCounter {
  readonly #passes = new Map<string, number>();

  /** The rendering, counted. */
  counting<D extends { readonly metadata: KubeObject["metadata"] }, F, R>(
    render: (deployment: D, facts: F) => R,
  ): (deployment: D, facts: F) => R {
    return (deployment, facts) => {
      const { namespace = "", name = "" } = deployment.metadata;
      this.#passes.set(`${namespace}/${name}`, this.of({ namespace, name }) + 1);
      return render(deployment, facts);
    };
  }

  of({ namespace, name }: { readonly namespace: string; readonly name: string }): number {
    return this.#passes.get(`${namespace}/${name}`) ?? 0;
  }

  /** Asks for passes until each of them has had so many more; a request that comes during a pass may not be another. */
  async morePasses(
    all: readonly { readonly namespace: string; readonly name: string }[],
    count: number,
    requestNow: (namespace: string, name: string) => void,
  ): Promise<void> {
    const wanted = new Map(all.map((one) => [one, this.of(one) + count]));
    const deadline = Date.now() + 180_000;
    for (;;) {
      const missing = all.filter((one) => this.of(one) < (wanted.get(one) ?? 0));
      if (missing.length === 0) return;
      if (Date.now() > deadline) throw new Error(`no ${String(count)} passes: ${JSON.stringify(missing)}`);
      for (const { namespace, name } of missing) requestNow(namespace, name);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
