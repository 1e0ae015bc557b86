/**
 * Every condition the status of a LlamaStackDistribution may have, with its reasons, and the reasons of the Events about
 * it. People and their alerts depend on these words: docs/reference/conditions.md says what they mean.
 */

/** Conditions by type, in the order they have in the status, each with its reasons. */
export const llamaStackConditionReasons = {
  ConfigGenerated: [
    "BaseConfigRequired",
    "ConfigGenerationFailed",
    "ConfigGenerationSucceeded",
    "DistributionDefaultUsed",
    "MissingProviderForResource",
    "OverrideConfigUsed",
    "UnsupportedConfigVersion",
    "UpgradeConfigFailure",
    "WaitingForRegistry",
  ],
  SecretsResolved: ["AllSecretsFound", "SecretKeyMissing", "SecretNotFound"],
  DeploymentUpdated: ["DeploymentUpdateFailed", "DeploymentUpdateSkipped", "DeploymentUpdateSucceeded"],
  Available: ["MinimumReplicasAvailable", "ReplicasUnavailable", "RolloutInProgress"],
  DeploymentReady: ["DeploymentFailed", "DeploymentPending", "DeploymentReady"],
  HealthCheck: ["HealthCheckFailed", "HealthCheckPassed", "HealthCheckUnknown"],
  ServiceReady: ["ServiceMissing", "ServiceReady"],
  StorageReady: ["PVCFailed", "PVCMissing", "PVCsBound", "PVCsPending"],
} as const;

/** Reasons of Events that only LlamaStackDistributions have; those of what is done to resources are every owner's. */
export const llamaStackEventReasons = [
  "ConfigGenerated",
  "ConfigGenerationFailed",
  "DeploymentUpdated",
  "DeploymentUpdateFailed",
  "SecretResolutionFailed",
] as const;

export type LlamaStackConditionType = keyof typeof llamaStackConditionReasons;
export type LlamaStackConditionReason<T extends LlamaStackConditionType> =
  (typeof llamaStackConditionReasons)[T][number];
export type LlamaStackEventReason = (typeof llamaStackEventReasons)[number];
