import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { llamaStackDistributions } from "../../../reconciler/llamastack/names.ts";
import type { Base } from "../../../transformers/llamastack/config/base.ts";
import { parseBase } from "../../../transformers/llamastack/config/base.ts";
import { issueAuthority } from "../../../server/authn/pki.ts";
import { configMaps, deployments } from "../../support/client.ts";
import { eventually } from "../../support/in-process.ts";
import type { StackCluster } from "./llamastack-fixture.ts";
import { openStackCluster } from "./llamastack-fixture.ts";

let cluster: StackCluster;

beforeAll(async () => {
  cluster = await openStackCluster();
});
afterAll(async () => {
  await cluster.close();
});

const says =
  (...conditions: readonly string[]) =>
  ({ status }: LlamaStackDistribution): boolean => {
    const all = (status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);
    return [...conditions].every((condition) => [...all, `phase=${status?.phase ?? ""}`].includes(condition));
  };

const messageOf = ({ status }: LlamaStackDistribution, type: string): string =>
  status?.conditions?.find((condition) => condition.type === type)?.message ?? "";

const starter = { name: "starter" };
const vllm = (id: string): object => ({ id, provider: "vllm", endpoint: `http://${id}:8000/v1` });
const inference = (...providers: readonly object[]): object => ({ providers: { inference: providers } });

const mountedConfig = (deployment: KubeObject): string => {
  const volumes = getPath(asJson(deployment), "spec", "template", "spec", "volumes") as {
    name: string;
    configMap?: { name: string };
  }[];
  return volumes.find(({ name }) => name === "config")?.configMap?.name ?? "";
};
const imageOf = (deployment: KubeObject): unknown =>
  getPath(asJson(deployment), "spec", "template", "spec", "containers", "0", "image") ??
  (getPath(asJson(deployment), "spec", "template", "spec", "containers") as { image: string }[])[0]?.image;

const writesTo = (what: string, from: number): readonly string[] =>
  cluster.writes.slice(from).filter((write) => write.includes(what));

