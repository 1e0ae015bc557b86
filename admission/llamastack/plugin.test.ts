import { describe, expect, test } from "vitest";
import { ApiError, isApiError } from "../../api/errors/api-error.ts";
import { invalid as invalidObject } from "../../api/errors/catalogue.ts";
import type {
  LlamaStackDistribution,
  LlamaStackDistributionSpec,
} from "../../api/llamastackdistribution/v1alpha2/types.ts";
import {
  convertLlamaStackDistribution,
  llamaStackDistributionConverter,
} from "../../conversion/llamastackdistribution/converter.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import type { AdmissionAttributes } from "../../server/admission/plugin.ts";
import type { RenderFacts } from "../../transformers/llamastack/render/facts.ts";
import type { AccessQuestion } from "../options.ts";
import type { HostOptions } from "../testing/host.ts";
import { Host } from "../testing/host.ts";
import type { LlamaStackAdmissionOptions } from "./options.ts";
import { defaultLlamaStackPolicy } from "./options.ts";
import { llamaStackPlugin } from "./plugin.ts";

const secret = (name: string, key = "token") => ({ secretKeyRef: { name, key } });

const aStack = (
  spec: Partial<LlamaStackDistributionSpec> = {},
  metadata: Partial<LlamaStackDistribution["metadata"]> = {},
): LlamaStackDistribution => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "LlamaStackDistribution",
  metadata: { name: "chat", namespace: "team-a", ...metadata },
  spec: { distribution: { name: "starter" }, ...spec },
});

interface World extends HostOptions {
  readonly old?: LlamaStackDistribution;
  readonly policy?: Partial<LlamaStackAdmissionOptions["policy"]>;
  readonly requestVersion?: string;
  readonly subresource?: string;
  /** `create deployments`: what the user may do. */
  readonly rights?: readonly string[];
  readonly facts?: RenderFacts;
}

async function admit(object: LlamaStackDistribution, world: World = {}) {
  const host = new Host(world);
  const asked: AccessQuestion[] = [];
  const warnings: string[] = [];
  const requestVersion = world.requestVersion ?? "v1alpha2";
  const plugin = llamaStackPlugin({
    client: host.client,
    authorize: async (question) => {
      asked.push(question);
      return world.rights?.includes(`${question.verb} ${question.resource}`) === true;
    },
    policy: { ...defaultLlamaStackPolicy, ...world.policy },
    resolutionOf: () => ({}),
    facts: () => world.facts ?? {},
  });
  const attributes: AdmissionAttributes = {
    operation: world.old === undefined ? "CREATE" : "UPDATE",
    user: { name: "alice", groups: [] },
    resource: { group: "hawsepipe.dev", version: "v1alpha2", resource: "llamastackdistributions" },
    kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "LlamaStackDistribution" },
    subresource: world.subresource ?? "",
    namespace: "team-a",
    name: "chat",
    object: cloneJson(object as unknown as JsonObject),
    ...(world.old === undefined ? {} : { oldObject: world.old as unknown as JsonObject }),
    options: {},
    dryRun: false,
    requestVersion,
    clientPath: (path) =>
      llamaStackDistributionConverter.translatePath?.(path, "v1alpha2", requestVersion) ?? path,
    warn: (text) => warnings.push(text),
    annotate: () => undefined,
    call: new AbortController(),
  };
  const isHandled = plugin.handles(attributes);
  let errors: string[] = [];
  try {
    if (isHandled) await plugin.validate?.(attributes);
  } catch (error) {
    if (!isApiError(error)) throw error;
    const causes = error.details?.causes ?? [];
    errors =
      causes.length === 0
        ? [error.message]
        : causes.map(({ field = "", message = "" }) => `${field}: ${message}`);
  }
  return { errors, warnings, asked, host, isHandled };
}

/** The type of a volume knows its name only. */
const aVolume = (source: JsonObject): { name: string } => ({ name: "v", ...source });

const vllm = (id: string, key = "token") => ({
  id,
  provider: "vllm",
  endpoint: "http://v:8000/v1",
  apiKey: secret(id, key),
});

