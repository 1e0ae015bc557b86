/**
 * Choosing engine and provider for deployments that name none. What is chosen is written into the spec, so it stays:
 * an update that leaves it out keeps it, a restored backup keeps it. An annotation says why, because status has one
 * writer and that is not admission.
 */
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { invalid, notFoundValue, required } from "../machinery/field/error.ts";
import { encodeJson } from "../machinery/json/encode.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson, isObject } from "../machinery/json/value.ts";
import { transformerOf } from "../transformers/registry.ts";
import { demandOf } from "./capabilities.ts";
import type { ChoiceContext } from "./choice.ts";
import { choose } from "./choice.ts";
import { failOver } from "./failover.ts";

/** Carries the reasons of the choices that were made, as JSON `{"engine": …, "provider": …}`. */
export const selectionAnnotation = "hawsepipe.dev/selection";

/** A provider, and why it may not be chosen now; undefined when it may. */
export interface Candidate {
  readonly provider: InferenceProvider;
  readonly obstacle: string | undefined;
}

export interface SelectionContext extends ChoiceContext {
  readonly candidates: readonly Candidate[];
  readonly now: Date;
}

interface Reasons {
  engine?: string;
  provider?: string;
}

const isUnset = (text: string | undefined): boolean => text === undefined || text === "";

/** Fills in engine and provider where they are absent and can be chosen. Changes the object. */
export function select(
  object: ModelDeployment,
  old: ModelDeployment | undefined,
  context: SelectionContext,
): void {
  const reasons = keptReasons(object, old);
  const successor = failOver(object, old, context);
  if (successor !== undefined) {
    object.spec = successor.object.spec;
    writeReasons(object, { ...reasons, provider: successor.reason });
    return;
  }
  const { engine, provider } = object.spec;
  const mayChooseProvider = isUnset(provider?.name);
  if (engine?.type === undefined || mayChooseProvider) {
    const usable = context.candidates.filter(({ provider: { metadata }, obstacle }) =>
      mayChooseProvider ? obstacle === undefined : metadata.name === provider?.name,
    );
    const choice = choose(
      object,
      old,
      usable.map((candidate) => candidate.provider),
      context,
    );
    if (choice !== undefined) {
      object.spec = choice.object.spec;
      if (engine?.type === undefined) reasons.engine = choice.engineReason;
      if (mayChooseProvider) reasons.provider = choice.providerReason;
    }
  }
  writeReasons(object, reasons);
}

/** What is said of a choice whose own reason no longer holds. */
const kept = "kept from an earlier choice";

/** Reasons of choices that are still in force. */
function keptReasons(object: ModelDeployment, old: ModelDeployment | undefined): Reasons {
  if (old === undefined) return {};
  const before = readReasons(old);
  const engine = object.spec.engine?.type;
  const provider = object.spec.provider?.name;
  const isSameEngine = engine !== undefined && engine === old.spec.engine?.type;
  const isSameProvider = !isUnset(provider) && provider === old.spec.provider?.name;
  const still = (reason: string): string => {
    // The reason of one speaks of the other.
    if (!isSameEngine || !isSameProvider) return kept;
    return reason.startsWith(kept) || equalJson(asSpec(object), asSpec(old)) ? reason : `${kept}: ${reason}`;
  };
  return {
    ...(before.engine !== undefined && isSameEngine ? { engine: still(before.engine) } : {}),
    ...(before.provider !== undefined && isSameProvider ? { provider: still(before.provider) } : {}),
  };
}

const asSpec = ({ spec }: ModelDeployment): JsonValue => spec;

function readReasons({ metadata }: ModelDeployment): Reasons {
  try {
    const value: unknown = JSON.parse(metadata.annotations?.[selectionAnnotation] ?? "{}");
    if (!isObject(value)) return {};
    const { engine, provider } = value;
    return {
      ...(typeof engine === "string" ? { engine } : {}),
      ...(typeof provider === "string" ? { provider } : {}),
    };
  } catch {
    return {};
  }
}

function writeReasons({ metadata }: ModelDeployment, reasons: Reasons): void {
  if (Object.keys(reasons).length > 0) {
    metadata.annotations = { ...metadata.annotations, [selectionAnnotation]: encodeJson({ ...reasons }) };
    return;
  }
  if (metadata.annotations === undefined || !Object.hasOwn(metadata.annotations, selectionAnnotation)) return;
  const { [selectionAnnotation]: _, ...rest } = metadata.annotations;
  if (Object.keys(rest).length === 0) delete metadata.annotations;
  else metadata.annotations = rest;
}

/** The reason of a choice that nobody had to make. */
export const namedInSpec = "named in the spec";

/** Why engine and provider are what they are, for `status.selection`. */
export function selectionReasons(deployment: ModelDeployment): {
  engineReason: string;
  providerReason: string;
} {
  const { engine, provider } = readReasons(deployment);
  return {
    engineReason: engine ?? namedInSpec,
    providerReason: provider ?? namedInSpec,
  };
}

/** What is wrong with the engine and provider a deployment ended up with. Hub paths. */
export function validateSelection(
  object: ModelDeployment,
  old: ModelDeployment | undefined,
  candidates: readonly Candidate[],
): FieldError[] {
  const name = object.spec.provider?.name;
  if (isUnset(name)) return [required("spec.provider.name", nothingFits(object, candidates))];
  const chosen = candidates.find(({ provider }) => provider.metadata.name === name);
  if (chosen === undefined) return [notFoundValue("spec.provider.name", name ?? "")];
  if (transformerOf(name) === undefined) {
    return [invalid("spec.provider.name", name ?? "", "this version of Hawsepipe cannot render for it")];
  }
  const isKept = old?.spec.provider?.name === name;
  const isNew = chosen.provider.status?.ready === undefined;
  // An operator that restarts must not stop anybody from changing what it serves already.
  if (!isKept && !isNew && chosen.obstacle !== undefined) {
    return [invalid("spec.provider.name", name ?? "", chosen.obstacle)];
  }
  if (object.spec.engine?.type === undefined) {
    return [
      required(
        "spec.engine.type",
        `provider ${name ?? ""} has no engine for this deployment; ${describe(object)}`,
      ),
    ];
  }
  return [];
}

function nothingFits(object: ModelDeployment, candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return "there is no InferenceProvider to choose from";
  const obstacles = candidates.flatMap(({ provider, obstacle }) =>
    obstacle === undefined ? [] : [`${provider.metadata.name ?? ""}: ${obstacle}`],
  );
  const rest = obstacles.length === 0 ? "" : ` (not considered: ${obstacles.sort().join("; ")})`;
  return `no ready provider can serve this deployment; ${describe(object)}${rest}`;
}

function describe(object: ModelDeployment): string {
  const { mode, need } = demandOf(object);
  const engine = object.spec.engine?.type;
  const how = need === "cpu" ? "without accelerators" : need === "gpu" ? "on accelerators" : "on anything";
  return `it needs ${engine === undefined ? "an engine" : `engine ${engine}`} in ${mode} mode ${how}`;
}
