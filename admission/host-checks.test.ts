import { describe, expect, test } from "vitest";
import { forbidden, invalid, badRequest, serviceUnavailable, untyped } from "../api/errors/catalogue.ts";
import type { KubeObject, ObjectMeta } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import type { ModelDeployment, ModelDeploymentSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { getPath } from "../machinery/json/value.ts";
import type { Admitted, RigOptions } from "./testing/admission-rig.ts";
import { admitted, aProvider, written } from "./testing/admission-rig.ts";
import type { HostOptions } from "./testing/host.ts";
import { Host } from "./testing/host.ts";

const base: Partial<ModelDeploymentSpec> = {
  engine: { type: "vllm" },
  provider: { name: "vllm" },
  serving: { resources: { gpu: { count: 1 } } },
};

async function on(
  host: HostOptions,
  spec: Partial<ModelDeploymentSpec> = {},
  options: RigOptions = {},
): Promise<Admitted & { host: Host }> {
  const theHost = new Host(host);
  const result = await admitted(written({ ...base, ...spec }), { client: theHost.client, ...options });
  return { ...result, host: theHost };
}

describe("references", () => {
  const pod = {
    imagePullSecrets: [{ name: "pull" }],
    volumes: [
      { name: "a", secret: { secretName: "mounted" } },
      { name: "b", configMap: { name: "files", optional: true } },
      { name: "c", projected: { sources: [{ configMap: { name: "projected" } }] } },
      { name: "d", persistentVolumeClaim: { claimName: "disk" } },
    ],
    containers: [{ name: "engine", envFrom: [{ secretRef: { name: "bulk" } }] }],
  };
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    {
      says: "the token",
      spec: { model: { id: "m", tokenSecretRef: { name: "hf" } } },
      want: ['spec.model.tokenSecretRef.name: Not found: "hf"'],
    },
    {
      says: "environment variables, unless they are optional",
      spec: {
        workload: {
          env: [
            { name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
            { name: "B", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } },
            { name: "C", valueFrom: { secretKeyRef: { name: "x", key: "k", optional: true } } },
          ],
        },
      },
      want: [
        'spec.workload.env[0].valueFrom.secretKeyRef.name: Not found: "s"',
        'spec.workload.env[1].valueFrom.configMapKeyRef.name: Not found: "c"',
      ],
    },
    {
      says: "claims that are not created",
      spec: {
        model: {
          id: "m",
          volumes: [
            { name: "a", claimName: "old", mountPath: "/a" },
            { name: "b", size: "1Gi", mountPath: "/b" },
          ],
        },
      },
      want: ['spec.model.volumes[0].claimName: Not found: "old"'],
    },
    {
      says: "everything in the pod template",
      spec: { workload: { podTemplate: { spec: pod } } },
      want: [
        'spec.workload.podTemplate.spec.containers[0].envFrom[0].secretRef.name: Not found: "bulk"',
        'spec.workload.podTemplate.spec.volumes[0].secret.secretName: Not found: "mounted"',
        'spec.workload.podTemplate.spec.volumes[2].projected.sources[0].configMap.name: Not found: "projected"',
        'spec.workload.podTemplate.spec.volumes[3].persistentVolumeClaim.claimName: Not found: "disk"',
        'spec.workload.podTemplate.spec.imagePullSecrets[0].name: Not found: "pull"',
      ],
    },
    {
      says: "what overrides name",
      spec: {
        provider: {
          name: "vllm",
          overrides: { spec: { template: { spec: { imagePullSecrets: [{ name: "pull" }] } } } },
        },
      },
      want: ['spec.provider.overrides.spec.template.spec.imagePullSecrets[0].name: Not found: "pull"'],
    },
    {
      says: "what overrides name inside lists of another provider's resource",
      spec: {
        provider: {
          name: "vllm",
          overrides: {
            spec: {
              rayClusterConfig: {
                workerGroupSpecs: [
                  { groupName: "a" },
                  { template: { spec: { volumes: [{ name: "v", configMap: { name: "gone" } }] } } },
                ],
              },
            },
          },
        },
      },
      want: [
        'spec.provider.overrides.spec.rayClusterConfig.workerGroupSpecs[1].template.spec.volumes[0].configMap.name: Not found: "gone"',
      ],
    },
  ])("$says must exist", async ({ spec, want }) => {
    expect((await on({}, spec)).errors).toEqual(want);
  });

  test("that exist are looked up once each and pass", async () => {
    const env = ["A", "B"].map((name) => ({
      name,
      valueFrom: { secretKeyRef: { name: "s", key: name } },
    }));
    const { errors, host } = await on({ has: ["secrets/s"] }, { workload: { env } });
    expect([errors, host.lookups]).toEqual([[], ["secrets/s"]]);
  });

  test("may be missing where the provider's policy says Warn, by kind", async () => {
    const provider = aProvider("vllm", { policy: { references: { secrets: "Warn" } } });
    const { errors, warnings } = await on(
      {},
      {
        model: { id: "m", tokenSecretRef: { name: "hf" } },
        workload: { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } }] },
      },
      { listProviders: () => [provider] },
    );
    expect(errors).toEqual(['spec.workload.env[0].valueFrom.configMapKeyRef.name: Not found: "c"']);
    expect(warnings).toContain('spec.model.tokenSecretRef.name: "hf" does not exist yet');
  });

  test.each<{ says: string; token: string; subresource?: string; want: string[] }>([
    { says: "gone since are not asked for again", token: "hf", want: [] },
    { says: "gone since do not keep /scale from scaling", token: "hf", subresource: "scale", want: [] },
    {
      says: "that are new are",
      token: "other",
      want: ['spec.model.tokenSecretRef.name: Not found: "other"'],
    },
  ])("that are stored and $says", async ({ token, subresource, want }) => {
    const { object: old } = await admitted(
      written({ ...base, model: { id: "m", tokenSecretRef: { name: "hf" } } }),
    );
    const next = structuredClone(old);
    next.spec.model.tokenSecretRef = { name: token };
    next.spec.serving = { ...next.spec.serving, replicas: 2 };
    const host = new Host();
    const options = { old, client: host.client, ...(subresource === undefined ? {} : { subresource }) };
    const { errors } = await admitted(next, options);
    expect([errors, host.lookups]).toEqual([want, want.length === 0 ? [] : [`secrets/${token}`]]);
  });

  test("that cannot be looked up fail the request", async () => {
    const lookup = (): never => {
      throw serviceUnavailable("the host is away");
    };
    const spec = { model: { id: "m", tokenSecretRef: { name: "hf" } } };
    await expect(on({ lookup }, spec)).rejects.toMatchObject({ code: 503 });
  });

  test("that Hawsepipe itself may not look up are not the client's fault", async () => {
    const lookup = (): never => {
      throw forbidden({ group: "", resource: "secrets" }, "hf", "no");
    };
    const spec = { model: { id: "m", tokenSecretRef: { name: "hf" } } };
    await expect(on({ lookup }, spec)).rejects.toMatchObject({ code: 500, reason: "InternalError" });
  });
});