describe("a distribution", () => {
  test("by name alone becomes Ready with the image's own configuration", async () => {
    await cluster.put("plain", { distribution: starter });
    const ready = await cluster.until(
      "plain",
      says("phase=Ready", "Available=True/MinimumReplicasAvailable"),
    );
    expect(
      says("ConfigGenerated=True/DistributionDefaultUsed", "SecretsResolved=True/AllSecretsFound")(ready),
    ).toBe(true);
    expect(ready.status).toMatchObject({
      availableReplicas: 1,
      serviceURL: "http://plain-service.default.svc.cluster.local:8321",
      resolvedDistribution: { image: "docker.io/llamastack/distribution-starter:0.6.0" },
      distributionConfig: { activeDistribution: "starter" },
      version: { operatorVersion: "1.0.0" },
    });
    expect(ready.status?.configGeneration).toBeUndefined();
    expect(await cluster.names("ConfigMap")).toEqual([]);
    expect(ready.status?.conditions?.every(({ observedGeneration }) => observedGeneration === 1)).toBe(true);
  });

  test("rolls once for a provider that is added, and not at all for the same in another order", async () => {
    await cluster.put("edited", { distribution: starter, ...inference(vllm("a")) });
    const first = await cluster.until("edited", says("phase=Ready"));
    const name = first.status?.configGeneration?.configMapName ?? "";
    expect(name).toMatch(/^edited-config-[0-9a-f]{8}$/);
    const config = await cluster.get("ConfigMap", name);
    expect(config).toMatchObject({ immutable: true, metadata: { ownerReferences: [{ name: "edited" }] } });
    expect(first.status).toMatchObject({
      configGeneration: { configVersion: 2, resourceCount: 0 },
      resolvedDistribution: { configSource: "embedded" },
    });

    let before = cluster.writes.length;
    await cluster.put("edited", { distribution: starter, ...inference(vllm("a"), vllm("b")) });
    const second = await cluster.until(
      "edited",
      (found) => says("phase=Ready")(found) && found.status?.configGeneration?.configMapName !== name,
    );
    await cluster.quiet();
    expect(writesTo("/deployments/edited", before)).toEqual([
      "PATCH /apis/apps/v1/namespaces/default/deployments/edited",
    ]);
    expect(mountedConfig(await cluster.get("Deployment", "edited"))).toBe(
      second.status?.configGeneration?.configMapName,
    );

    before = cluster.writes.length;
    const { generation } = (await cluster.get("Deployment", "edited")).metadata;
    const reordered = [vllm("a"), vllm("b")].map((entry) =>
      Object.fromEntries(Object.entries(entry).reverse()),
    );
    await cluster.put("edited", { ...inference(...reordered), distribution: starter });
    await cluster.quiet();
    const third = await cluster.until("edited", says("phase=Ready"));
    expect((await cluster.get("Deployment", "edited")).metadata.generation).toBe(generation);
    expect(third.status?.configGeneration).toEqual(second.status?.configGeneration);
    // What the server says of itself may come in at any time.
    expect(cluster.writes.slice(before).filter((write) => !write.endsWith("/status"))).toEqual([]);
  });

  test("is left alone by twenty more looks and a restart", async () => {
    await cluster.put("full", {
      distribution: starter,
      ...inference(vllm("a")),
      networking: { expose: { hostname: "x.example.com" }, allowedFrom: { namespaces: ["apps"] } },
      workload: {
        replicas: 2,
        storage: { size: "1Gi" },
        autoscaling: { maxReplicas: 4 },
        podDisruptionBudget: { maxUnavailable: 1 },
      },
    });
    await cluster.until(
      "full",
      says(
        "phase=Ready",
        "StorageReady=True/PVCsBound",
        "ServiceReady=True/ServiceReady",
        // What the server says comes last.
        "HealthCheck=False/HealthCheckFailed",
      ),
    );
    await cluster.quiet();
    const before = cluster.writes.length;
    for (let i = 0; i < 20; i += 1) {
      for (const name of ["plain", "edited", "full"]) cluster.reconciler.requestNow("default", name);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await cluster.quiet();
    expect(cluster.writes.slice(before)).toEqual([]);
    await cluster.restart();
    await cluster.quiet();
    expect(cluster.writes.slice(before)).toEqual([]);
  });

  test("by name alone speaks TLS when it is to, and stops when it is not", async () => {
    const parts = async () => {
      const deployment = asJson(await cluster.get("Deployment", "secure"));
      const [container] = getPath(deployment, "spec", "template", "spec", "containers") as JsonObject[];
      const config = mountedConfig(await cluster.get("Deployment", "secure"));
      return {
        config: config === "" ? undefined : await cluster.get("ConfigMap", config),
        scheme: getPath(container, "readinessProbe", "httpGet", "scheme"),
        mounts: (container?.["volumeMounts"] as JsonObject[]).map(({ mountPath }) => mountPath),
      };
    };
    const tls = { enabled: true, secretName: "secure-tls" };
    await cluster.put("secure", { distribution: starter, networking: { tls } });
    const waiting = await cluster.until("secure", says("SecretsResolved=False/SecretNotFound"));
    expect(messageOf(waiting, "SecretsResolved")).toContain("secure-tls");
    await cluster.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "secure-tls", namespace: "default" },
      type: "kubernetes.io/tls",
      data: { "tls.crt": "eA==", "tls.key": "eA==" },
    });
    cluster.reconciler.requestNow("default", "secure");
    const ready = await cluster.until("secure", says("phase=Ready", "SecretsResolved=True/AllSecretsFound"));
    expect(ready.status?.serviceURL).toBe("https://secure-service.default.svc.cluster.local:8321");
    const { config, scheme, mounts } = await parts();
    expect(scheme).toBe("HTTPS");
    expect(mounts).toEqual(expect.arrayContaining(["/etc/llama-stack", "/etc/llama-stack-tls"]));
    const text = (config?.["data"] as Record<string, string>)["config.yaml"] ?? "";
    expect(getPath(decodeYaml(text).value as JsonObject, "server")).toMatchObject({
      tls_certfile: "/etc/llama-stack-tls/tls.crt",
      tls_keyfile: "/etc/llama-stack-tls/tls.key",
    });

    await cluster.put("secure", { distribution: starter });
    await cluster.until("secure", says("phase=Ready", "ConfigGenerated=True/DistributionDefaultUsed"));
    expect(await parts()).toEqual({ config: undefined, scheme: "HTTP", mounts: ["/.llama"] });
    await cluster.put("secure", { distribution: { image: "r.example/own:1" }, networking: { tls } });
    const kept = await cluster.until("secure", says("ConfigGenerated=False/BaseConfigRequired"));
    expect(messageOf(kept, "ConfigGenerated")).toContain("spec.overrideConfig");
    expect(await parts()).toMatchObject({ scheme: "HTTP" });
  });

  test("says in its status that an external provider takes the place of another", async () => {
    const image = "r.example/embedder:1";
    const provided = {
      api: "inference",
      providerType: "remote::embedder",
      packageName: "embedder",
      wheel: "/lls-provider/packages/embedder-1-py3-none-any.whl",
    };
    cluster.resolution = { external: { packages: new Map([[image, provided]]), problems: new Map() } };
    const providerId = "sentence-transformers";
    await cluster.put("replacing", {
      distribution: starter,
      externalProviders: { inference: [{ providerId, image }] },
    });
    const ready = await cluster.until("replacing", says("phase=Ready"));
    await cluster.admin.delete(llamaStackDistributions, { namespace: "default", name: "replacing" });
    await eventually(
      "it to be gone",
      async () => !(await cluster.names("LlamaStackDistribution")).includes("replacing"),
    );
    cluster.resolution = {};
    expect(messageOf(ready, "ConfigGenerated")).toContain(
      `spec.externalProviders.inference[0]: external provider ${providerId} (${image}) replaces the inference provider ` +
        "of type inline::sentence-transformers with one of type remote::embedder",
    );
  });

  test("loses what is switched off, and keeps its claim", async () => {
    const kinds = ["Ingress", "NetworkPolicy", "HorizontalPodAutoscaler", "PodDisruptionBudget"];
    for (const kind of kinds)
      expect((await cluster.names(kind)).filter((name) => name.startsWith("full-"))).toHaveLength(1);
    await cluster.put("full", { distribution: starter, ...inference(vllm("a")), workload: { replicas: 1 } });
    await cluster.until("full", says("phase=Ready"));
    await cluster.quiet();
    for (const kind of kinds)
      expect((await cluster.names(kind)).filter((name) => name.startsWith("full-"))).toEqual([]);
    expect(await cluster.names("PersistentVolumeClaim")).toEqual(["full-pvc"]);
  });

  test("holds on to its replicas until the autoscaler has taken them", async () => {
    await cluster.put("scaled", { distribution: starter, workload: { replicas: 3 } });
    await cluster.until("scaled", says("phase=Ready"));
    await cluster.put("scaled", {
      distribution: starter,
      workload: { replicas: 3, autoscaling: { maxReplicas: 5 } },
    });
    await cluster.until("scaled", says("phase=Ready"));
    await cluster.quiet();
    const replicas = async (): Promise<unknown> =>
      getPath(asJson(await cluster.get("Deployment", "scaled")), "spec", "replicas");
    expect(await replicas()).toBe(3);
    const ref = { namespace: "default", name: "scaled" };
    await cluster.admin.mergePatch(
      deployments,
      ref,
      { spec: { replicas: 5 } },
      { fieldManager: "autoscaler" },
    );
    await cluster.quiet();
    const before = cluster.writes.length;
    cluster.reconciler.requestNow("default", "scaled");
    await cluster.quiet();
    expect([await replicas(), writesTo("/deployments/", before)]).toEqual([5, []]);
  });

  test("is gone with everything of it when it is deleted", async () => {
    await cluster.admin.delete(
      llamaStackDistributions,
      { namespace: "default", name: "full" },
      { propagationPolicy: "Background" },
    );
    await eventually(
      "its end",
      async () => !(await cluster.names("LlamaStackDistribution")).includes("full"),
    );
    for (const kind of [
      "LlamaStackDistribution",
      "Deployment",
      "Service",
      "PersistentVolumeClaim",
      "ServiceAccount",
      "ConfigMap",
    ]) {
      expect((await cluster.names(kind)).filter((name) => name.startsWith("full"))).toEqual([]);
    }
  });
});

