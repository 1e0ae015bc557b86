import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { InferenceProviderSpec } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Demand } from "../api/modeldeployment/validation/ceilings.ts";
import type { ServingReason } from "../api/modeldeployment/reasons.ts";
import type { FieldError } from "../machinery/field/error.ts";

/** What a renderer may know beside the object itself. Plain data; no clock, no I/O. */
export interface ProviderFacts {
  /** The apiVersion of the provider's kind to write, one of `Transformer.apiVersions`; the newest when nothing is known. */
  readonly apiVersion: string;
}

/** A field of the spec this provider cannot express; it is reported, never dropped in silence. */
export interface UnsupportedField {
  /** Hub path, e.g. `spec.serving.resources.cpu`. */
  readonly path: string;
  readonly reason: string;
}

export interface Rendered {
  /** In apply order; namespaced objects of the deployment's namespace. Ownership is added by the reconciler. */
  readonly resources: readonly KubeObject[];
  readonly warnings: readonly string[];
  readonly unsupported: readonly UnsupportedField[];
  /** What overrides ask for beside `spec.serving`; admission measures it, whose ceilings may change later. */
  readonly demands?: readonly Demand[];
  /** Refusals; when there are any, `resources` is empty. Hub paths. */
  readonly errors: readonly FieldError[];
}

/** A rendered resource as it was found in the cluster; `object` is absent when it does not exist. */
export interface ObservedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly object?: KubeObject;
}

export type Phase = "Pending" | "Deploying" | "Running" | "Failed" | "Terminating";

/** What the provider's resources say about the deployment. Pure function of what was observed. */
export interface ProviderStatus {
  readonly phase: Exclude<Phase, "Terminating">;
  /** For people; why it is not running, the provider's own words where there are any. */
  readonly message: string;
  /** The reason of the Ready condition. */
  readonly reason: ServingReason;
  readonly replicas: { readonly desired: number; readonly ready: number; readonly available: number };
  readonly endpoint?: { readonly service: string; readonly port: number };
  /** True while the provider has not yet acted on the newest rendered spec (observedGeneration behind). */
  readonly isStale: boolean;
}

/** One inference operator. One folder per provider implements it; nothing outside the folder knows the provider. */
export interface Transformer {
  /** The name of its InferenceProvider. */
  readonly name: string;
  /** The spec of the built-in InferenceProvider: capabilities per engine, selection rules. */
  readonly defaults: InferenceProviderSpec;
  /** The apiVersions of the primary kind it can write, newest first, and the kind. */
  readonly apiVersions: readonly string[];
  readonly kind: string;
  /** Every kind it renders, for watches: apiVersion and kind. */
  readonly renders: readonly { readonly apiVersion: string; readonly kind: string }[];
  /** The plural of the primary kind, when it is an operator's own: people are kept from creating such resources past us. */
  readonly resource?: string;
  /**
   * Where pod specs stand in what it renders, by kind: steps joined by dots, `[]` for every item of a list, `*` for every
   * key of a map. What a user put into the pod template or into overrides is found again by it.
   */
  readonly podSpecs: Readonly<Record<string, readonly string[]>>;
  /**
   * Where replica counts and amounts stand outside pod specs that `spec.serving` sets, written like `podSpecs`: overrides
   * must not touch them.
   */
  readonly amounts: readonly string[];
  /** Keys of the overrides below which a partial resource of one component stands. */
  readonly componentOverrides?: readonly string[];
  /** What people should know who choose it, in sentences for the documentation. */
  readonly behaviour?: readonly string[];
  /**
   * Same input, same bytes. Engine and provider are chosen. The input has the types of the hub schema; resources are used
   * only of one that passed validation, errors also to tell whether the provider could be chosen.
   */
  render(deployment: ModelDeployment, facts: ProviderFacts): Rendered;
  status(deployment: ModelDeployment, observed: readonly ObservedResource[]): ProviderStatus;
  /** Fields of rendered resources that the provider does not let change; an update that would touch one means Recreate. */
  immutable(before: KubeObject, after: KubeObject): readonly string[];
  /** What an update in place costs beyond what the user asked for, in sentences without a full stop; for warnings. */
  notices?(before: KubeObject, after: KubeObject): readonly string[];
}
