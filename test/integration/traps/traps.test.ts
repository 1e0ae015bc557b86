/**
 * What users of unified inference APIs ran into before, one test each, named after what they see now. The numbers are only
 * for finding them again; the details have tests of their own beside the code.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { admitted, aProvider, now, written } from "../../../admission/testing/admission-rig.ts";
import { Host } from "../../../admission/testing/host.ts";
import { renderDeployment } from "../../../admission/render.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type {
  ModelDeployment,
  ModelDeploymentSpec,
  ServingResources,
} from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath, isObject } from "../../../machinery/json/value.ts";
import { decide } from "../../../reconciler/decide.ts";
import type { Plan } from "../../../reconciler/plan.ts";
import { cleanupLimitMs } from "../../../reconciler/plan.ts";
import { findDrift } from "../../../reconciler/drift.ts";
import { startReconciler } from "../../../reconciler/controller.ts";
import { startProviderReporter } from "../../../reconciler/providers/reporter.ts";
import { aModelDeployment, applied } from "../../../reconciler/testing/objects.ts";
import { asOwned, resourceKey, servesOf } from "../../../transformers/ownership.ts";
import { transformerOf, transformers } from "../../../transformers/registry.ts";
import { goldens } from "../../../transformers/testing/goldens.ts";
import type { ObservedResource, Rendered, Transformer } from "../../../transformers/transformer.ts";
import { modelDeployments } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually, openInProcessServer } from "../../support/in-process.ts";
import { aDeployment as submitted } from "../../support/objects.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

/** Every provider in every version it writes, with a deployment it takes; `spec` replaces whole fields. */
const ways = goldens.filter(({ name }) => name.endsWith("minimal"));
const rendered = (
  { provider, apiVersion, deployment }: (typeof ways)[number],
  spec: Partial<ModelDeploymentSpec> = {},
): Rendered => {
  const transformer = transformerOf(provider);
  if (transformer === undefined) throw new Error(provider);
  return transformer.render({ ...deployment, spec: { ...deployment.spec, ...spec } }, { apiVersion });
};

/** Every value under a key, wherever it stands. */
function valuesOf(key: string, value: JsonValue | undefined): JsonValue[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesOf(key, item));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    name === key ? [child, ...valuesOf(key, child)] : valuesOf(key, child),
  );
}
const all = (key: string, { resources }: Rendered): JsonValue[] =>
  resources.flatMap((resource) => valuesOf(key, asJson(resource)));

const observedAs = ({ apiVersion, kind, metadata }: KubeObject, object?: KubeObject): ObservedResource => ({
  apiVersion,
  kind,
  name: metadata.name ?? "",
  ...(object === undefined ? {} : { object }),
});

/** As soon as this is said, there is something that answers. */
const servingStatuses: Readonly<Record<string, JsonObject>> = {
  vllm: {},
  llmd: {},
  dynamo: { state: "successful", services: { Frontend: { replicas: 1 }, VllmWorker: { replicas: 1 } } },
  kuberay: {
    activeServiceStatus: { rayClusterName: "c", applicationStatuses: { llm: { status: "RUNNING" } } },
  },
  kaito: { state: "Ready" },
};

const gpu = (count: number, type?: string): ServingResources => ({
  gpu: { count, ...(type === undefined ? {} : { type }) },
});

function plan(given: {
  readonly deployment?: ModelDeployment;
  readonly desired?: readonly KubeObject[];
  readonly existing?: readonly KubeObject[];
  readonly owned?: readonly KubeObject[];
}): Plan {
  const { deployment = aModelDeployment(), desired = [], existing = [], owned = existing } = given;
  return decide({
    deployment,
    now,
    desired,
    live: new Map(existing.map((object) => [resourceKey(object), object])),
    owned,
    immutable: () => [],
    isSettled: () => false,
  });
}
const steps = ({ actions }: Plan): string[] =>
  actions.map((action) => ("object" in action ? `${action.type} ${action.object.kind}` : action.type));

let server: InProcessServer;
beforeAll(async () => {
  server = await openInProcessServer();
});
afterAll(async () => {
  await server.close();
});
const stored = async (name: string): Promise<ModelDeployment> =>
  (await server.admin.get(modelDeployments, { namespace: "default", name })) as unknown as ModelDeployment;