describe("what runs is kept", () => {
  const good = {
    distribution: starter,
    ...inference(vllm("a")),
    resources: { models: [{ name: "m", provider: "a" }] },
  };
  const unchanged = async (name: string, deed: () => Promise<unknown>): Promise<void> => {
    const before = await cluster.get("Deployment", name);
    await deed();
    await cluster.quiet();
    const after = await cluster.get("Deployment", name);
    expect([after.metadata.generation, mountedConfig(after), imageOf(after)]).toEqual([
      before.metadata.generation,
      mountedConfig(before),
      imageOf(before),
    ]);
  };

  test("when a spec cannot be generated for, and one event says why", async () => {
    await cluster.put("kept", good);
    const ready = await cluster.until("kept", says("phase=Ready"));
    await unchanged("kept", async () => {
      await cluster.put("kept", {
        ...good,
        networking: { port: 9000 },
        resources: { models: [{ name: "m", provider: "nobody" }] },
      });
      const failed = await cluster.until("kept", says("phase=Failed"));
      expect(
        says(
          "DeploymentUpdated=False/DeploymentUpdateSkipped",
          "Available=True/MinimumReplicasAvailable",
        )(failed),
      ).toBe(true);
      expect(messageOf(failed, "ConfigGenerated")).toContain("spec.resources.models[0].provider");
      expect(failed.status).toMatchObject({
        serviceURL: ready.status?.serviceURL,
        configGeneration: ready.status?.configGeneration,
      });
      for (let i = 0; i < 3; i += 1) cluster.reconciler.requestNow("default", "kept");
    });
    const told = await cluster.events("kept");
    expect(told.filter((reason) => reason === "ConfigGenerationFailed")).toHaveLength(1);
    expect(told).toEqual(expect.arrayContaining(["ConfigGenerated", "DeploymentUpdated", "Created"]));
    expect(
      getPath(asJson(await cluster.get("Service", "kept-service")), "spec", "ports", "0", "port") ?? 8321,
    ).toBe(8321);
  });

  test("when a Secret is missing, until it is there", async () => {
    const needy = { ...vllm("a"), apiKey: { secretKeyRef: { name: "key-of-a", key: "token" } } };
    await cluster.put("needy", { distribution: starter, ...inference(needy) });
    const waiting = await cluster.until(
      "needy",
      says("SecretsResolved=False/SecretNotFound", "phase=Failed"),
    );
    expect(messageOf(waiting, "SecretsResolved")).toBe(
      "spec.providers.inference[0].apiKey: Secret not found: key-of-a (namespace default, key token)",
    );
    expect((await cluster.names("Deployment")).includes("needy")).toBe(false);
    await cluster.quiet();
    expect(await cluster.events("needy")).toEqual(["SecretResolutionFailed"]);
    await cluster.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "key-of-a", namespace: "default" },
    });
    cluster.reconciler.requestNow("default", "needy");
    await cluster.until("needy", says("SecretsResolved=True/AllSecretsFound", "phase=Ready"));
  });

  /** Without any provider of tools. */
  const bare = parseBase("version: 2\nproviders: {}\nstorage: {backends: {}}\n", "test") as Base;

  test("when what its name stands for cannot be generated for any more", async () => {
    await cluster.put("upgraded", { ...good, resources: { tools: ["websearch"] } });
    await cluster.until("upgraded", says("phase=Ready"));
    await unchanged("upgraded", async () => {
      cluster.resolution = { imageOverrides: { starter: "registry.example.com/starter:2" }, labelled: bare };
      cluster.operatorVersion = "2.0.0";
      await cluster.restart();
      const failed = await cluster.until("upgraded", says("ConfigGenerated=False/UpgradeConfigFailure"));
      expect(failed.status?.resolvedDistribution?.image).toBe(
        "docker.io/llamastack/distribution-starter:0.6.0",
      );
    });
    cluster.resolution = { imageOverrides: { starter: "registry.example.com/starter:2" } };
    cluster.reconciler.lookAtAll();
    const back = await cluster.until(
      "upgraded",
      says("phase=Ready", "ConfigGenerated=True/ConfigGenerationSucceeded"),
    );
    expect(back.status?.resolvedDistribution?.image).toBe("registry.example.com/starter:2");
    expect(imageOf(await cluster.get("Deployment", "upgraded"))).toBe("registry.example.com/starter:2");
    cluster.resolution = {};
  });
});

