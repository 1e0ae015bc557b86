import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { engineTypes } from "../api/modeldeployment/parts.ts";
import type { EngineType } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Demand } from "./capabilities.ts";
import { canServe, hasNeededImage } from "./capabilities.ts";

export interface EngineChoice {
  readonly engine: EngineType;
  /** What the deployment turned out to need; not `any`. */
  readonly need: "gpu" | "cpu";
  readonly reason: string;
}

/**
 * The first engine, in the fixed order, that one of the providers can serve. A deployment that says nothing about
 * resources runs without accelerators where that works as it is, else on one.
 */
export function selectEngine(
  providers: readonly InferenceProvider[],
  demand: Demand,
): EngineChoice | undefined {
  for (const { need, evenWithoutImage } of attempts(demand)) {
    for (const engine of engineTypes) {
      const wanted = { ...demand, need };
      const provider = providers.find(
        (p) => canServe(p, engine, wanted) && (evenWithoutImage || hasNeededImage(p, engine, wanted)),
      );
      if (provider === undefined) continue;
      const name = provider.metadata.name ?? "";
      const how = need === "gpu" ? "on accelerators" : "without accelerators";
      return { engine, need, reason: `first engine that can be served ${demand.mode} ${how}, by ${name}` };
    }
  }
  return undefined;
}

interface Attempt {
  readonly need: "gpu" | "cpu";
  readonly evenWithoutImage: boolean;
}

function attempts({ need }: Demand): Attempt[] {
  const strict = (n: "gpu" | "cpu"): Attempt => ({ need: n, evenWithoutImage: false });
  if (need === "any") return [strict("cpu"), strict("gpu")];
  // When nothing else is left, the message about the missing image says what to do.
  return [strict(need), { need, evenWithoutImage: true }];
}
