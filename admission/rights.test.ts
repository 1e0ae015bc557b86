import { describe, expect, test } from "vitest";
import type { ModelDeploymentSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import type { AccessQuestion } from "./options.ts";
import { admitted, aProvider, written } from "./testing/admission-rig.ts";

const base: Partial<ModelDeploymentSpec> = {
  engine: { type: "vllm" },
  provider: { name: "vllm" },
  serving: { resources: { gpu: { count: 1 } } },
};

/** An authorizer that allows the given verbs, and what it was asked. */
function allowing(...verbs: readonly string[]) {
  const asked: AccessQuestion[] = [];
  return {
    asked,
    authorize: async (question: AccessQuestion): Promise<boolean> => {
      asked.push(question);
      return verbs.includes(question.verb);
    },
  };
}

describe("override", () => {
  const overrides = { provider: { name: "vllm", overrides: { spec: { minReadySeconds: 1 } } } };
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; path: string }>([
    { says: "overrides", spec: overrides, path: "spec.provider.overrides" },
    {
      says: "a pod template",
      spec: { workload: { podTemplate: { spec: { dnsPolicy: "Default" } } } },
      path: "spec.workload.podTemplate.spec",
    },
  ])("is needed for $says", async ({ spec, path }) => {
    const { authorize, asked } = allowing();
    const { errors } = await admitted(written({ ...base, ...spec }), { authorize });
    expect(errors).toEqual([
      `modeldeployments.hawsepipe.dev "m" is forbidden: User "alice" may not override modeldeployments, which setting ${path} needs`,
    ]);
    expect(asked).toMatchObject([
      {
        verb: "override",
        group: "hawsepipe.dev",
        resource: "modeldeployments",
        namespace: "team-a",
        name: "m",
      },
    ]);
  });

  test("is enough where it is granted", async () => {
    expect((await admitted(written({ ...base, ...overrides }), allowing("override"))).errors).toEqual([]);
  });

  test("is not asked for what stays as it is", async () => {
    const { object: old } = await admitted(written({ ...base, ...overrides }));
    const { authorize, asked } = allowing();
    const next = written({ ...base, ...overrides, engine: { type: "vllm", contextLength: 1 } });
    expect([(await admitted(next, { old, authorize })).errors, asked]).toEqual([[], []]);
  });
});

describe("use", () => {
  const restricted = () => [aProvider("kaito", { restricted: true }), aProvider("vllm")];
  test("is needed for a restricted provider by name", async () => {
    const { authorize, asked } = allowing();
    const { errors } = await admitted(written({ ...base, provider: { name: "kaito" } }), {
      authorize,
      listProviders: restricted,
    });
    expect(errors).toEqual([
      'modeldeployments.hawsepipe.dev "m" is forbidden: User "alice" may not use inferenceproviders "kaito"',
    ]);
    expect(asked[0]).toMatchObject({
      verb: "use",
      resource: "inferenceproviders",
      name: "kaito",
      namespace: "",
    });
  });

  test.each<{ verbs: string[]; want: string }>([
    { verbs: ["use"], want: "kaito" },
    { verbs: [], want: "vllm" },
  ])("decides whether a restricted provider is chosen: $want", async ({ verbs, want }) => {
    const { provider: _, ...open } = base;
    const { authorize } = allowing(...verbs);
    const { object } = await admitted(written(open), { authorize, listProviders: restricted });
    expect(object.spec.provider?.name).toBe(want);
  });
});