describe("while an image is being read", () => {
  const awaiting = { awaited: ["registry.example.com/starter:2"] };
  const read = async (name: string): Promise<void> => {
    cluster.resolution = {};
    cluster.reconciler.requestNow("default", name);
    await cluster.until(name, says("phase=Ready", "ConfigGenerated=True/ConfigGenerationSucceeded"));
  };

  test("a new distribution says what it waits for, tells no failure, and goes on when it is known", async () => {
    cluster.resolution = awaiting;
    await cluster.put("awaiting", { distribution: starter, ...inference(vllm("a")) });
    const waiting = await cluster.until(
      "awaiting",
      says("ConfigGenerated=Unknown/WaitingForRegistry", "phase=Pending"),
    );
    expect(messageOf(waiting, "ConfigGenerated")).toBe(
      "what is in registry.example.com/starter:2 is being asked of its registry",
    );
    expect((await cluster.names("Deployment")).includes("awaiting")).toBe(false);
    await cluster.quiet();
    expect(await cluster.events("awaiting")).toEqual([]);
    await read("awaiting");
  });

  test("one that runs goes on, and nothing is written for a restart", async () => {
    await cluster.quiet();
    const before = cluster.writes.length;
    cluster.resolution = awaiting;
    await cluster.restart();
    await cluster.quiet();
    expect(cluster.writes.slice(before)).toEqual([]);
    await cluster.until("awaiting", says("phase=Ready", "ConfigGenerated=True/ConfigGenerationSucceeded"));
    await cluster.put("awaiting", { distribution: starter, ...inference(vllm("b")) });
    await cluster.until(
      "awaiting",
      says(
        "ConfigGenerated=Unknown/WaitingForRegistry",
        "Available=True/MinimumReplicasAvailable",
        "phase=Initializing",
      ),
    );
    await read("awaiting");
  });
});

