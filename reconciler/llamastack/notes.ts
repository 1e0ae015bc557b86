/** The Events about a distribution: one for each transition, none for a pass that changed nothing. */
import type {
  LlamaStackDistribution,
  LlamaStackDistributionStatus,
} from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type {
  LlamaStackConditionType,
  LlamaStackEventReason,
} from "../../api/llamastackdistribution/reasons.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { EventNote } from "../events.ts";
import type { Outcome } from "../execute.ts";
import { notesOfActions } from "../notes.ts";
import type { Plan } from "../plan.ts";
import { releaseMessage } from "./observations.ts";
import type { Release } from "./result.ts";

/** The events of what a pass did. */
export function notesOfPass(
  outcome: Outcome,
  plan: Plan,
  {
    distribution,
    release,
    isSameSpec,
  }: {
    readonly distribution: LlamaStackDistribution;
    readonly release: Release | undefined;
    readonly isSameSpec: boolean;
  },
): readonly EventNote[] {
  const notes = notesOfActions(outcome, plan, { isSameSpec, isToldElsewhere: isDeployment });
  const changed = outcome.done.some(
    ({ action, answer }) =>
      action.type === "apply" &&
      isDeployment(action.object) &&
      (action.live === undefined || !isSameSpec) &&
      action.live?.metadata.resourceVersion !== answer?.metadata.resourceVersion,
  );
  if (!changed || release === undefined) return notes;
  const message = releaseMessage(distribution.metadata.name ?? "", release);
  return [...notes, { type: "Normal", reason: "DeploymentUpdated", message }];
}

/** Conditions that turn False for a reason people have to know, and the event that says so. */
const warnings: Readonly<Partial<Record<LlamaStackConditionType, LlamaStackEventReason>>> = {
  ConfigGenerated: "ConfigGenerationFailed",
  SecretsResolved: "SecretResolutionFailed",
  DeploymentUpdated: "DeploymentUpdateFailed",
};

/** The events of a status that is about to change. */
export function notesOfTransition(
  before: LlamaStackDistributionStatus | undefined,
  after: LlamaStackDistributionStatus,
): readonly EventNote[] {
  const notes: EventNote[] = [];
  const { configGeneration } = after;
  if (
    configGeneration !== undefined &&
    configGeneration.configMapName !== before?.configGeneration?.configMapName
  ) {
    const { configMapName = "", providerCount = 0, resourceCount = 0 } = configGeneration;
    const message = `ConfigMap ${configMapName}: ${String(providerCount)} providers, ${String(resourceCount)} resources`;
    notes.push({ type: "Normal", reason: "ConfigGenerated", message });
  }
  for (const { type, status, reason, message } of after.conditions ?? []) {
    const event = Object.entries(warnings).find(([condition]) => condition === type)?.[1];
    // What is skipped was told as the failure it is skipped for.
    if (event === undefined || status !== "False" || reason === "DeploymentUpdateSkipped") continue;
    const old = before?.conditions?.find((condition) => condition.type === type);
    if (old?.status === status && old.reason === reason && old.message === message) continue;
    notes.push({ type: "Warning", reason: event, message });
  }
  return notes;
}

const isDeployment = ({ kind }: KubeObject): boolean => kind === "Deployment";