describe("writing a deployment", () => {
  test("1: a field that has no effect is named in the answer", async () => {
    const { warnings, errors } = await admitted(
      written({
        engine: { type: "vllm" },
        provider: { name: "kaito" },
        serving: { resources: gpu(1) },
        workload: { env: [{ name: "A", value: "1" }] },
      }),
    );
    expect(errors).toEqual([]);
    expect(warnings.join("\n")).toContain("spec.workload.env");
  });

  test("4: an explicit false and an explicit zero survive a client that writes the whole object back", async () => {
    const serving = { replicas: 0 };
    await server.create(submitted("zero", { engine: { enablePrefixCaching: false }, serving }));
    const read = await stored("zero");
    await server.admin.update(modelDeployments, read as unknown as KubeObject);
    const { spec } = await stored("zero");
    expect([spec.serving?.replicas, spec.engine?.enablePrefixCaching]).toEqual([0, false]);
  });

  test("5: a restored backup keeps its provider and engine, although its status is lost", async () => {
    const spec = { engine: { type: "vllm" as const }, serving: { resources: gpu(1) } };
    const before = await admitted(written(spec), { listProviders: () => [aProvider("vllm")] });
    const restored = { ...before.object };
    delete restored.status;
    const { object } = await admitted(restored, {
      listProviders: () => [aProvider("dynamo"), aProvider("vllm")],
    });
    expect([object.spec.provider?.name, object.spec.engine?.type]).toEqual(["vllm", "vllm"]);
  });

  test("7: the engine is chosen among those the named provider has", async () => {
    const capabilities = {
      engines: [{ name: "sglang" as const, servingModes: ["aggregated" as const], gpuSupport: true }],
    };
    const { object } = await admitted(written({ provider: { name: "dynamo" } }), {
      listProviders: () => [aProvider("dynamo", { capabilities }), aProvider("vllm")],
    });
    expect(object.spec.engine?.type).toBe("sglang");
  });

  test("8: a selection rule about a field that is not set is no error, and one that is broken is shown", async () => {
    const rules = (condition: string) => ({ selectionRules: [{ condition, priority: 100 }] });
    const errors: string[] = [];
    const choose = async (condition: string): Promise<string | undefined> => {
      const { object } = await admitted(
        written({ engine: { type: "vllm" }, serving: { resources: gpu(1) } }),
        {
          listProviders: () => [aProvider("llmd"), aProvider("vllm", rules(condition))],
          onRuleErrors: (provider, found) => {
            errors.push(...found.map(({ message }) => `${provider}: ${message}`));
          },
        },
      );
      return object.spec.provider?.name;
    };
    expect(await choose("spec.networking.gateway.enabled == false")).toBe("vllm");
    expect(errors).toEqual([]);
    expect(await choose("spec.no.such == 1")).toBe("llmd");
    expect(errors).toEqual([expect.stringMatching(/^vllm: /)]);
  });

  const gateway = { networking: { gateway: { enabled: true } } };
  const runner = { engine: { type: "llamacpp", image: "runner:1" }, serving: { replicas: 1 } } as const;
  test.each<{
    says: string;
    provider: string;
    before?: Partial<ModelDeploymentSpec>;
    after: Partial<ModelDeploymentSpec>;
    told: RegExp;
  }>([
    {
      says: "nodes of KAITO",
      provider: "kaito",
      after: { serving: { replicas: 2, resources: gpu(1) } },
      told: /^Workspace "m" will be deleted and created anew, because resource\.count cannot be changed/,
    },
    {
      says: "which nodes KAITO takes",
      provider: "kaito",
      after: { workload: { nodeSelector: { pool: "b" } } },
      told: /^Workspace "m" .* because resource\.labelSelector cannot be changed in place/,
    },
    {
      says: "a preset",
      provider: "kaito",
      after: { model: { id: "org/other" } },
      told: /^Workspace "m" .* because inference\.preset cannot be changed in place/,
    },
    {
      says: "pods of a template, which KAITO does not roll",
      provider: "kaito",
      before: runner,
      after: { ...runner, workload: { env: [{ name: "A", value: "1" }] } },
      told: /^Workspace "m" .* because inference\.template cannot be changed in place/,
    },
    {
      says: "the components of a graph",
      provider: "dynamo",
      after: gateway,
      told: /^DynamoGraphDeployment "m" .* because spec\.components cannot be changed in place/,
    },
    {
      says: "the engine of a graph",
      provider: "dynamo",
      after: { engine: { type: "sglang" } },
      told: /^DynamoGraphDeployment "m" .* because spec\.backendFramework cannot be changed in place/,
    },
    {
      says: "whether a replica spans nodes",
      provider: "dynamo",
      after: { serving: { resources: { gpu: { count: 1, nodes: 2 } } } },
      told: /^DynamoGraphDeployment "m" .* because spec\.components cannot be changed in place/,
    },
    {
      says: "pods of a Ray cluster, for which another is built",
      provider: "kuberay",
      after: { engine: { type: "vllm", image: "ray:2" } },
      told: /^KubeRay will build a second cluster for RayService "m" beside the one that serves/,
    },
  ])("10: what a provider does not let change is announced: $says", async (change) => {
    const { provider, before = {}, after, told } = change;
    const base = { engine: { type: "vllm" }, provider: { name: provider }, serving: { resources: gpu(1) } };
    const options = { client: new Host().client, listProviders: () => [aProvider(provider)] };
    const old = await admitted(written({ ...base, ...before } as Partial<ModelDeploymentSpec>), options);
    const next = written({ ...base, ...after } as Partial<ModelDeploymentSpec>);
    const { errors, warnings } = await admitted(next, { ...options, old: old.object });
    expect([old.errors, errors]).toEqual([[], []]);
    expect(warnings).toContainEqual(expect.stringMatching(told));
    const reject = await admitted(
      { ...next, spec: { ...next.spec, updatePolicy: "Reject" } },
      { ...options, old: old.object },
    );
    // What only costs something is no replacement.
    const isReplacement = told.source.includes("cannot be changed");
    expect(reject.errors).toEqual(
      isReplacement ? [expect.stringMatching(/^spec\.updatePolicy: .*is Reject, but/)] : [],
    );
  });

  test("15: a name that is too long for what is made of it is refused at once", () => {
    for (const way of ways) {
      const name = "m".repeat(64);
      const deployment = { ...way.deployment, metadata: { ...way.deployment.metadata, name } };
      const paths = rendered({ ...way, deployment }).errors.map(({ path }) => path);
      expect([way.name, paths.includes("metadata.name")]).toEqual([way.name, true]);
    }
  });

  test("21: a key that is forbidden in one place is free to use in another", async () => {
    const errorsOf = async (overrides: JsonObject): Promise<readonly string[]> =>
      (
        await admitted(
          written({
            engine: { type: "vllm" },
            provider: { name: "llmd", overrides },
            serving: { resources: gpu(1) },
          }),
        )
      ).errors;
    const annotations = { resources: "a", replicas: "b" };
    expect(await errorsOf({ spec: { template: { metadata: { annotations } } } })).toEqual([]);
    expect(await errorsOf({ spec: { replicas: 3 } })).toEqual([
      expect.stringMatching(/^spec\.provider\.overrides\.spec\.replicas: .*use spec\.serving/),
    ]);
    expect(await errorsOf({ decode: { spec: { replicas: 3 } } })).toHaveLength(1);
  });
});