describe("the dry run", () => {
  test("asks for every resource, forced, strictly and without effect", async () => {
    const { host, errors } = await on({});
    expect(errors).toEqual([]);
    expect(host.applied.map(({ object }) => object.kind).sort()).toEqual(["Deployment", "Service"]);
    for (const { options } of host.applied) {
      expect(options).toMatchObject({
        dryRun: true,
        force: true,
        fieldManager: "hawsepipe",
        fieldValidation: "Strict",
      });
    }
  });

  const refuses =
    (kind: string, ...errors: FieldError[]) =>
    (object: { kind: string }): readonly string[] => {
      if (object.kind !== kind) return [];
      throw invalid({ group: "apps", kind }, "m", errors);
    };
  const error = (path: string): FieldError => ({
    type: "FieldValueInvalid",
    path,
    detail: "Invalid value: no",
  });

  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; field: string; want: string }>([
    {
      says: "a field of overrides",
      spec: { provider: { name: "vllm", overrides: { spec: { minReadySeconds: -1 } } } },
      field: "spec.minReadySeconds",
      want: "spec.provider.overrides.spec.minReadySeconds: Invalid value: no",
    },
    {
      says: "a field of the pod template",
      spec: { workload: { podTemplate: { spec: { dnsPolicy: "x" } } } },
      field: "spec.template.spec.dnsPolicy",
      want: "spec.workload.podTemplate.spec.dnsPolicy: Invalid value: no",
    },
    {
      says: "anything else, as the provider says it",
      spec: {},
      field: "spec.template.spec.containers[0].image",
      want: 'spec.provider: Deployment "m" is refused: spec.template.spec.containers[0].image: Invalid value: no',
    },
  ])("names $says", async ({ spec, field, want }) => {
    expect((await on({ judge: refuses("Deployment", error(field)) }, spec)).errors).toEqual([want]);
  });

  test.each<{ says: string; message: string }>([
    { says: "strict validation", message: 'strict decoding error: unknown field "spec.typo"' },
    {
      says: "apply",
      message: "failed to create typed patch object: .spec.typo: field not declared in schema",
    },
  ])("finds unknown fields in the words of $says", async ({ message }) => {
    const judge = (object: { kind: string }): readonly string[] => {
      if (object.kind === "Deployment") throw badRequest(message);
      return [];
    };
    const { errors } = await on({ judge }, { provider: { name: "vllm", overrides: { spec: { typo: 1 } } } });
    expect(errors).toEqual(["spec.provider.overrides.spec.typo: Invalid value: unknown field"]);
  });

  const container = { name: "engine", resizePolicy: "never" };
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; problem: string; want: string[] }>([
    {
      says: "an unknown field of the pod template",
      spec: { workload: { podTemplate: { spec: { bogus: 1 } } } },
      problem: ".spec.template.spec.bogus: field not declared in schema",
      want: ["spec.workload.podTemplate.spec.bogus: Invalid value: unknown field"],
    },
    {
      says: "a wrong type in the pod template",
      spec: { workload: { podTemplate: { spec: { volumes: { a: 1 } } } } },
      problem: ".spec.template.spec.volumes: expected list, got &{map[a:1]}",
      want: ["spec.workload.podTemplate.spec.volumes: Invalid value: expected list"],
    },
    {
      says: "an item of a list by where the user wrote it",
      spec: { workload: { podTemplate: { spec: { containers: [{ name: "side" }, container] } } } },
      problem: '.spec.template.spec.containers[name="engine"].resizePolicy: expected list, got &{never}',
      want: ["spec.workload.podTemplate.spec.containers[1].resizePolicy: Invalid value: expected list"],
    },
    {
      says: "several problems, each with its path",
      spec: {
        provider: { name: "vllm", overrides: { spec: { typo: 1, minReadySeconds: "x" } } },
      },
      problem:
        "errors:\n  .spec.minReadySeconds: expected numeric (int or float), got string\n  .spec.typo: field not declared in schema",
      want: [
        "spec.provider.overrides.spec.minReadySeconds: Invalid value: expected numeric (int or float)",
        "spec.provider.overrides.spec.typo: Invalid value: unknown field",
      ],
    },
    {
      says: "what nobody wrote by the provider's path",
      spec: {},
      problem: ".spec.paused: field not declared in schema",
      want: ['spec.provider: Deployment "m" is refused: spec.paused: Invalid value: unknown field'],
    },
  ])(
    "a failure of apply to type the object is a refusal that names $says",
    async ({ spec, problem, want }) => {
      const judge = (object: { kind: string }): readonly string[] => {
        if (object.kind !== "Deployment") return [];
        throw untyped(`failed to create typed patch object (team-a/m; apps/v1, Kind=Deployment): ${problem}`);
      };
      expect((await on({ judge }, spec)).errors).toEqual(want);
    },
  );

  test("any other failure of the host is none of the user's", async () => {
    const judge = (): never => {
      throw untyped("etcdserver: leader changed");
    };
    await expect(on({ judge })).rejects.toMatchObject({
      code: 503,
      message: "the cluster could not answer the dry run: etcdserver: leader changed",
    });
  });

  test("passes on what quota and webhooks say", async () => {
    const judge = (): never => {
      throw forbidden({ group: "", resource: "services" }, "m", "exceeded quota: services");
    };
    const { errors } = await on({ judge });
    expect(errors[0]).toContain("exceeded quota: services");
  });

  describe("a quota that is used up", () => {
    const two = { serving: { replicas: 2, resources: { gpu: { count: 1 } } } };
    const full = (kind: string, plural: string, group: string) => (object: KubeObject) => {
      if (object.kind !== kind || object.metadata.name === "m") return [];
      const name = `count/${plural}.${group}`;
      const why = `exceeded quota: models, requested: ${name}=1, used: ${name}=2, limited: ${name}=2`;
      throw forbidden({ group, resource: plural }, "m", why);
    };
    const kaito = { provider: { name: "kaito" } };
    test("lets a model be replaced that counts in it, and says so", async () => {
      const { object: old } = await admitted(written({ ...base, ...kaito }));
      const judge = full("Workspace", "workspaces", "kaito.sh");
      const { errors, warnings } = await on({ judge }, { ...kaito, ...two }, { old });
      expect(errors).toEqual([]);
      expect(warnings).toContainEqual(
        expect.stringMatching(
          /^Workspace "m" is created when what it replaces no longer counts in the quota: .*exceeded quota: models/,
        ),
      );
    });

    test("lets in nothing that replaces nothing", async () => {
      const judge = ({ kind }: KubeObject): readonly string[] => {
        if (kind !== "Workspace") return [];
        return full("Workspace", "workspaces", "kaito.sh")({ ...named, kind });
      };
      const named = { apiVersion: "kaito.sh/v1beta1", kind: "Workspace", metadata: { name: "new" } };
      expect((await on({ judge }, kaito)).errors).toEqual([
        expect.stringContaining("exceeded quota: models"),
      ]);
      const { object: old } = await admitted(written(base));
      expect((await on({ judge }, kaito, { old })).errors).toEqual([
        expect.stringContaining("exceeded quota: models"),
      ]);
    });
  });

  test("passes warnings on", async () => {
    const { warnings } = await on({ judge: ({ kind }) => (kind === "Service" ? ["deprecated"] : []) });
    expect(warnings).toEqual(["deprecated"]);
  });

  test("fails when the host cannot be asked", async () => {
    const judge = (): never => {
      throw serviceUnavailable("the host is away");
    };
    await expect(on({ judge })).rejects.toMatchObject({ code: 503 });
  });

  test.each<{ policy: "Enforce" | "Warn"; errors: number; warnings: number; what: "lacks" | "removed" }>([
    { policy: "Enforce", errors: 1, warnings: 0, what: "lacks" },
    { policy: "Warn", errors: 0, warnings: 1, what: "lacks" },
    { policy: "Enforce", errors: 1, warnings: 0, what: "removed" },
    { policy: "Warn", errors: 0, warnings: 1, what: "removed" },
  ])("with a kind the host $what: $policy", async ({ policy, errors, warnings, what }) => {
    const spec = { provider: { name: "kaito" } };
    const listProviders = () => [aProvider("kaito", { policy: { missingCRD: policy } })];
    const result = await on({ [what]: ["Workspace"] }, spec, { listProviders });
    expect([result.errors.length, result.warnings.length]).toEqual([errors, warnings]);
    expect([...result.errors, ...result.warnings][0]).toContain("does not serve");
  });

  test("does not mind what is only created together with the resource", async () => {
    const judge = (object: KubeObject): readonly string[] => {
      if (object.kind !== "Workspace") return [];
      const config = getPath(asJson(object), "inference", "config") as string;
      throw invalid({ group: "kaito.sh", kind: "Workspace" }, "m", [
        {
          type: "FieldValueInvalid",
          path: "inference.config",
          detail: `ConfigMap '${config}' not found`,
        },
      ]);
    };
    const spec = { provider: { name: "kaito" }, engine: { type: "vllm" as const, contextLength: 4096 } };
    const { errors, warnings } = await on({ judge }, spec);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("could not be checked completely")]);
  });

  const kaito: Partial<ModelDeploymentSpec> = { provider: { name: "kaito" } };
  const anew = "will be deleted and created anew, because it would serve something else";
  test.each<{
    says: string;
    before?: Partial<ModelDeploymentSpec>;
    after: Partial<ModelDeploymentSpec>;
    want: string[];
  }>([
    {
      says: "another provider",
      after: kaito,
      want: ['Deployment "m" and Service "m" will be deleted'],
    },
    {
      says: "zero replicas where nothing is rendered for them",
      before: kaito,
      after: { ...kaito, serving: { replicas: 0, resources: { gpu: { count: 1 } } } },
      want: ['Workspace "m" will be deleted'],
    },
    { says: "another model", after: { model: { id: "org/other" } }, want: [`Deployment "m" ${anew}`] },
    {
      says: "not a ConfigMap whose place another takes",
      before: { ...kaito, engine: { type: "vllm", contextLength: 4096 } },
      after: { ...kaito, engine: { type: "vllm", contextLength: 8192 } },
      want: [],
    },
    {
      says: "a ConfigMap that nothing takes the place of",
      before: { ...kaito, engine: { type: "vllm", contextLength: 4096 } },
      after: { ...kaito, engine: { type: "vllm" } },
      want: [expect.stringMatching(/^ConfigMap "m-inference-config-[0-9a-f]{8}" will be deleted$/) as string],
    },
    { says: "what is only updated", after: { workload: { env: [{ name: "A", value: "1" }] } }, want: [] },
  ])("warns what will be deleted: $says", async ({ before = {}, after, want }) => {
    const { object: old } = await admitted(written({ ...base, ...before }));
    const { warnings, errors } = await on({}, after, { old });
    expect(errors).toEqual([]);
    expect(warnings.filter((text) => text.includes("deleted"))).toEqual(want);
  });

  test("asks under another name for what must be recreated, and says so", async () => {
    const spec = { ...base, provider: { name: "kaito" } };
    const { object: old } = await admitted(written(spec));
    const next = { ...spec, model: { id: "other/model" } };
    const { host, warnings, errors } = await on({}, next, { old });
    expect(errors).toEqual([]);
    expect(host.applied.map(({ object }) => object.metadata.name)).not.toContain("m");
    expect(warnings).toEqual([expect.stringContaining("inference.preset cannot be changed in place")]);
  });
});

