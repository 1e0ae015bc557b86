import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { aDeployment } from "../testing/deployments.ts";
import { renderLlmd } from "./render.ts";

const gpus = (count: number, type = "nvidia.com/gpu") => ({ gpu: { count, type } });
const split: NonNullable<ModelDeploymentSpec["serving"]> = {
  mode: "disaggregated",
  prefill: { replicas: 1, resources: { ...gpus(2), memory: "8Gi" } },
  decode: { replicas: 3, resources: gpus(1) },
};

const render = (spec: Partial<ModelDeploymentSpec> = {}, name = "m") =>
  renderLlmd(aDeployment({ provider: { name: "llmd" }, ...spec }, name));
const names = (resources: readonly KubeObject[]): string[] =>
  resources.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ""}`);

function find(resources: readonly KubeObject[], kind: string, name: string): JsonObject {
  const found = resources.find((r) => r.kind === kind && r.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return asJson(found);
}
const workload = (spec: Partial<ModelDeploymentSpec>, name: string): JsonObject =>
  find(render(spec).resources, "Deployment", name);
const pod = (spec: Partial<ModelDeploymentSpec>, name: string): JsonValue | undefined =>
  getPath(workload(spec, name), "spec", "template", "spec");
const engine = (spec: Partial<ModelDeploymentSpec>, name: string): JsonObject =>
  (getPath(pod(spec, name), "containers") as JsonObject[]).find((c) => c["name"] === "engine")!;

describe("as one component", () => {
  test("there is a Deployment and a Service of the deployment's name", () => {
    expect(names(render().resources)).toEqual(["Deployment m", "Service m"]);
  });

  test("an engine listens where the Service sends requests", () => {
    expect(engine({}, "m")).toMatchObject({
      ports: [{ name: "http", containerPort: 8000 }],
      args: ["--host", "0.0.0.0", "--port", "8000", "--model", "org/m"],
    });
  });

  test.each([[0], [1], [7]])("%d replicas are %d", (replicas) => {
    expect(getPath(workload({ serving: { replicas } }, "m"), "spec", "replicas")).toBe(replicas);
  });
});

describe("as prefill and decode", () => {
  const spec = { serving: split };

  test("there are two Deployments, and the Service of the deployment's name is in front of decode", () => {
    const { resources, errors } = render(spec);
    expect(errors).toEqual([]);
    expect(names(resources)).toEqual([
      "Deployment m-decode",
      "Deployment m-prefill",
      "Service m",
      "Service m-prefill",
    ]);
    expect(getPath(find(resources, "Service", "m"), "spec", "selector")).toEqual({
      "hawsepipe.dev/model-deployment": "m",
      "hawsepipe.dev/component": "decode",
    });
  });

  test("each component has its own replicas, accelerators and parallelism", () => {
    expect(getPath(workload(spec, "m-decode"), "spec", "replicas")).toBe(3);
    expect(getPath(workload(spec, "m-prefill"), "spec", "replicas")).toBe(1);
    expect(engine(spec, "m-decode")["resources"]).toMatchObject({ limits: { "nvidia.com/gpu": "1" } });
    expect(engine(spec, "m-prefill")["resources"]).toMatchObject({
      limits: { "nvidia.com/gpu": "2", memory: "8Gi" },
    });
    expect(engine(spec, "m-prefill")["args"]).toEqual(expect.arrayContaining(["--tensor-parallel-size"]));
    expect(engine(spec, "m-decode")["args"]).not.toContain("--tensor-parallel-size");
  });

  test("zero replicas of one stay zero", () => {
    const serving = { ...split, prefill: { ...split.prefill, replicas: 0 } };
    expect(getPath(workload({ serving }, "m-prefill"), "spec", "replicas")).toBe(0);
  });

  test("caches travel between the two, by the address of the pod", () => {
    for (const name of ["m-decode", "m-prefill"]) {
      const { args, env, ports } = engine(spec, name);
      expect(args).toEqual(expect.arrayContaining(["--kv-transfer-config"]));
      expect(env).toEqual([
        { name: "VLLM_NIXL_SIDE_CHANNEL_HOST", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      ]);
      expect(ports).toContainEqual({ name: "nixl", containerPort: 5600, protocol: "TCP" });
    }
  });

  test("requests reach decode through the proxy, which knows where the engine is", () => {
    const [proxy] = getPath(pod(spec, "m-decode"), "initContainers") as JsonObject[];
    expect(proxy).toMatchObject({
      restartPolicy: "Always",
      ports: [{ name: "http", containerPort: 8000 }],
      args: expect.arrayContaining(["--port=8000", "--vllm-port=8200"]) as unknown,
    });
    expect(engine(spec, "m-decode")["args"]).toEqual(expect.arrayContaining(["--port", "8200"]));
    expect(engine(spec, "m-decode")["readinessProbe"]).toMatchObject({ httpGet: { port: "engine" } });
    expect(getPath(pod(spec, "m-prefill"), "initContainers")).toBeUndefined();
    expect(engine(spec, "m-prefill")["args"]).toEqual(expect.arrayContaining(["--port", "8000"]));
  });

  test("a transfer the user configures takes the place of ours", () => {
    const args = { "kv-transfer-config": '{"kv_connector":"Mine"}' };
    const given = engine({ ...spec, engine: { type: "vllm", args } }, "m-decode")["args"] as string[];
    expect(given.filter((token) => token === "--kv-transfer-config")).toHaveLength(1);
    expect(given).toContain(args["kv-transfer-config"]);
  });

  test("the scheduler can tell the pods apart", () => {
    const role = (name: string): JsonValue | undefined =>
      getPath(workload(spec, name), "spec", "template", "metadata", "labels", "llm-d.ai/role");
    expect([role("m-decode"), role("m-prefill")]).toEqual(["decode", "prefill"]);
  });

  test("the user is told once what prefill needs to take part", () => {
    expect(render(spec).warnings).toEqual([expect.stringContaining("inference scheduler")]);
  });

  test("what has no effect is said once, not once per component", () => {
    const { unsupported } = render({
      ...spec,
      model: { id: "org/m", tokenSecretRef: { name: "hf" } },
      workload: { env: [{ name: "HF_TOKEN", value: "x" }] },
    });
    expect(unsupported.map(({ path }) => path)).toEqual(["spec.workload.env[0]"]);
  });

  test("a name that has no room for the suffix is refused", () => {
    expect(render(spec, "m".repeat(56)).errors).toMatchObject([{ path: "metadata.name" }]);
    expect(render(spec, "m".repeat(55)).errors).toEqual([]);
    expect(render({}, "m".repeat(63)).errors).toEqual([]);
  });
});

describe("overrides", () => {
  const overrides = {
    spec: { minReadySeconds: 5 },
    decode: { spec: { minReadySeconds: 10, revisionHistoryLimit: 1 } },
    prefill: { spec: { template: { spec: { priority: null, schedulerName: "gang" } } } },
  };
  const provider = { name: "llmd", overrides };

  test("at the root are for each component, below a component only for that one", () => {
    const of = (name: string): JsonValue | undefined =>
      getPath(workload({ serving: split, provider }, name), "spec");
    expect(of("m-decode")).toMatchObject({ minReadySeconds: 10, revisionHistoryLimit: 1 });
    expect(of("m-prefill")).toMatchObject({ minReadySeconds: 5 });
    expect(getPath(of("m-prefill"), "template", "spec", "schedulerName")).toBe("gang");
    expect(getPath(of("m-decode"), "template", "spec", "schedulerName")).toBeUndefined();
    expect(workload({ serving: split, provider }, "m-decode")["decode"]).toBeUndefined();
  });

  test("of components are reported when there is only one", () => {
    const { unsupported, resources } = render({ provider });
    expect(unsupported.map(({ path }) => path)).toEqual([
      "spec.provider.overrides.prefill",
      "spec.provider.overrides.decode",
    ]);
    expect(find(resources, "Deployment", "m")["decode"]).toBeUndefined();
  });
});

describe("volumes", () => {
  const volume = { name: "w", size: "1Gi", mountPath: "/w" };
  const model = (accessMode: "ReadWriteOnce" | "ReadWriteOncePod" | "ReadWriteMany") => ({
    id: "org/m",
    volumes: [{ ...volume, accessMode }],
  });

  test.each([
    ["ReadWriteMany", 0, 0],
    ["ReadWriteOnce", 0, 1],
    ["ReadWriteOncePod", 1, 0],
  ] as const)("%s with several pods: %d errors, %d warnings", (mode, errors, warnings) => {
    const rendered = render({ model: model(mode), serving: { replicas: 2, resources: gpus(1) } });
    expect([rendered.errors.length, rendered.warnings.length]).toEqual([errors, warnings]);
  });

  test("of one pod may have any access mode", () => {
    expect(render({ model: model("ReadWriteOncePod") })).toMatchObject({ errors: [], warnings: [] });
  });
});

test("an engine that is none of llm-d's is refused", () => {
  expect(render({ engine: { type: "sglang" } }).errors).toMatchObject([{ path: "spec.engine.type" }]);
});
