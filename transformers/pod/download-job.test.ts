import { describe, expect, test } from "vitest";
import { asJson } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec, ModelVolume } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { Findings } from "../findings.ts";
import { aDeployment } from "../testing/deployments.ts";
import { downloadJob } from "./download-job.ts";

type Model = ModelDeploymentSpec["model"];
const cache: ModelVolume = { name: "w", size: "1Gi", purpose: "modelCache" };

function jobOf(model: Partial<Model> = {}, spec: Partial<ModelDeploymentSpec> = {}, name = "m") {
  const findings = new Findings();
  const deployment = aDeployment({ ...spec, model: { id: "org/m", volumes: [cache], ...model } }, name);
  const job = downloadJob(deployment, { "hawsepipe.dev/model-deployment": name }, { image: "i" }, findings);
  return { job: job === undefined ? undefined : asJson(job), unsupported: findings.unsupported };
}
const pod = (...given: Parameters<typeof jobOf>): JsonValue | undefined =>
  getPath(jobOf(...given).job, "spec", "template", "spec");
const container = (...given: Parameters<typeof jobOf>): JsonObject =>
  (getPath(pod(...given), "containers") as JsonObject[])[0]!;
const nameOf = (...given: Parameters<typeof jobOf>): string =>
  getPath(jobOf(...given).job, "metadata", "name") as string;

describe("there is a Job", () => {
  test.each<{ says: string; model: Partial<Model>; want: boolean }>([
    { says: "for a volume of purpose modelCache", model: {}, want: true },
    {
      says: "for one of the user's, too",
      model: { volumes: [{ name: "w", claimName: "c", purpose: "modelCache" }] },
      want: true,
    },
    { says: "not when it is turned off", model: { download: { enabled: false } }, want: false },
    { says: "not without such a volume", model: { volumes: [] }, want: false },
    {
      says: "not for one that cannot be written",
      model: { volumes: [{ name: "w", claimName: "c", purpose: "modelCache", readOnly: true }] },
      want: false,
    },
    { says: "not for weights of the user's own", model: { source: "custom" }, want: false },
    { says: "not for a path", model: { id: "/models/m" }, want: false },
  ])("$says", ({ model, want }) => {
    expect(jobOf(model).job !== undefined).toBe(want);
  });

  test("settings of one that is not needed are reported with the reason", () => {
    const { unsupported } = jobOf({ volumes: [], download: { enabled: true, image: "x" } });
    expect(unsupported).toEqual(
      ["enabled", "image"].map((field) => ({
        path: `spec.model.download.${field}`,
        reason: "there is no volume of purpose modelCache to download to",
      })),
    );
  });
});

describe("what is downloaded", () => {
  test.each<{ id: string; args?: Record<string, string>; want: readonly string[] }>([
    { id: "org/m", want: ["org/m"] },
    { id: "org/m", args: { revision: "v1" }, want: ["org/m", "--revision", "v1"] },
    { id: "org/m@abc", want: ["org/m", "--revision", "abc"] },
    { id: "org/m:Q4_K_M", want: ["org/m", "--include", "*Q4_K_M*"] },
    { id: "org/m/q4.gguf", want: ["org/m", "q4.gguf"] },
    { id: "org/m/sub/q4.gguf", want: ["org/m", "sub/q4.gguf"] },
  ])("$id $args", ({ id, args, want }) => {
    const engine = { type: "vllm" as const, ...(args && { args }) };
    expect(container({ id }, { engine })["command"]).toEqual(["hf", "download", ...want]);
  });
});

describe("its name", () => {
  test("is the same for the same model, and another for another", () => {
    expect(nameOf({}, { serving: { replicas: 7 } })).toBe(nameOf());
    expect(nameOf({ download: { image: "other" } })).toBe(nameOf());
    const others = [
      nameOf(),
      nameOf({ id: "org/n" }),
      nameOf({}, { engine: { type: "vllm", args: { revision: "v1" } } }),
      nameOf({ volumes: [{ ...cache, claimName: "c" }] }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  test("fits into a label however long the deployment's is", () => {
    const long = "m".repeat(63);
    expect(nameOf({}, {}, long).length).toBeLessThanOrEqual(63);
    expect(nameOf({}, {}, long)).not.toBe(nameOf({}, {}, "m".repeat(62)));
    expect(nameOf({}, {}, `${"m".repeat(44)}-x`)).toMatch(/^m+-download-[0-9a-f]{8}$/);
  });
});

describe("its pod", () => {
  test("goes where the serving pods go, unless it is told otherwise", () => {
    const workload = { nodeSelector: { pool: "gpu" }, tolerations: [{ key: "gpu" }] };
    expect(pod({}, { workload })).toMatchObject(workload);
    const download = { nodeSelector: {}, tolerations: [] };
    expect(pod({ download }, { workload })).toMatchObject(download);
  });

  test("has the token and the environment, but nothing that speaks of the engine's container", () => {
    const env = [
      { name: "HTTPS_PROXY", value: "http://proxy" },
      {
        name: "MEM",
        valueFrom: { resourceFieldRef: { containerName: "engine", resource: "limits.memory" } },
      },
      { name: "FILE", valueFrom: { fileKeyRef: { volumeName: "v", path: "p", key: "k" } } },
    ];
    const names = container({ tokenSecretRef: { name: "hf" } }, { workload: { env } })["env"];
    expect((names as JsonObject[]).map(({ name }) => name)).toEqual(["HF_TOKEN", "HTTPS_PROXY", "HF_HOME"]);
  });

  test("mounts the cache and nothing else", () => {
    const volumes = [cache, { name: "other", claimName: "o", mountPath: "/o" }];
    expect(container({ volumes })["volumeMounts"]).toEqual([{ name: "w", mountPath: "/model-cache" }]);
  });

  test("is not selected by the Service of the deployment", () => {
    const labels = getPath(jobOf().job, "spec", "template", "metadata", "labels");
    expect(Object.keys(labels as JsonObject)).not.toContain("hawsepipe.dev/model-deployment");
  });

  test("can pull what the pod template can, and write as whom it says", () => {
    const spec = { imagePullSecrets: [{ name: "reg" }], securityContext: { fsGroup: 1000 } };
    expect(pod({}, { workload: { podTemplate: { spec } } })).toMatchObject(spec);
  });
});
