import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aDeployment } from "../../support/objects.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;
let kubectl: Kubectl;
let run: ReturnType<typeof succeeding>;

beforeAll(async () => {
  server = await startStandalone();
  kubectl = kubectlFor(server.kubeconfig);
  run = succeeding(kubectl);
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

describe("the answer to kubectl apply names the field that is wrong", () => {
  test.each([
    {
      says: "a Secret that does not exist",
      object: aDeployment("bad", { model: { tokenSecretRef: { name: "absent" } } }),
      want: 'spec.model.tokenSecretRef.name: Not found: "absent"',
    },
    {
      says: "an engine the provider cannot serve",
      object: aDeployment("bad", { engine: { type: "trtllm" } }),
      want: "spec.engine.type: Invalid value",
    },
    {
      says: "an engine nobody knows",
      object: aDeployment("bad", { engine: { type: "abacus" } }),
      want: 'spec.engine.type: Unsupported value: "abacus"',
    },
    {
      says: "a quantity that is none",
      object: aDeployment("bad", { serving: { resources: { gpu: { count: 1 }, memory: "24 gigs" } } }),
      want: "spec.serving.resources.memory: Invalid value",
    },
    {
      says: "a number above the ceiling",
      object: aDeployment("bad", { serving: { replicas: 33, resources: { gpu: { count: 1 } } } }),
      want: "spec.serving.replicas: Invalid value: 33",
    },
    {
      says: "a provider that is not there",
      object: aDeployment("bad", { provider: { name: "nobody" } }),
      want: 'spec.provider.name: Not found: "nobody"',
    },
  ])("$says", async ({ object, want }) => {
    const { code, stderr } = await kubectl("apply -f -", object);
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
    expect(stderr).toContain('The ModelDeployment "bad" is invalid');
    expect(stderr).toContain(want);
  });
});

describe("a user bound to a Role works in his namespace and nowhere else", () => {
  test("allowed in team-a, forbidden in team-b", async () => {
    await run("create namespace team-a");
    await run("create namespace team-b");
    await run("create role dev -n team-a --verb=* --resource=modeldeployments.hawsepipe.dev");
    await run("create rolebinding dev -n team-a --role=dev --user=alice");
    const config = path.join(server.dataDir, "alice.kubeconfig");
    const { execFileSync } = await import("node:child_process");
    const written = execFileSync(
      process.execPath,
      ["cli/main.ts", "kubeconfig", "--data-dir", server.dataDir, "--user", "alice", "--group", "devs"],
      { encoding: "utf8" },
    );
    writeFileSync(config, written);
    const alice = kubectlFor(config);
    expect((await alice("create -f -", aDeployment("mine", {}, "team-a"))).stdout).toContain("created");
    expect((await alice("auth can-i create mdep -n team-b")).stdout.trim()).toBe("no");
    const refused = await alice("get mdep -n team-b");
    expect(refused.stderr).toContain(
      'modeldeployments.hawsepipe.dev is forbidden: User "alice" cannot list resource "modeldeployments" in API group "hawsepipe.dev" in the namespace "team-b"',
    );
  });
});
