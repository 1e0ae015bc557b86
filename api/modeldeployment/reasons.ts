/**
 * Every condition the status of a ModelDeployment may have, with its reasons, and the reasons of the Events about it.
 * People and their alerts depend on these words: docs/reference/conditions.md says what they mean.
 */

/** Why something is in the way of what was rendered. */
export const obstacleReasons = [
  "ApplyFailed",
  "ApplyRefused",
  "DownloadFailed",
  "Forbidden",
  "KindNotServed",
  "ModelDownloading",
  "NoProvider",
  "RenderFailed",
  "ReplacementRefused",
  "Replacing",
  "ResourceConflict",
  "StuckTerminating",
] as const;

/** What a provider's resources say about serving. */
export const servingReasons = [
  "DeploymentFailed",
  "DeploymentInProgress",
  "DeploymentMissing",
  "DeploymentReady",
  "OperatorNotResponding",
  "PodsFailing",
  "PodsUnschedulable",
  "PreviousVersionServing",
  "ResourceMissing",
  "ScaledToZero",
  "UpdateFailed",
  "WorkspaceMissing",
] as const;

/** Conditions by type, in the order they have in the status, each with its reasons. */
export const conditionReasons = {
  Validated: ["ValidationFailed", "ValidationPassed"],
  EngineSelected: ["AutoSelected", "ExplicitSelection", "SelectionFailed"],
  ProviderSelected: ["AutoSelected", "ExplicitSelection", "NoProvider", "SelectionFailed"],
  StorageReady: ["PVCFailed", "PVCMissing", "PVCsBound", "PVCsPending"],
  ModelDownloaded: ["DownloadComplete", "DownloadFailed", "DownloadInProgress"],
  ResourceCreated: ["NotCreated", "Paused", "ResourceCreated", ...obstacleReasons],
  Ready: [...servingReasons, ...obstacleReasons],
  StatusFresh: ["ProviderAlive", "ProviderNotReady"],
  FieldsIgnored: ["NotSupportedByProvider"],
  Paused: ["PausedInSpec"],
} as const;

/** Reasons of Events. */
export const eventReasons = [
  "Adopted",
  "CleanupAbandoned",
  "CleaningUp",
  "Created",
  "DriftRepaired",
  "FailedOver",
  "FailoverRefused",
  "Failed",
  "Orphaned",
  "Pruned",
  "Replacing",
  "Running",
  "Updated",
  ...obstacleReasons.filter((reason) => reason !== "Replacing" && reason !== "ModelDownloading"),
] as const;

export type ConditionType = keyof typeof conditionReasons;
export type ConditionReason = (typeof conditionReasons)[ConditionType][number];
export type ObstacleReason = (typeof obstacleReasons)[number];
export type ServingReason = (typeof servingReasons)[number];
export type EventReason = (typeof eventReasons)[number];