describe("an update in place", () => {
  const listProviders = (): InferenceProvider[] => [aProvider("kuberay"), aProvider("dynamo")];
  const ray: Partial<ModelDeploymentSpec> = { provider: { name: "kuberay" } };
  const admit = async (spec: Partial<ModelDeploymentSpec>, options: RigOptions = {}): Promise<Admitted> =>
    on({}, spec, { listProviders, ...options });

  test("is warned of when it costs more than was asked for", async () => {
    const { object: old } = await admit(ray);
    const change = { ...ray, engine: { type: "vllm", image: "ray:2" } } as const;
    expect((await admit(change, { old })).warnings).toEqual([
      expect.stringContaining('second cluster for RayService "m"'),
    ]);
    expect((await admit({ ...ray, engine: { type: "vllm", contextLength: 8 } }, { old })).warnings).toEqual(
      [],
    );
  });

  test("that would change the set of components is none", async () => {
    const graph: Partial<ModelDeploymentSpec> = { provider: { name: "dynamo" } };
    const { object: old } = await admit(graph);
    const { warnings, errors } = await admit(
      { ...graph, networking: { gateway: { enabled: true } } },
      { old },
    );
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      expect.stringContaining(
        'DynamoGraphDeployment "m" will be deleted and created anew, because spec.components cannot be changed in place',
      ),
    ]);
  });

  test.each([
    {
      provider: "kuberay",
      field: "spec.rayClusterConfig.workerGroupSpecs[0].template.spec.containers[1].bogus",
    },
    { provider: "dynamo", field: "spec.components[1].podTemplate.spec.containers[1].bogus" },
  ])("refused for $provider names the field of the pod template", async ({ provider, field }) => {
    const judge = ({ kind }: { kind: string }): readonly string[] => {
      throw invalid({ group: "", kind }, "m", [{ type: "FieldValueInvalid", path: field, detail: "no" }]);
    };
    const containers = [{ name: "side", image: "i", bogus: 1 }];
    const spec = { provider: { name: provider }, workload: { podTemplate: { spec: { containers } } } };
    const { errors } = await on({ judge }, spec, { listProviders });
    expect(errors).toEqual(["spec.workload.podTemplate.spec.containers[0].bogus: no"]);
  });
});