describe("a ConfigMap of the user's", () => {
  const object = (text: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "mine", namespace: "default" },
    data: { "config.yaml": text },
  });
  const template = async (): Promise<Record<string, string>> =>
    getPath(
      asJson(await cluster.get("Deployment", "own")),
      "spec",
      "template",
      "metadata",
      "annotations",
    ) as Record<string, string>;

  test("has to be there, and rolls the pods when it changes", async () => {
    await cluster.put("own", {
      distribution: { image: "example.com/own:1" },
      overrideConfig: { configMapName: "mine" },
    });
    const missing = await cluster.until("own", says("ConfigGenerated=False/ConfigGenerationFailed"));
    expect(messageOf(missing, "ConfigGenerated")).toContain(
      'spec.overrideConfig.configMapName: Not found: "mine"',
    );
    await cluster.create(object("version: 2\n"));
    await cluster.until("own", says("phase=Ready", "ConfigGenerated=True/OverrideConfigUsed"));
    const before = await template();
    expect(mountedConfig(await cluster.get("Deployment", "own"))).toBe("mine");
    await cluster.admin.mergePatch(
      configMaps,
      { namespace: "default", name: "mine" },
      { data: { "config.yaml": "version: 2 # new\n" } },
    );
    await eventually(
      "the pods to roll",
      async () => JSON.stringify(await template()) !== JSON.stringify(before),
    );
    await cluster.until("own", says("phase=Ready"));
    await cluster.admin.delete(configMaps, { namespace: "default", name: "mine" });
    await cluster.until(
      "own",
      says("ConfigGenerated=False/ConfigGenerationFailed", "Available=True/MinimumReplicasAvailable"),
    );
  });
});