describe("what is generated decides", () => {
  test.each<{ says: string; spec: Partial<LlamaStackDistributionSpec>; want: string }>([
    {
      says: "an unknown distribution",
      spec: { distribution: { name: "nope" } },
      want: 'spec.distribution.name: Invalid value: "nope": Unknown distribution "nope": available distributions are meta-reference-gpu, postgres-demo, remote-vllm, starter',
    },
    {
      says: "none at all",
      spec: { distribution: {} },
      want: "spec.distribution.name: Required value: one of name and image; available distributions are",
    },
    {
      says: "a model of a provider that is not there",
      spec: {
        providers: { inference: [{ provider: "vllm", endpoint: "http://v:8000/v1" }] },
        resources: { models: [{ name: "m", provider: "other" }] },
      },
      want: 'spec.resources.models[0].provider: Not found: "other": no inference provider has this id; there are',
    },
    {
      says: "an id twice",
      spec: { providers: { inference: [{ provider: "nvidia" }], safety: [{ provider: "nvidia" }] } },
      want: 'spec.providers.safety[0].provider: Duplicate value: "nvidia"',
    },
    {
      says: "an API that is configured and disabled",
      spec: { externalProviders: { scoring: [{ providerId: "s", image: "r/s:1" }] }, disabled: ["scoring"] },
      want: "spec.externalProviders.scoring: Forbidden: spec.disabled[0] disables the API; remove the providers or the entry of spec.disabled",
    },
    {
      says: "an API others need",
      spec: { disabled: ["inference"] },
      want: 'spec.disabled[0]: Invalid value: "inference": ',
    },
    {
      says: "an API nobody knows",
      spec: { disabled: ["teleport"] },
      want: 'spec.disabled[0]: Unsupported value: "teleport": supported values: "agents"',
    },
    {
      says: "an image without a base configuration to generate from",
      spec: { distribution: { image: "r/x:1" }, disabled: ["eval"] },
      want: "spec.overrideConfig: Required value: image r/x:1 carries no base configuration",
    },
  ])("$says is refused", async ({ spec, want }) => {
    const { errors, host } = await admit(aStack(spec));
    expect(errors.join("\n")).toContain(want);
    expect(host.applied).toEqual([]);
  });

  test("what has no effect is warned of", async () => {
    const spec = { storage: { kv: { type: "sqlite" as const, endpoint: "redis:6379" } } };
    const { errors, warnings } = await admit(aStack(spec));
    expect(errors).toEqual([]);
    expect(warnings).toEqual(["spec.storage.kv.endpoint has no effect: the type is sqlite"]);
  });

  test("what an administrator has set counts here, too", async () => {
    const object = aStack({ networking: { expose: {}, allowedFrom: {} } });
    const takesAll = expect.stringContaining("takes every host") as string;
    expect((await admit(object)).warnings).toContainEqual(takesAll);
    const { warnings, host } = await admit(object, { facts: { exposeDomain: "d.example" } });
    expect(warnings).not.toContainEqual(takesAll);
    expect(JSON.stringify(host.applied)).toContain("chat-team-a.d.example");
  });

  test("paths are those of the version its author wrote", async () => {
    const { errors } = await admit(aStack({ distribution: { name: "nope" } }), {
      requestVersion: "v1alpha1",
    });
    expect(errors[0]).toContain("spec.server.distribution.name: ");
  });

  test.each(["hawsepipe.dev/config-profile", "hawsepipe.dev/config-replace-providers"])(
    "%s is a reason to look again, other annotations are none",
    async (name) => {
      const old = aStack();
      const annotated = (key: string) => aStack({}, { annotations: { [key]: "inference" } });
      expect((await admit(annotated(name), { old })).isHandled).toBe(true);
      expect((await admit(annotated("team"), { old })).isHandled).toBe(false);
    },
  );

  test("a status or an unchanged spec is not looked at, so what is stored can always be finished", async () => {
    const broken = aStack({ distribution: { name: "gone" } });
    expect((await admit(aStack({}), { old: broken, subresource: "status" })).isHandled).toBe(false);
    expect((await admit(broken, { old: broken })).isHandled).toBe(false);
  });
});