describe("updatePolicy Reject", () => {
  const reject = { updatePolicy: "Reject" } as const;
  const kaito: Partial<ModelDeploymentSpec> = { provider: { name: "kaito" } };
  test.each<{
    says: string;
    before?: Partial<ModelDeploymentSpec>;
    after: Partial<ModelDeploymentSpec>;
    want: RegExp | undefined;
  }>([
    {
      says: "another model",
      after: { model: { id: "org/other" } },
      want: /Deployment "m" will be deleted and/,
    },
    { says: "another provider", after: kaito, want: /what provider vllm serves will be deleted/ },
    {
      says: "a field the provider cannot change",
      before: kaito,
      after: { ...kaito, serving: { replicas: 3, resources: { gpu: { count: 1 } } } },
      want: /Workspace "m" will be deleted and created anew, because resource.count cannot be changed in place/,
    },
    {
      says: "zero replicas where nothing is rendered for them",
      before: kaito,
      after: { ...kaito, serving: { replicas: 0, resources: { gpu: { count: 1 } } } },
      want: undefined,
    },
    {
      says: "what is only updated",
      after: { workload: { env: [{ name: "A", value: "1" }] } },
      want: undefined,
    },
  ])("$says", async ({ before = {}, after, want }) => {
    const { object: old } = await admitted(written({ ...base, ...before }));
    const { errors } = await on({}, { ...after, ...reject }, { old });
    expect(errors).toEqual(
      want === undefined ? [] : [expect.stringMatching(new RegExp(`^spec.updatePolicy: .*${want.source}`))],
    );
    expect((await on({}, after, { old })).errors).toEqual([]);
  });
});