describe("what is rendered", () => {
  test("13: zero replicas are zero on every provider", () => {
    for (const way of ways) {
      const { resources, errors } = rendered(way, {
        serving: { ...way.deployment.spec.serving, replicas: 0 },
      });
      const serving = resources.filter(({ kind }) => transformerOf(way.provider)?.kind === kind);
      const status = transformerOf(way.provider)?.status(
        { ...way.deployment, spec: { ...way.deployment.spec, serving: { mode: "aggregated", replicas: 0 } } },
        [],
      );
      expect([way.name, errors, status?.replicas.desired]).toEqual([way.name, [], 0]);
      const counts = serving.flatMap((resource) => valuesOf("replicas", asJson(resource)));
      expect([way.name, counts.length === 0 || counts.includes(0)]).toEqual([way.name, true]);
    }
  });

  test("14: the endpoint is one that is there, on a cluster without a gateway, too", () => {
    for (const way of ways) {
      const { resources } = rendered(way);
      const transformer = transformerOf(way.provider) as Transformer;
      const carrier = resources.find(({ kind }) => kind === transformer.kind) as KubeObject;
      const observe = (object: KubeObject | undefined, spec = way.deployment.spec) =>
        transformer.status({ ...way.deployment, spec }, [
          ...resources
            .filter((resource) => object !== undefined && resource.kind === "Service")
            .map((resource) => observedAs(resource, resource)),
          observedAs(carrier, object),
        ]);
      // Nobody has made anything, or the operator has only just found it.
      expect([way.name, observe(undefined).endpoint]).toEqual([way.name, undefined]);
      const isOurService = resources.some((resource) => resource.kind === "Service");
      expect([way.name, observe(carrier).endpoint === undefined]).toEqual([way.name, !isOurService]);
      const served = observe({ ...carrier, status: servingStatuses[way.provider] });
      expect([way.name, served.endpoint?.service]).toEqual([way.name, expect.stringMatching(/./)]);
      if (way.provider !== "dynamo") continue;
      const types = [...valuesOf("componentType", asJson(carrier)), ...valuesOf("type", asJson(carrier))];
      expect([way.name, types.includes("frontend")]).toEqual([way.name, true]);
      const behind = { ...way.deployment.spec, networking: { gateway: { enabled: true } } };
      const picker = { services: { Epp: { replicas: 1 }, VllmWorker: { replicas: 1 } } };
      const graph = { ...carrier, status: { state: "successful", ...picker } };
      expect([way.name, observe(graph, behind).endpoint]).toEqual([way.name, undefined]);
    }
  });

  test("16: a managed volume is created where it is mounted, and reported where it is not", () => {
    const model = { id: "org/m", volumes: [{ name: "v", size: "1Gi", mountPath: "/v" }] };
    for (const way of ways) {
      const { resources, unsupported } = rendered(way, { model });
      const isCreated = resources.some(({ kind }) => kind === "PersistentVolumeClaim");
      const isReported = unsupported.some(({ path }) => path === "spec.model.volumes");
      expect([way.name, isCreated !== isReported]).toEqual([way.name, true]);
    }
  });

  test("18: accelerators of another make are asked for, or refused, never taken for NVIDIA's", () => {
    for (const way of ways) {
      const serving = { ...way.deployment.spec.serving, resources: gpu(2, "amd.com/gpu") };
      const outcome = rendered(way, { serving });
      const isRefused = outcome.errors.some(({ path }) => path.endsWith("gpu.type"));
      const isAsked = JSON.stringify(outcome.resources).includes("amd.com/gpu");
      expect([way.name, isRefused || isAsked]).toEqual([way.name, true]);
    }
  });

  test("19: memory is limit and request, CPU a request only, whoever renders the pods", () => {
    const asked = { cpu: "4", memory: "16Gi" };
    for (const way of ways) {
      const resources = { ...way.deployment.spec.serving?.resources, ...asked };
      const outcome = rendered(way, { serving: { resources } });
      const amounts = all("resources", outcome).find((value) => JSON.stringify(value).includes("16Gi"));
      if (amounts === undefined) {
        // KAITO makes the pods of a preset, and says so.
        const paths = outcome.unsupported.map(({ path }) => path);
        expect([way.name, paths]).toEqual([
          expect.stringContaining("preset"),
          expect.arrayContaining(["spec.serving.resources.cpu", "spec.serving.resources.memory"]),
        ]);
        continue;
      }
      const { limits, requests } = amounts as { limits: JsonObject; requests: JsonObject };
      expect([way.name, limits["memory"], limits["cpu"], requests["memory"], requests["cpu"]]).toEqual([
        way.name,
        "16Gi",
        undefined,
        "16Gi",
        "4",
      ]);
    }
  });

  test("22: the same spec gives the same pods tomorrow: no image of ours has a tag that moves", () => {
    for (const way of ways) {
      for (const image of all("image", rendered(way))) {
        if (typeof image !== "string" || image === way.deployment.spec.engine?.image) continue;
        expect([way.name, image]).toEqual([way.name, expect.stringMatching(/:v?\d+\.\d+/)]);
      }
    }
  });

  test("23: a download tolerates what it is told, goes when its time is up, and is tried anew then", () => {
    const way = ways.find(({ provider }) => provider === "vllm") as (typeof ways)[number];
    const download = {
      ttlSecondsAfterFinished: 600,
      tolerations: [{ key: "spot" }],
      nodeSelector: { pool: "cpu" },
    };
    const volumes = [{ name: "w", size: "1Gi", purpose: "modelCache" as const }];
    const { resources } = rendered(way, { model: { id: "org/m", volumes, download } });
    const job = resources.find(({ kind }) => kind === "Job") as KubeObject;
    expect(job).toMatchObject({
      spec: {
        ttlSecondsAfterFinished: 600,
        template: { spec: { tolerations: [{ key: "spot" }], nodeSelector: { pool: "cpu" } } },
      },
    });
    const owned = asOwned(job, aModelDeployment());
    const failed = { ...applied(owned), status: { conditions: [{ type: "Failed", status: "True" }] } };
    expect(steps(plan({ desired: [owned], existing: [failed] }))).toEqual([]);
    expect(steps(plan({ desired: [owned], existing: [] }))).toEqual(["apply Job"]);
  });
});