describe("references", () => {
  const everything = aStack({
    providers: {
      inference: [vllm("a"), { ...vllm("b"), secretRefs: { extra: secret("refs") } }],
    },
    storage: {
      kv: { type: "redis", endpoint: "r:6379", password: secret("kv") },
      sql: { type: "postgres", connectionString: secret("sql") },
    },
    networking: {
      tls: {
        enabled: true,
        secretName: "cert",
        caBundle: { configMapName: "ca", configMapKeys: ["one", "two"] },
      },
    },
    workload: {
      overrides: {
        env: [
          { name: "A", valueFrom: { secretKeyRef: { name: "env", key: "k" } } },
          { name: "B", valueFrom: { configMapKeyRef: { name: "maybe", key: "k", optional: true } } },
        ],
        volumes: [aVolume({ configMap: { name: "files" } })],
      },
    },
  });
  const paths = [
    ["secrets/a", 'spec.providers.inference[0].apiKey.secretKeyRef.name: Not found: "a"'],
    ["secrets/b", 'spec.providers.inference[1].apiKey.secretKeyRef.name: Not found: "b"'],
    ["secrets/refs", 'spec.providers.inference[1].secretRefs[extra].secretKeyRef.name: Not found: "refs"'],
    ["secrets/kv", 'spec.storage.kv.password.secretKeyRef.name: Not found: "kv"'],
    ["secrets/sql", 'spec.storage.sql.connectionString.secretKeyRef.name: Not found: "sql"'],
    ["secrets/cert", 'spec.networking.tls.secretName: Not found: "cert"'],
    ["configmaps/ca", 'spec.networking.tls.caBundle.configMapName: Not found: "ca"'],
    ["secrets/env", 'spec.workload.overrides.env[0].valueFrom.secretKeyRef.name: Not found: "env"'],
    ["configmaps/files", 'spec.workload.overrides.volumes[0].configMap.name: Not found: "files"'],
  ] as const;

  test("each that is missing is refused with its path; what is optional is not looked for", async () => {
    const { errors, host } = await admit(everything);
    expect(errors).toEqual(paths.map(([, error]) => error));
    expect(host.lookups).toEqual(paths.map(([name]) => name));
  });

  test("where the policy says so, their author is only warned", async () => {
    const { errors, warnings } = await admit(everything, { policy: { missingReferences: "Warn" } });
    expect(errors).toEqual([]);
    expect(warnings).toContain('spec.networking.tls.secretName: "cert" does not exist yet');
  });

  test("no Secret is read, whatever is in it", async () => {
    const { errors, host } = await admit(everything, {
      has: paths.map(([name]) => name),
      keys: { "configmaps/ca": ["one", "two"] },
    });
    expect(errors).toEqual([]);
    expect(host.reads).toEqual(["configmaps/ca"]);
  });

  test("a key that is not among the certificates is refused", async () => {
    const { errors } = await admit(everything, {
      has: paths.map(([name]) => name),
      keys: { "configmaps/ca": ["one"] },
    });
    expect(errors).toEqual([
      'spec.networking.tls.caBundle.configMapKeys[1]: Not found: "two": ConfigMap "ca" has no such key',
    ]);
  });

  describe("where Secrets are read for their keys", () => {
    const policy = { readsSecretKeys: true };
    const object = aStack({ providers: { inference: [vllm("a", "wrong")] } });

    test("one that is missing is refused, and no value is told", async () => {
      const { errors, warnings } = await admit(object, { policy, keys: { "secrets/a": ["token"] } });
      expect(errors).toEqual([
        'spec.providers.inference[0].apiKey.secretKeyRef.key: Not found: "wrong": Secret "a" has no such key',
      ]);
      expect([...errors, ...warnings].join()).not.toContain("canary");
    });

    test("one that is there is accepted", async () => {
      const { errors } = await admit(object, { policy, keys: { "secrets/a": ["wrong"] } });
      expect(errors).toEqual([]);
    });

    test("by policy it is a warning", async () => {
      const { errors, warnings } = await admit(object, {
        policy: { ...policy, missingReferences: "Warn" },
        keys: { "secrets/a": ["token"] },
      });
      expect(errors).toEqual([]);
      expect(warnings).toEqual([
        'spec.providers.inference[0].apiKey.secretKeyRef.key: Secret "a" has no key "wrong" yet',
      ]);
    });

    test("a Secret that is not there is refused once", async () => {
      const { errors } = await admit(object, { policy });
      expect(errors).toEqual(['spec.providers.inference[0].apiKey.secretKeyRef.name: Not found: "a"']);
    });
  });

  test("what the stored object refers to already may have gone since", async () => {
    const old = aStack({ providers: { inference: [vllm("a")] } });
    const object = aStack({ providers: { inference: [vllm("a")] }, workload: { replicas: 2 } });
    const { errors, host } = await admit(object, { old });
    expect(errors).toEqual([]);
    expect(host.lookups).toEqual([]);
  });

  test("the configuration of one's own must be there", async () => {
    const { errors } = await admit(aStack({ overrideConfig: { configMapName: "mine" } }), {
      requestVersion: "v1alpha1",
    });
    expect(errors).toEqual(['spec.server.userConfig.configMapName: Not found: "mine"']);
  });

  test("that another namespace's cannot be mounted, nor the container be renamed, is told to who writes v1alpha1", async () => {
    const older = {
      apiVersion: "hawsepipe.dev/v1alpha1",
      kind: "LlamaStackDistribution",
      metadata: { name: "chat", namespace: "team-a" },
      spec: {
        server: {
          distribution: { name: "starter" },
          userConfig: { configMapName: "mine", configMapNamespace: "team-b" },
          containerSpec: { name: "server" },
        },
      },
    };
    const object = convertLlamaStackDistribution(older, "v1alpha2")
      .object as unknown as LlamaStackDistribution;
    const world = { has: ["configmaps/mine"] };
    const told = await admit(object, { ...world, requestVersion: "v1alpha1" });
    expect(told.warnings).toEqual([
      'spec.server.userConfig.configMapNamespace: has no effect: pods mount ConfigMaps of their own namespace "team-a" only',
      "spec.server.containerSpec.name: has no effect: the container is called llama-stack",
    ]);
    expect((await admit(object, world)).warnings).toEqual([]);
  });
});

