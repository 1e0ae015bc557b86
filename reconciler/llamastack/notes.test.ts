import { describe, expect, test } from "vitest";
import type { LlamaStackDistributionStatus } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import { notesOfTransition } from "./notes.ts";

const condition = (type: string, status: "True" | "False", reason: string, message = "m"): object => ({
  ...{ type, status, reason, message },
  lastTransitionTime: "2026-01-01T00:00:00Z",
});
const status = (conditions: readonly object[], configMapName?: string): LlamaStackDistributionStatus =>
  ({
    conditions,
    ...(configMapName === undefined
      ? {}
      : { configGeneration: { configMapName, providerCount: 2, resourceCount: 1 } }),
  }) as LlamaStackDistributionStatus;

describe("the events of a distribution", () => {
  const fine = status([condition("ConfigGenerated", "True", "ConfigGenerationSucceeded")], "s-config-1");

  test.each<{ says: string; after: LlamaStackDistributionStatus; want: string[] }>([
    {
      says: "another configuration is told with its ConfigMap",
      after: status([condition("ConfigGenerated", "True", "ConfigGenerationSucceeded")], "s-config-2"),
      want: ["Normal ConfigGenerated ConfigMap s-config-2: 2 providers, 1 resources"],
    },
    {
      says: "a configuration that cannot be made is a warning in the words of the condition",
      after: status([condition("ConfigGenerated", "False", "BaseConfigRequired", "no base")], "s-config-1"),
      want: ["Warning ConfigGenerationFailed no base"],
    },
    {
      says: "so is a Secret that is missing",
      after: status([condition("SecretsResolved", "False", "SecretNotFound", "no key")], "s-config-1"),
      want: ["Warning SecretResolutionFailed no key"],
    },
    {
      says: "so is a Deployment that cannot be written",
      after: status([condition("DeploymentUpdated", "False", "DeploymentUpdateFailed", "no")], "s-config-1"),
      want: ["Warning DeploymentUpdateFailed no"],
    },
    {
      says: "what is skipped for another reason is not told twice",
      after: status([condition("DeploymentUpdated", "False", "DeploymentUpdateSkipped")], "s-config-1"),
      want: [],
    },
    {
      says: "replicas that come and go are no event",
      after: status([condition("Available", "False", "RolloutInProgress")], "s-config-1"),
      want: [],
    },
  ])("$says, once", ({ after, want }) => {
    const told = notesOfTransition(fine, after);
    expect(told.map(({ type, reason, message }) => `${type} ${reason} ${message}`)).toEqual(want);
    expect(notesOfTransition(after, after)).toEqual([]);
  });

  test("another reason for the same failure is told again", () => {
    const before = status([condition("ConfigGenerated", "False", "ConfigGenerationFailed", "a")]);
    const after = status([condition("ConfigGenerated", "False", "UpgradeConfigFailure", "a")]);
    expect(notesOfTransition(before, after).map(({ reason }) => reason)).toEqual(["ConfigGenerationFailed"]);
  });
});