describe("what becomes of it", () => {
  const deployment = aModelDeployment();
  const resource = (kind: string, metadata: KubeObject["metadata"] = {}): KubeObject => ({
    apiVersion: "example.com/v1",
    kind,
    metadata: { name: "m", namespace: "default", ...metadata },
    spec: { a: 1 },
  });

  test("2: the status says one thing: a pass over what it has written changes nothing", async () => {
    await server.create(submitted("calm", { serving: { replicas: 0 } }));
    const reconciler = startReconciler({
      client: server.client,
      clock: server.clock,
      random: () => 0.5,
      metrics: unreadMetrics(),
      transformers,
      renderDeployment,
      onError: (what, error) => {
        throw new Error(what, { cause: error });
      },
    });
    await reconciler.synced;
    await eventually("a status", async () => (await stored("calm")).status?.phase !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { resourceVersion } = (await stored("calm")).metadata;
    for (let i = 0; i < 5; i += 1) reconciler.requestNow("default", "calm");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await reconciler.stop();
    expect((await stored("calm")).metadata.resourceVersion).toBe(resourceVersion);
  });

  test("3: two that write conditions at once do not lose each other's: the second is told of the conflict", async () => {
    await server.create(submitted("twice"));
    const read = (await stored("twice")) as unknown as KubeObject;
    const condition = (type: string): KubeObject => ({
      ...read,
      status: {
        conditions: [
          { type, status: "True", reason: "R", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
        ],
      },
    });
    await server.admin.update(modelDeployments, condition("A"), { subresource: "status" });
    await expect(
      server.admin.update(modelDeployments, condition("B"), { subresource: "status" }),
    ).rejects.toMatchObject({ code: 409 });
  });

  test("6: another provider takes over, and the resources of the old one go", () => {
    const next = aModelDeployment({}, { provider: { name: "q" } });
    const desired = [asOwned(resource("Gadget"), next, servesOf(next))];
    const old = applied(asOwned(resource("Widget"), deployment, servesOf(deployment)));
    expect(steps(plan({ deployment: next, desired, existing: [old] }))).toEqual([
      "check Gadget",
      "delete Widget",
    ]);
  });

  test("9: a provider whose sign of life is old is not chosen any more", async () => {
    const stale = aProvider("llmd");
    stale.status = { ready: true, lastHeartbeat: "2025-12-31T23:50:00Z" };
    const { object } = await admitted(written({ engine: { type: "vllm" }, serving: { resources: gpu(1) } }), {
      listProviders: () => [stale, aProvider("vllm")],
    });
    expect(object.spec.provider?.name).toBe("vllm");
  });

  test("11: what an operator adds to a resource stays, and nothing is written because of it", () => {
    const desired = asOwned(resource("Widget"), deployment);
    const live = applied(desired);
    const added: KubeObject = {
      ...live,
      metadata: {
        ...live.metadata,
        finalizers: ["operator/cleanup"],
        annotations: { ...live.metadata.annotations, "operator/origin": "1.1" },
      },
      spec: { a: 1, numOfHosts: 1, useAsCompilationCache: false },
    };
    expect(findDrift(added, desired)).toEqual([]);
  });

  const parts = (updated: number, ready: number): JsonObject => ({
    replicas: 2,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
  });
  const rayApplication = (status: string, message = ""): JsonObject => ({
    rayClusterName: "c",
    applicationStatuses: { llm: { status, message } },
    rayClusterStatus: { readyWorkerReplicas: 2, desiredWorkerReplicas: 2 },
  });
  /** What an operator says that it has made well, and of which generation. */
  const good: Readonly<Record<string, (generation: number) => JsonObject>> = {
    vllm: (observedGeneration) => ({ observedGeneration, ...parts(2, 2) }),
    llmd: (observedGeneration) => ({ observedGeneration, ...parts(2, 2) }),
    dynamo: (observedGeneration) => ({
      state: "successful",
      observedGeneration,
      services: { Frontend: parts(2, 2), VllmWorker: parts(2, 2) },
    }),
    kuberay: (observedGeneration) => ({
      observedGeneration,
      activeServiceStatus: rayApplication("RUNNING"),
      numServeEndpoints: 2,
      conditions: [{ type: "Ready", status: "True" }],
    }),
    kaito: (observedGeneration) => ({
      state: "Ready",
      conditions: [{ type: "WorkspaceSucceeded", status: "True", observedGeneration }],
    }),
  };
  const two = { serving: { mode: "aggregated", replicas: 2, resources: gpu(1) } } as const;
  const statusOf = (
    way: (typeof ways)[number],
    status: JsonObject,
    spec: Partial<ModelDeploymentSpec> = two,
  ) => {
    const transformer = transformerOf(way.provider) as Transformer;
    const deployment = { ...way.deployment, spec: { ...way.deployment.spec, ...spec } };
    const { resources } = rendered(way, spec);
    const observed = resources
      .filter(({ kind }) => kind === transformer.kind)
      .map((resource) =>
        observedAs(resource, {
          ...resource,
          metadata: { ...resource.metadata, generation: 2 },
          status,
        }),
      );
    return transformer.status(deployment, observed);
  };

  test("12: an old readiness is not ours: nothing is Running before the newest spec has been seen", () => {
    expect(new Set(ways.map(({ provider }) => provider))).toEqual(new Set(Object.keys(good)));
    for (const way of ways) {
      const of = (generation: number) => statusOf(way, good[way.provider]?.(generation) ?? {});
      expect([way.name, of(1)]).toMatchObject([way.name, { phase: "Deploying", isStale: true }]);
      expect([way.name, of(2)]).toMatchObject([
        way.name,
        { phase: "Running", isStale: false, replicas: { desired: 2, ready: 2 } },
      ]);
    }
  });

  test("12: replicas are those that serve: neither frontends, nor pickers, nor prefill count", () => {
    const [dynamo, llmd] = ["dynamo", "llmd"].map((name) =>
      ways.find(({ provider }) => provider === name),
    ) as [(typeof ways)[number], (typeof ways)[number]];
    const services = { Frontend: parts(7, 7), Epp: parts(5, 5), VllmWorker: parts(2, 2) };
    expect(statusOf(dynamo, { state: "successful", observedGeneration: 2, services }).replicas).toEqual({
      desired: 2,
      ready: 2,
      available: 2,
    });
    const apart = {
      serving: {
        mode: "disaggregated",
        prefill: { replicas: 2, resources: gpu(1) },
        decode: { replicas: 2, resources: gpu(1) },
      },
    } as const;
    const of = (decode: number, prefill: number): unknown =>
      statusOf(
        dynamo,
        {
          state: "successful",
          observedGeneration: 2,
          services: { VllmPrefillWorker: parts(2, prefill), VllmDecodeWorker: parts(2, decode) },
        },
        apart,
      );
    expect(of(2, 2)).toMatchObject({ phase: "Running", replicas: { desired: 2, ready: 2 } });
    // A model without prefill answers nobody, however many decode.
    expect(of(2, 0)).toMatchObject({ phase: "Deploying", replicas: { desired: 2, ready: 2 } });
    expect(statusOf(llmd, { observedGeneration: 2, ...parts(2, 1) }, apart)).toMatchObject({
      phase: "Deploying",
      replicas: { desired: 2, ready: 1 },
    });
  });

  test("12: what went wrong is said in the operator's own words, where it says them", () => {
    const failed = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
    const bad: Readonly<Record<string, JsonObject>> = {
      vllm: { observedGeneration: 2, ...parts(2, 0), conditions: [{ ...failed, message: "no room" }] },
      llmd: { observedGeneration: 2, ...parts(2, 0), conditions: [{ ...failed, message: "no room" }] },
      dynamo: {
        state: "failed",
        observedGeneration: 2,
        services: {},
        conditions: [{ type: "Ready", status: "False", message: "no room" }],
      },
      // A first start shows under the pending cluster only.
      kuberay: { observedGeneration: 2, pendingServiceStatus: rayApplication("DEPLOY_FAILED", "no room") },
      kaito: {
        state: "Failed",
        conditions: [
          { type: "WorkspaceSucceeded", status: "False", message: "no room", observedGeneration: 2 },
        ],
      },
    };
    for (const way of ways) {
      const { phase, message } = statusOf(way, bad[way.provider] ?? {});
      expect([way.name, phase, message]).toEqual([way.name, "Failed", expect.stringContaining("no room")]);
    }
  });

  test("17: an object of somebody else that has the name of any resource is left alone, and named", () => {
    for (const way of ways) {
      const ours = { ...way.deployment, metadata: { ...way.deployment.metadata, uid: "ours" } };
      const desired = rendered(way).resources.map((one) => asOwned(one, ours));
      for (const taken of desired) {
        const { ownerReferences: _, labels: _labels, ...metadata } = taken.metadata;
        const theirs: KubeObject = { ...taken, metadata: { ...metadata, uid: "theirs" } };
        const { actions, foreign } = plan({ deployment: ours, desired, existing: [theirs], owned: [] });
        expect([way.name, taken.kind, actions, foreign]).toEqual([way.name, taken.kind, [], [theirs]]);
      }
    }
  });

  test("17: a name that somebody else's object has is refused before anything is stored", async () => {
    for (const provider of ["vllm", "llmd", "kaito", "dynamo", "kuberay"]) {
      const { kind = "", resource: plural = "deployments" } = transformerOf(provider) ?? {};
      const stored = { [`${plural}/m`]: { uid: "theirs", resourceVersion: "5" } };
      const { errors } = await admitted(
        written({ engine: { type: "vllm" }, provider: { name: provider }, serving: { resources: gpu(1) } }),
        { client: new Host({ stored }).client, listProviders: () => [aProvider(provider)] },
      );
      expect([provider, errors]).toEqual([provider, [expect.stringContaining(`${kind} "m"`)]]);
    }
  });

  test("20: a paused deployment can be deleted, and one whose resources never go is let go", () => {
    const ours = [applied(asOwned(resource("Widget"), deployment))];
    const deletedAt = (age: number): string =>
      new Date(now.getTime() - age).toISOString().replace(".000Z", "Z");
    const paused = (age: number): ModelDeployment =>
      aModelDeployment({ deletionTimestamp: deletedAt(age) }, { paused: true });
    expect(steps(plan({ deployment: paused(0), existing: ours }))).toEqual(["delete Widget"]);
    const late = plan({ deployment: paused(cleanupLimitMs), existing: ours });
    expect([steps(late), late.abandoned]).toEqual([["removeFinalizer"], ours]);
  });
});

test("8: and is shown on the InferenceProvider", async () => {
  const reporter = startProviderReporter({
    client: server.admin,
    clock: server.clock,
    random: () => 0.5,
    transformers: transformers.filter(({ name }) => name === "vllm"),
    hasOperators: true,
    onError: () => undefined,
  });
  await reporter.synced;
  const found = reporter.list().find(({ metadata }) => metadata.name === "vllm");
  const resource = await server.admin.resolve("hawsepipe.dev/v1alpha1", "InferenceProvider");
  if (resource === undefined || found === undefined) throw new Error("no InferenceProvider");
  const selectionRules = [{ condition: "spec.no.such == 1", priority: 1 }];
  await server.admin.mergePatch(resource, { name: "vllm" }, { spec: { selectionRules } });
  await eventually("the broken rule", async () => {
    const { status } = (await server.admin.get(resource, { name: "vllm" })) as unknown as JsonObject & {
      status?: JsonValue;
    };
    return (
      getPath(status, "selectionRuleErrors", "0") !== undefined || JSON.stringify(status).includes("no.such")
    );
  });
  await reporter.stop();
});

test("every one of the twenty-three has its test", () => {
  const text = readFileSync(import.meta.filename, "utf8");
  const numbers = [...text.matchAll(/[( ]"(\d+): /g)].map(([, number]) => Number(number));
  expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
});