describe("the trial on the host", () => {
  test("asks about everything that is rendered, and stores nothing", async () => {
    const { errors, host } = await admit(
      aStack({
        workload: { storage: {}, autoscaling: { maxReplicas: 3 }, podDisruptionBudget: { minAvailable: 1 } },
        networking: { expose: { hostname: "a.example" }, allowedFrom: { namespaces: ["b"] } },
        disabled: ["eval"],
      }),
    );
    expect(errors).toEqual([]);
    expect(new Set(host.applied.map(({ object }) => object.kind))).toEqual(
      new Set([
        "ConfigMap",
        "PersistentVolumeClaim",
        "ServiceAccount",
        "Service",
        "NetworkPolicy",
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "Ingress",
      ]),
    );
    for (const { options } of host.applied) expect(options).toMatchObject({ dryRun: true });
  });

  const refusing =
    (kind: string, field: string, message: string): NonNullable<HostOptions["judge"]> =>
    (object) => {
      if (object.kind !== kind) return [];
      throw invalidObject({ group: "", kind }, "x", [
        { type: "FieldValueInvalid", path: field, detail: message },
      ]);
    };

  test.each<{ spec: Partial<LlamaStackDistributionSpec>; kind: string; field: string; want: string }>([
    {
      spec: { workload: { resources: { limits: { cpu: "-1" } } } },
      kind: "Deployment",
      field: "spec.template.spec.containers[0].resources.limits[cpu]",
      want: "spec.workload.resources.limits",
    },
    {
      spec: { workload: { overrides: { env: [{ name: "A", value: "b" }] } } },
      kind: "Deployment",
      field: "spec.template.spec.containers[0].env[6].name",
      want: "spec",
    },
    {
      spec: { workload: { overrides: { volumes: [{ name: "v" }] } } },
      kind: "Deployment",
      field: "spec.template.spec.volumes[1].emptyDir",
      want: "spec.workload.overrides.volumes[0]",
    },
    {
      spec: { workload: { storage: { size: "1Gi" } } },
      kind: "PersistentVolumeClaim",
      field: "spec.resources.requests.storage",
      want: "spec.workload.storage.size",
    },
    {
      spec: { workload: { autoscaling: { maxReplicas: 1, minReplicas: 2 } } },
      kind: "HorizontalPodAutoscaler",
      field: "spec.maxReplicas",
      want: "spec.workload.autoscaling.maxReplicas",
    },
    {
      spec: { networking: { expose: { hostname: "_" } } },
      kind: "Ingress",
      field: "spec.rules[0].host",
      want: "spec.networking.expose.hostname",
    },
    { spec: {}, kind: "Service", field: "spec.type", want: "spec" },
  ])("$kind $field is told as $want", async ({ spec, kind, field, want }) => {
    const { errors } = await admit(aStack(spec), { judge: refusing(kind, field, "must not be") });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(want === "spec" ? /^spec: .* is refused: / : `${want}: must not be`);
  });

  test("a refusal of the whole object names the resource", async () => {
    const { errors } = await admit(aStack(), {
      judge: (object) => {
        if (object.kind !== "Deployment") return [];
        throw new ApiError({ code: 403, reason: "Forbidden", message: "exceeded quota" });
      },
    });
    expect(errors).toEqual(['spec: Forbidden: Deployment "chat" is refused: exceeded quota']);
  });

  test("a name that is somebody else's is refused", async () => {
    const { errors } = await admit(aStack(), { stored: { "deployments/chat": { uid: "theirs" } } });
    expect(errors).toEqual([
      'metadata.name: Invalid value: "chat": Deployment "chat" exists already and belongs to somebody else; existing resources are not adopted, so delete or rename one of them',
    ]);
  });

  test("what an earlier one of the name left behind is nobody else's", async () => {
    const labels = {
      "hawsepipe.dev/managed-by": "hawsepipe",
      "hawsepipe.dev/llama-stack-distribution": "chat",
    };
    const { errors } = await admit(aStack(), { stored: { "deployments/chat": { uid: "old", labels } } });
    expect(errors).toEqual([]);
  });

  test("a kind the cluster does not serve is named", async () => {
    const { errors } = await admit(aStack({ networking: { expose: {} } }), { lacks: ["Ingress"] });
    expect(errors).toEqual([
      'spec: Invalid value: Ingress "chat-ingress" is needed, and the cluster does not serve its kind of networking.k8s.io/v1',
    ]);
  });
});

