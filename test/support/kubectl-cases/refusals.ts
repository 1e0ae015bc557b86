import { expect, test } from "vitest";
import type { Target } from "./target.ts";
import { toolsOf } from "./target.ts";

/** What a server refuses, with the field that is wrong. */
export function refusals(target: () => Target): void {
  const { kubectl, run, aDeployment } = toolsOf(target);

  test.each([
    {
      says: "a Secret that does not exist",
      spec: { model: { tokenSecretRef: { name: "absent" } } },
      want: 'spec.model.tokenSecretRef.name: Not found: "absent"',
    },
    {
      says: "an engine the provider cannot serve",
      spec: { engine: { type: "trtllm" } },
      want: "spec.engine.type: Invalid value",
    },
    {
      says: "an engine nobody knows",
      spec: { engine: { type: "abacus" } },
      want: 'spec.engine.type: Unsupported value: "abacus"',
    },
    {
      says: "a quantity that is none",
      spec: { serving: { resources: { gpu: { count: 1 }, memory: "24 gigs" } } },
      want: "spec.serving.resources.memory: Invalid value",
    },
    {
      says: "a number above the ceiling",
      spec: { serving: { replicas: 33, resources: { gpu: { count: 1 } } } },
      want: "spec.serving.replicas: Invalid value: 33",
    },
    {
      says: "a provider that is not there",
      spec: { provider: { name: "nobody" } },
      want: 'spec.provider.name: Not found: "nobody"',
    },
  ])("$says", async ({ spec, want }) => {
    const { code, stderr } = await kubectl("apply -f -", aDeployment("bad", spec));
    expect(code).toBe(1);
    expect(stderr).toContain(want);
  });

  test("in the words of the version the object was written in", async () => {
    const object = {
      apiVersion: "hawsepipe.dev/v1alpha1",
      kind: "ModelDeployment",
      metadata: { name: "bad-old" },
      spec: {
        model: { id: "Qwen/Qwen3-0.6B" },
        engine: { type: "vllm" },
        provider: { name: "vllm" },
        resources: { gpu: { count: 1 } },
        secrets: { huggingFaceToken: "absent" },
      },
    };
    const { stderr } = await kubectl("apply -f -", object);
    expect(stderr).toContain('spec.secrets.huggingFaceToken: Not found: "absent"');
  });

  test("an unknown field is refused by kubectl's strict validation", async () => {
    const { stderr } = await kubectl("create -f -", aDeployment("bad", { engine: { typo: 1 } }));
    expect(stderr).toContain('unknown field "spec.engine.typo"');
  });

  test("an unknown field in an override is refused with the provider's path", async () => {
    const object = aDeployment("bad", {
      engine: { type: "vllm" },
      provider: { name: "kaito", overrides: { inference: { preset: { bogus: 1 } } } },
    });
    const { code, stderr } = await kubectl("apply -f -", object);
    expect(code).toBe(1);
    expect(stderr).toContain("is invalid");
    expect(stderr).toContain("spec.provider.overrides.inference.preset.bogus: Invalid value: unknown field");
  });

  test.each([
    {
      says: "an unknown field of the pod template",
      pod: { bogus: 1 },
      want: "spec.workload.podTemplate.spec.bogus: Invalid value: unknown field",
    },
    {
      says: "a wrong type in the pod template",
      pod: { containers: 1 },
      want: "spec.workload.podTemplate.spec.containers: Invalid value",
    },
  ])("$says is refused with its path", async ({ pod, want }) => {
    const { code, stderr } = await kubectl(
      "apply -f -",
      aDeployment("bad", { workload: { podTemplate: { spec: pod } } }),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/ModelDeployment.* "bad" is invalid/);
    expect(stderr).toContain(want);
  });

  test("a name that somebody else's resource has is refused, and what was orphaned is taken back", async () => {
    await run("create service clusterip taken --tcp=80");
    const { code, stderr } = await kubectl("apply -f -", aDeployment("taken"));
    expect(code).toBe(1);
    expect(stderr).toContain(
      'metadata.name: Invalid value: "taken": Service "taken" exists already and belongs to somebody else',
    );
    await run("delete service taken");
    await run("apply -f -", aDeployment("taken"));
    await run("wait mdep/taken --for=condition=ResourceCreated --timeout=120s");
    const uid = await run("get deployment taken -o jsonpath={.metadata.uid}");
    await run("delete mdep taken --cascade=orphan");
    await run("apply -f -", aDeployment("taken"));
    await run("wait mdep/taken --for=condition=ResourceCreated --timeout=120s");
    expect(await run("get deployment taken -o jsonpath={.metadata.uid}")).toBe(uid);
  });
}
