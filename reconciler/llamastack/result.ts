import type { LlamaStackConditionReason } from "../../api/llamastackdistribution/reasons.ts";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Generated, SecretUse } from "../../transformers/llamastack/config/result.ts";
import type { ResolvedDistribution } from "../../transformers/llamastack/resolve.ts";
import type { ConfigSource } from "../../transformers/llamastack/source.ts";
import type { DeploymentStatus } from "../../transformers/pod/deployment-status.ts";
import type { Obstacle } from "../status.ts";
import type { ServerReport } from "./server-report.ts";

/** What the spec became. */
export interface Release {
  readonly source: ConfigSource;
  readonly image: string;
  /** What was noticed on the way, with the path of the field where there is one. */
  readonly warnings: readonly string[];
  /** The ConfigMap that is mounted; absent with the image's own configuration. */
  readonly configMapName?: string;
  readonly generated?: Generated;
  readonly resolved?: ResolvedDistribution;
}

/** Why the spec became nothing; what runs stays. */
export interface GenerationFailure {
  readonly reason: Exclude<
    LlamaStackConditionReason<"ConfigGenerated">,
    "ConfigGenerationSucceeded" | "DistributionDefaultUsed" | "OverrideConfigUsed"
  >;
  readonly message: string;
  /** Whether it may pass although nothing changes. */
  readonly isTransient: boolean;
  /** Whether it is being found out whether there is a failure at all. */
  readonly isAwaited?: boolean;
}

export type Generation =
  | { readonly failure: GenerationFailure; readonly rendered?: undefined }
  | { readonly failure?: undefined; readonly rendered: Release };

/** Everything a pass found out and did, as far as the status shows it. */
export interface LlamaStackResult {
  readonly distribution: LlamaStackDistribution;
  readonly now: Date;
  readonly operatorVersion: string;
  readonly generation: Generation;
  readonly secretCount: number;
  readonly missingSecrets: readonly SecretUse[];
  /** The kubelet's words about a Secret without the key that is named. */
  readonly missingKey?: string;
  /** Whether something would have been written, had every Secret been there. */
  readonly isHeldBack: boolean;
  /** Why what was rendered is not, or not wholly, in place. */
  readonly obstacle?: Obstacle;
  /** What exists and is the distribution's own. */
  readonly existing: readonly KubeObject[];
  readonly deployment?: KubeObject;
  readonly serving: DeploymentStatus;
  /** What the running server says; undefined when it was not asked yet. */
  readonly server?: ServerReport;
}

/** The distribution's object of a kind, of which there is one at most. */
export const liveOf = (
  { existing }: Pick<LlamaStackResult, "existing">,
  kind: string,
): KubeObject | undefined => existing.find((object) => object.kind === kind);