describe("TLS", () => {
  const template = async (name: string): Promise<string> =>
    JSON.stringify(getPath(asJson(await cluster.get("Deployment", name)), "spec", "template"));
  const bundleOf = async (name: string): Promise<unknown> =>
    (await cluster.get("ConfigMap", `${name}-ca-bundle`))["data"];
  const change = (name: string, data: object): Promise<unknown> =>
    cluster.admin.mergePatch(configMaps, { namespace: "default", name }, { data });

  test("trusts the authorities of a ConfigMap, as they are at any time", async () => {
    const [first, second] = await Promise.all([issueAuthority(new Date()), issueAuthority(new Date())]);
    const tls = { caBundle: { configMapName: "trust", configMapKeys: ["roots"] } };
    await cluster.put("trusting", { distribution: starter, ...inference(vllm("a")), networking: { tls } });
    const missing = await cluster.until("trusting", says("ConfigGenerated=False/ConfigGenerationFailed"));
    expect(messageOf(missing, "ConfigGenerated")).toContain(
      'spec.networking.tls.caBundle.configMapName: Not found: "trust"',
    );
    const data = { roots: first.cert, other: "x" };
    await cluster.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "trust", namespace: "default" },
      data,
    });
    await cluster.until("trusting", says("phase=Ready"));
    expect(await bundleOf("trusting")).toEqual({
      "ca-bundle.crt": new X509Certificate(first.cert).toString(),
    });
    const before = await template("trusting");
    expect(before).toContain('"/etc/ssl/certs/ca-bundle/ca-bundle.crt"');

    const writes = cluster.writes.length;
    await change("trust", { other: "y" });
    await cluster.quiet();
    expect(writesTo("/deployments/trusting", writes)).toEqual([]);

    await change("trust", { roots: `${first.cert}${second.cert}` });
    await eventually("the pods to roll", async () => (await template("trusting")) !== before);
    expect(JSON.stringify(await bundleOf("trusting")).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);

    const rolled = await template("trusting");
    await change("trust", { roots: "no certificate" });
    const broken = await cluster.until("trusting", says("ConfigGenerated=False/ConfigGenerationFailed"));
    expect(messageOf(broken, "ConfigGenerated")).toContain("there is no certificate in the ConfigMap");
    expect(await template("trusting")).toBe(rolled);
  });

  test("is served with a Secret, which has to be there; the server is asked where its Service is", async () => {
    const tls = { enabled: true, secretName: "serving-cert" };
    const spec = { distribution: starter, ...inference(vllm("a")), networking: { port: 9443, tls } };
    await cluster.put("served", spec);
    const waiting = await cluster.until("served", says("SecretsResolved=False/SecretNotFound"));
    expect(messageOf(waiting, "SecretsResolved")).toBe(
      "spec.networking.tls.secretName: Secret not found: serving-cert (namespace default, key tls.crt)",
    );
    await cluster.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "serving-cert", namespace: "default" },
    });
    cluster.reconciler.requestNow("default", "served");
    await cluster.until("served", says("phase=Ready"));
    expect(await template("served")).toContain('"secretName":"serving-cert"');
    const url = "https://served-service.default.svc.cluster.local:9443";
    await eventually("the server to be asked", async () => cluster.asked.has(url));

    // What cannot be generated for leaves it to the objects that run; a status may have been written by anybody.
    await cluster.put("served", {
      ...spec,
      networking: { port: 9000 },
      resources: { models: [{ name: "m", provider: "nobody" }] },
    });
    await cluster.until("served", says("phase=Failed"));
    const status = { serviceURL: "http://elsewhere.example:1" };
    await cluster.admin.mergePatch(
      llamaStackDistributions,
      { namespace: "default", name: "served" },
      { status },
      { subresource: "status" },
    );
    cluster.asked.clear();
    await cluster.restart();
    await eventually("the server to be asked again", async () => cluster.asked.has(url));
    const healed = await cluster.until("served", ({ status: now }) => now?.serviceURL === url);
    expect(healed.status?.phase).toBe("Failed");
    expect([...cluster.asked].filter((origin) => /elsewhere|served.*:9000/.test(origin))).toEqual([]);
  });
});

test("port 0 of v1alpha1 is the usual port", async () => {
  const server = { distribution: starter, containerSpec: { port: 0 } };
  await cluster.create({
    apiVersion: "hawsepipe.dev/v1alpha1",
    kind: "LlamaStackDistribution",
    metadata: { name: "portless", namespace: "default" },
    spec: { replicas: 1, server },
  });
  const ready = await cluster.until("portless", says("phase=Ready"));
  expect(ready.status?.serviceURL).toBe("http://portless-service.default.svc.cluster.local:8321");
  const deployment = JSON.stringify(await cluster.get("Deployment", "portless"));
  expect(deployment).toContain('"containerPort":8321');
});

