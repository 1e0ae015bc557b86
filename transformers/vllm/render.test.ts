import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asJson } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getPath } from "../../machinery/json/value.ts";
import { renderHash } from "../render-hash.ts";
import { aDeployment } from "../testing/deployments.ts";
import { renderVllm } from "./render.ts";

const render = (spec: Partial<ModelDeploymentSpec>) => renderVllm(aDeployment(spec));
function resource(spec: Partial<ModelDeploymentSpec>, kind: string): JsonObject {
  const found = render(spec).resources.find((r) => r.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return asJson(found);
}
const pod = (spec: Partial<ModelDeploymentSpec>): JsonValue | undefined =>
  getPath(resource(spec, "Deployment"), "spec", "template", "spec");
function container(spec: Partial<ModelDeploymentSpec>): JsonObject {
  const containers = getPath(pod(spec), "containers") as JsonObject[];
  return containers.find(({ name }) => name === "engine")!;
}

describe("replicas", () => {
  test.each([[0], [1], [7]])("%d are %d", (replicas) => {
    const deployment = resource({ serving: { replicas } }, "Deployment");
    expect(getPath(deployment, "spec", "replicas")).toBe(replicas);
  });
});

describe("resources", () => {
  test.each<{
    says: string;
    resources: NonNullable<ModelDeploymentSpec["serving"]>["resources"];
    want: unknown;
  }>([
    { says: "nothing asked for", resources: {}, want: undefined },
    {
      says: "accelerators of another make",
      resources: { gpu: { count: 2, type: "amd.com/gpu" } },
      want: { limits: { "amd.com/gpu": "2" }, requests: { "amd.com/gpu": "2" } },
    },
    { says: "cpu is a request only", resources: { cpu: 4 }, want: { requests: { cpu: "4" } } },
    {
      says: "memory is limit and request",
      resources: { memory: "1Gi", gpu: { count: 0 } },
      want: { limits: { memory: "1Gi" }, requests: { memory: "1Gi" } },
    },
  ])("$says", ({ resources, want }) => {
    expect(container({ serving: { resources: resources ?? {} } })["resources"]).toEqual(want);
  });

  test("several accelerators share memory, one does not need to", () => {
    const volumes = (count: number) =>
      getPath(pod({ serving: { resources: { gpu: { count } } } }), "volumes");
    expect(volumes(1)).toBeUndefined();
    expect(volumes(2)).toEqual([{ name: "shm", emptyDir: { medium: "Memory", sizeLimit: "20Gi" } }]);
  });

  test("the default image is only for NVIDIA, and says so", () => {
    const { warnings } = render({ serving: { resources: { gpu: { count: 1, type: "amd.com/gpu" } } } });
    expect(warnings).toEqual([expect.stringContaining("spec.engine.image")]);
  });
});

describe("environment", () => {
  test("the token comes first, under the key that is named", () => {
    const env = container({
      model: { id: "m", tokenSecretRef: { name: "hf", key: "token" } },
      workload: { env: [{ name: "A", value: "$(HF_TOKEN)" }] },
    })["env"];
    expect(env).toEqual([
      { name: "HF_TOKEN", valueFrom: { secretKeyRef: { name: "hf", key: "token" } } },
      { name: "A", value: "$(HF_TOKEN)" },
    ]);
  });

  test("a token of the user's own loses against the Secret, and he is told", () => {
    const workload = { env: [{ name: "HF_TOKEN", value: "x" }] };
    const { unsupported } = render({ model: { id: "m", tokenSecretRef: { name: "hf" } }, workload });
    expect(unsupported.map(({ path }) => path)).toEqual(["spec.workload.env[0]"]);
    expect(container({ workload })["env"]).toEqual(workload.env);
  });

  test("caches are where their volumes are, unless the user says otherwise", () => {
    const model = { id: "m", volumes: [{ name: "w", claimName: "w", purpose: "modelCache" as const }] };
    expect(container({ model })["env"]).toEqual([{ name: "HF_HOME", value: "/model-cache" }]);
    const env = [{ name: "HF_HOME", value: "/else" }];
    expect(container({ model, workload: { env } })["env"]).toEqual(env);
  });
});

describe("volumes", () => {
  test("one with a size is created, with the class as given", () => {
    const volume = { name: "v", size: "1Gi", mountPath: "/v" };
    const claim = (more: object) =>
      getPath(
        resource({ model: { id: "m", volumes: [{ ...volume, ...more }] } }, "PersistentVolumeClaim"),
        "spec",
      );
    expect(claim({})).toEqual({
      accessModes: ["ReadWriteMany"],
      resources: { requests: { storage: "1Gi" } },
    });
    expect(claim({ storageClassName: "", accessMode: "ReadWriteOnce" })).toEqual({
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
      storageClassName: "",
    });
  });

  test("one that exists is mounted, not created", () => {
    const spec = {
      model: { id: "m", volumes: [{ name: "v", claimName: "c", mountPath: "/v", readOnly: true }] },
    };
    expect(render(spec).resources.map(({ kind }) => kind)).toEqual(["Deployment", "Service"]);
    expect(container(spec)["volumeMounts"]).toEqual([{ name: "v", mountPath: "/v", readOnly: true }]);
  });

  test("one that a single node holds stops the old pods first", () => {
    const volumes = [{ name: "v", size: "1Gi", mountPath: "/v", accessMode: "ReadWriteOnce" as const }];
    expect(getPath(resource({ model: { id: "m", volumes } }, "Deployment"), "spec", "strategy", "type")).toBe(
      "Recreate",
    );
  });

  test("the name of the shared memory is taken", () => {
    const { errors } = render({
      model: { id: "m", volumes: [{ name: "shm", claimName: "c", mountPath: "/v" }] },
      serving: { resources: { gpu: { count: 2 } } },
    });
    expect(errors.map(({ path }) => path)).toEqual(["spec.model.volumes[0].name"]);
  });
});

describe("the pod template", () => {
  test("labels that select pods cannot be replaced, others are added", () => {
    const podTemplate = { metadata: { labels: { "hawsepipe.dev/model-deployment": "x", team: "a" } } };
    const { unsupported } = render({ workload: { podTemplate } });
    expect(unsupported.map(({ path }) => path)).toEqual([
      "spec.workload.podTemplate.metadata.labels[hawsepipe.dev/model-deployment]",
    ]);
    const template = getPath(
      resource({ workload: { podTemplate } }, "Deployment"),
      "spec",
      "template",
      "metadata",
    );
    expect(getPath(template, "labels")).toMatchObject({ "hawsepipe.dev/model-deployment": "m", team: "a" });
  });

  test("is merged by name into the engine, sidecars are added", () => {
    const spec = {
      workload: {
        env: [{ name: "A", value: "1" }],
        podTemplate: {
          spec: {
            containers: [
              { name: "side", image: "i" },
              { name: "engine", env: [{ name: "B", value: "2" }] },
            ],
            affinity: { nodeAffinity: {} },
          },
        },
      },
    };
    expect(container(spec)["env"]).toEqual(
      expect.arrayContaining([
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ]),
    );
    expect((getPath(pod(spec), "containers") as JsonObject[]).map(({ name }) => name)).toEqual([
      "engine",
      "side",
    ]);
    expect(getPath(pod(spec), "affinity")).toEqual({ nodeAffinity: {} });
  });

  test("that cannot be merged is refused with its path", () => {
    const { errors, resources } = render({
      workload: { podTemplate: { spec: { containers: [{ image: "nameless" }] } } },
    });
    expect(errors.map(({ path }) => path)).toEqual(["spec.workload.podTemplate.spec"]);
    expect(resources).toEqual([]);
  });
});

describe("overrides", () => {
  const overridden = (overrides: object) =>
    resource({ provider: { name: "vllm", overrides: overrides as JsonObject } }, "Deployment");
  test("merge objects, remove by null, merge lists by name and replace others", () => {
    const deployment = overridden({
      spec: {
        minReadySeconds: 5,
        progressDeadlineSeconds: null,
        template: {
          spec: {
            containers: [
              { name: "engine", args: ["--only"] },
              { name: "side", image: "i" },
            ],
            volumes: [{ name: "scratch", emptyDir: {} }],
          },
        },
      },
    });
    expect(getPath(deployment, "spec")).toMatchObject({ minReadySeconds: 5, replicas: 1 });
    expect(getPath(deployment, "spec", "progressDeadlineSeconds")).toBeUndefined();
    const containers = getPath(deployment, "spec", "template", "spec", "containers") as JsonObject[];
    expect(containers).toHaveLength(2);
    expect(containers[0]).toMatchObject({
      name: "engine",
      args: ["--only"],
      securityContext: { allowPrivilegeEscalation: false },
    });
    expect(containers[1]).toEqual({ name: "side", image: "i" });
  });
  test("leave the Service alone", () => {
    const { resources } = render({ provider: { name: "vllm", overrides: { spec: { type: "NodePort" } } } });
    expect(
      getPath(asJson(resources.find(({ kind }) => kind === "Service")!), "spec", "type"),
    ).toBeUndefined();
  });
});

describe("refusals", () => {
  test.each<{ says: string; name?: string; spec: Partial<ModelDeploymentSpec>; want: string }>([
    { says: "a name no Service may have", name: "1m", spec: {}, want: "metadata.name" },
    { says: "another engine", spec: { engine: { type: "sglang" } }, want: "spec.engine.type" },
    {
      says: "disaggregated serving",
      spec: { serving: { mode: "disaggregated" } },
      want: "spec.serving.mode",
    },
  ])("$says", ({ name, spec, want }) => {
    const { errors, resources } = renderVllm(aDeployment(spec, name));
    expect(errors.map(({ path }) => path)).toEqual([want]);
    expect(resources).toEqual([]);
  });
});

describe("rendering is pure", () => {
  const specs = fc.record(
    {
      contextLength: fc.integer({ min: 1, max: 1e6 }),
      enablePrefixCaching: fc.boolean(),
      args: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), fc.string()),
      extraArgs: fc.array(fc.string()),
    },
    { requiredKeys: [] },
  );
  test("the same input gives the same bytes, in whatever order its keys are, and stays as it is", () => {
    fc.assert(
      fc.property(specs, fc.integer({ min: 0, max: 8 }), (engine, count) => {
        const one = aDeployment({
          engine: { type: "vllm", ...engine },
          serving: { resources: { gpu: { count } } },
        });
        const before = cloneJson(one as unknown as JsonObject);
        const reversed = reverseKeys(before) as unknown as typeof one;
        expect(renderHash(renderVllm(one).resources)).toBe(renderHash(renderVllm(reversed).resources));
        expect(one).toEqual(before);
      }),
    );
  });
});

function reverseKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  const out: JsonObject = {};
  for (const [key, child] of Object.entries(value).reverse()) {
    Object.defineProperty(out, key, {
      value: reverseKeys(child),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return out;
}