describe("rights beyond the verb", () => {
  const account = aStack({ workload: { overrides: { serviceAccountName: "root" } } });
  const hostPath = aStack({
    workload: { overrides: { volumes: [aVolume({ hostPath: { path: "/" } })] } },
  });
  const elsewhere = aStack({
    networking: { tls: { caBundle: { configMapName: "ca", configMapNamespace: "team-b" } } },
  });

  test.each([
    { says: "another account", object: account, path: "spec.workload.overrides.serviceAccountName" },
    { says: "the files of the node", object: hostPath, path: "spec.workload.overrides.volumes" },
  ])("pods with $says take the right to make them, or override", async ({ object, path }) => {
    const refused = await admit(object);
    expect(refused.errors).toEqual([
      `llamastackdistributions.hawsepipe.dev "chat" is forbidden: User "alice" may neither create deployments.apps nor override llamastackdistributions, and setting ${path} takes one of them`,
    ]);
    for (const right of ["create deployments", "override llamastackdistributions"]) {
      expect((await admit(object, { rights: [right] })).errors).toEqual([]);
    }
    const old = { ...object, spec: { ...object.spec, disabled: ["eval"] } };
    expect((await admit(object, { old })).asked).toEqual([]);
  });

  test("certificates of another namespace take the right to read them there", async () => {
    const keys = { "configmaps/ca": ["ca-bundle.crt"] };
    const refused = await admit(elsewhere, { keys });
    expect(refused.errors).toEqual([
      'llamastackdistributions.hawsepipe.dev "chat" is forbidden: User "alice" may not get configmaps "ca" in the namespace "team-b", which spec.networking.tls.caBundle names',
    ]);
    expect(refused.asked).toMatchObject([
      { verb: "get", group: "", resource: "configmaps", namespace: "team-b", name: "ca" },
    ]);
    expect(refused.host.reads).toEqual([]);
    expect((await admit(elsewhere, { keys, rights: ["get configmaps"] })).errors).toEqual([]);
  });

  test("ordinary objects ask for none", async () => {
    expect((await admit(aStack())).asked).toEqual([]);
  });
});