test("of old configurations two are left, the one in use among them", async () => {
  for (const id of ["one", "two", "three", "one", "four"]) {
    await cluster.put("turning", { distribution: starter, ...inference(vllm(id)) });
    const text = `http://${id}:8000`;
    await cluster.until("turning", says("phase=Ready"));
    await cluster.quiet();
    const current = mountedConfig(await cluster.get("Deployment", "turning"));
    expect(JSON.stringify(await cluster.get("ConfigMap", current))).toContain(text);
  }
  const left = (await cluster.names("ConfigMap")).filter((name) => name.startsWith("turning-config-"));
  expect(left).toHaveLength(2);
  expect(left).toContain(mountedConfig(await cluster.get("Deployment", "turning")));
});

test("what belongs to somebody else is not touched, and said", async () => {
  const metadata = { name: "taken-service", namespace: "default" };
  await cluster.create({ apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 1 }] } });
  await cluster.put("taken", { distribution: starter });
  const refused = await cluster.until(
    "taken",
    says("DeploymentUpdated=False/DeploymentUpdateFailed", "phase=Failed"),
  );
  expect(messageOf(refused, "DeploymentUpdated")).toContain("Service taken-service");
  expect((await cluster.get("Service", "taken-service")).metadata.ownerReferences).toBeUndefined();
  expect((await cluster.names("Deployment")).includes("taken")).toBe(false);
});

test("a claim that another operator left is taken over once its labels say so", async () => {
  const claim = (labels: Record<string, string>): KubeObject => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "moved-pvc", namespace: "default", labels },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "20Gi" } } },
  });
  await cluster.create(
    claim({
      "hawsepipe.dev/managed-by": "hawsepipe",
      "hawsepipe.dev/llama-stack-distribution": "moved",
    }),
  );
  const { uid } = (await cluster.get("PersistentVolumeClaim", "moved-pvc")).metadata;
  await cluster.put("moved", { distribution: starter, workload: { storage: { size: "20Gi" } } });
  await cluster.until("moved", says("phase=Ready", "StorageReady=True/PVCsBound"));
  expect((await cluster.get("PersistentVolumeClaim", "moved-pvc")).metadata).toMatchObject({
    uid,
    ownerReferences: [{ kind: "LlamaStackDistribution", name: "moved" }],
  });
  await eventually("the event", async () => (await cluster.events("moved")).includes("Adopted"));
});

test("what a running server says is reported, without what it was told in confidence", async () => {
  const canary = "canary-value-0815";
  const secretRefs = { host: { secretKeyRef: { name: "key-of-a", key: "host" } } };
  const provider = {
    ...vllm("a"),
    secretRefs,
    apiKey: { secretKeyRef: { name: "key-of-a", key: "token" } },
    settings: { max_batch: 7 },
  };
  cluster.answers.set("/v1/health", { status: "OK" });
  cluster.answers.set("/v1/version", { version: "0.6.0" });
  cluster.answers.set("/v1/providers", {
    data: [
      {
        api: "inference",
        provider_id: "a",
        provider_type: "remote::vllm",
        config: {
          base_url: "http://a:8000/v1",
          api_token: canary,
          host: canary,
          max_batch: 7,
          added: canary,
        },
        health: { status: "Error", message: `refused: http://user:${canary}@a:8000, api key: ${canary}` },
      },
    ],
  });
  await cluster.put("talking", { distribution: starter, ...inference(provider) });
  const found = await cluster.until("talking", says("HealthCheck=True/HealthCheckPassed"));
  expect(found.status?.version?.llamaStackServerVersion).toBe("0.6.0");
  const [reported] = found.status?.distributionConfig?.providers ?? [];
  expect(reported).toMatchObject({ provider_id: "a", health: { status: "Error" } });
  expect(reported?.config).toEqual({
    base_url: "http://a:8000/v1",
    api_token: "********",
    host: "********",
    max_batch: 7,
  });
  expect(JSON.stringify(found)).not.toContain(canary);
});

test("the reconciler has told of no failure of its own", () => {
  expect(cluster.errors).toEqual([]);
});
