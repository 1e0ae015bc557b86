import { expect, test } from "vitest";
import { forbidden, notFound } from "../../api/errors/catalogue.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Client } from "../../cluster/client.ts";
import { operatorHealth } from "./operator.ts";

const now = new Date("2026-01-01T00:10:00Z");
const labels = { app: "operator" };

const aDeployment = (availableReplicas?: number): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "op", namespace: "ops", labels },
  status: availableReplicas === undefined ? {} : { availableReplicas },
});
const aLease = (renewTime: string, holderIdentity = "op-1"): KubeObject => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "lock", namespace: "ops" },
  spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 },
});

/** A cluster with these objects and no others. */
function cluster(objects: readonly KubeObject[], refusal?: Error): Client {
  return {
    list: async (_resource: unknown, { labelSelector = "" }: { labelSelector?: string }) => {
      if (refusal !== undefined) throw refusal;
      const items = objects.filter(({ kind }) => kind === "Deployment" && labelSelector === "app=operator");
      return { items };
    },
    get: async (_resource: unknown, { name }: { name: string }) => {
      if (refusal !== undefined) throw refusal;
      const found = objects.find(({ metadata }) => metadata.name === name);
      if (found === undefined) throw notFound({ group: "", resource: "leases" }, name);
      return found;
    },
  } as unknown as Client;
}

const both = {
  deployments: [{ matchLabels: { app: "other" } }, { matchLabels: labels }],
  leases: [{ namespace: "ops", name: "lock" }],
};

test.each<{ says: string; objects: KubeObject[]; want: [boolean, string, string] }>([
  {
    says: "a Deployment with an available replica",
    objects: [aDeployment(1)],
    want: [true, "OperatorAlive", "Deployment ops/op is available"],
  },
  {
    says: "a Deployment that is not available, and nothing else",
    objects: [aDeployment()],
    want: [false, "OperatorNotReady", "Deployment ops/op has no available replica"],
  },
  {
    says: "a Lease that is held, beside a Deployment that is not available",
    objects: [aDeployment(0), aLease("2026-01-01T00:09:30.123456Z")],
    want: [true, "OperatorAlive", "Lease ops/lock is held by op-1"],
  },
  {
    says: "a Lease that was not renewed",
    objects: [aLease("2026-01-01T00:00:00.000000Z")],
    want: [false, "OperatorNotReady", "was last renewed at 2026-01-01T00:00:00.000Z"],
  },
  {
    says: "a Lease that was given up",
    objects: [aLease("2026-01-01T00:09:59.000000Z", "")],
    want: [false, "OperatorNotReady", "is held by nobody"],
  },
  {
    says: "nothing",
    objects: [],
    want: [
      false,
      "OperatorNotFound",
      "a Deployment app=other, a Deployment app=operator, the Lease ops/lock",
    ],
  },
])("of an operator there is: $says", async ({ objects, want: [isAlive, reason, words] }) => {
  const health = await operatorHealth(cluster(objects), both, now);
  expect(health).toMatchObject({ isAlive, reason });
  expect(health?.message).toContain(words);
});

test("a provider without an operator has none that could be gone", async () => {
  expect(await operatorHealth(cluster([]), {}, now)).toBeUndefined();
});

test("what may not be looked at is not taken for alive, and the reason is told", async () => {
  const refusal = forbidden({ group: "apps", resource: "deployments" }, "", "no right");
  const health = await operatorHealth(cluster([], refusal), both, now);
  expect(health).toMatchObject({ isAlive: false, reason: "OperatorUnknown" });
  expect(health?.message).toContain("no right");
});

test("a cluster that does not answer says nothing about the operator", async () => {
  await expect(operatorHealth(cluster([], new Error("timeout")), both, now)).rejects.toThrow("timeout");
});