describe("a name that is taken", () => {
  const controller = (uid: string, name = "m", kind = "ModelDeployment"): ObjectMeta => ({
    ownerReferences: [
      {
        apiVersion: kind === "ModelDeployment" ? "hawsepipe.dev/v1alpha2" : "apps/v1",
        kind,
        name,
        uid,
        controller: true,
      },
    ],
  });
  const ours = { "hawsepipe.dev/managed-by": "hawsepipe", "hawsepipe.dev/model-deployment": "m" };
  const refused =
    'metadata.name: Invalid value: "m": Deployment "m" exists already and belongs to somebody else; existing resources are not adopted, so delete or rename one of them';
  const waits = 'Deployment "m" is still being deleted; nothing is created before it is gone';
  const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };

  test.each<{ says: string; live: ObjectMeta; uid?: string; errors?: string[]; warnings?: string[] }>([
    { says: "by an object without owner", live: {}, errors: [refused] },
    { says: "by an object of another controller", live: controller("u9", "m", "Other"), errors: [refused] },
    { says: "by another deployment", live: controller("u9", "n"), errors: [refused] },
    {
      says: "by one that only has labels of another deployment",
      live: { labels: { ...ours, "hawsepipe.dev/model-deployment": "n" } },
      errors: [refused],
    },
    {
      says: "by another controller, whatever the labels say",
      live: { ...controller("u9", "m", "Other"), labels: ours },
      errors: [refused],
    },
    { says: "by what an orphaning deletion left", live: { labels: ours } },
    { says: "by its own", live: controller("u1"), uid: "u1" },
    { says: "by one of an earlier deployment", live: controller("u0"), uid: "u1", warnings: [waits] },
    { says: "by one that is being deleted", live: deleted, warnings: [waits] },
  ])("$says", async ({ live, uid, errors = [], warnings = [] }) => {
    const host = new Host({ stored: { "deployments/m": live } });
    const object = written(base);
    if (uid !== undefined) object.metadata.uid = uid;
    const result = await admitted(object, { client: host.client });
    expect([result.errors, result.warnings]).toEqual([errors, warnings]);
  });

  test("counts for more than what the host says about the change", async () => {
    const judge = ({ kind }: { kind: string }): readonly string[] => {
      if (kind !== "Deployment") return [];
      throw invalid({ group: "apps", kind: "Deployment" }, "m", [
        { type: "FieldValueInvalid", path: "spec.selector", detail: "field is immutable" },
      ]);
    };
    const host = new Host({ stored: { "deployments/m": {} }, judge });
    expect((await admitted(written(base), { client: host.client })).errors).toEqual([refused]);
  });
});

describe("nothing is asked again", () => {
  const stored = async (): Promise<ModelDeployment> =>
    (await admitted(written({ ...base, model: { id: "m", tokenSecretRef: { name: "hf" } } }))).object;

  test("when only metadata changes, so a finalizer can always be removed", async () => {
    const old = await stored();
    const next = structuredClone(old);
    next.metadata.labels = { a: "b" };
    const host = new Host({
      lookup: () => {
        throw serviceUnavailable("away");
      },
    });
    const { errors } = await admitted(next, { old, client: host.client, listProviders: () => [] });
    expect([errors, host.lookups, host.applied]).toEqual([[], [], []]);
  });

  test("for status", async () => {
    const old = await stored();
    const host = new Host();
    const { errors } = await admitted(written(), { old, client: host.client, subresource: "status" });
    expect([errors, host.lookups]).toEqual([[], []]);
  });

  test("but a scale is a change", async () => {
    const old = await stored();
    const next = structuredClone(old);
    next.spec.serving = { ...next.spec.serving, replicas: 33 };
    const { errors } = await admitted(next, { old, subresource: "scale" });
    expect(errors).toEqual([expect.stringContaining("must not exceed the ceiling of 32 replicas")]);
  });
});
