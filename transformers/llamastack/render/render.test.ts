import { describe, expect, test } from "vitest";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { encodeYaml } from "../../../machinery/yaml/encode.ts";
import { isFailure } from "../config/result.ts";
import { neededVariables } from "../config/variables.ts";
import { largeSpec, mediumSpec, secret, smallSpec } from "../testing/specs.ts";
import type { RenderFacts } from "./facts.ts";
import type { RenderedLlamaStack } from "./render.ts";
import { renderLlamaStack } from "./render.ts";
import { serviceUrl } from "./service.ts";

type Spec = LlamaStackDistribution["spec"];
const distribution = (spec: unknown): LlamaStackDistribution => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "LlamaStackDistribution",
  metadata: { name: "demo", namespace: "team-a" },
  spec: spec as Spec,
});

function render(spec: unknown, facts: RenderFacts = {}): RenderedLlamaStack {
  const rendered = renderLlamaStack(distribution(spec), { facts });
  if (isFailure(rendered)) throw new Error(JSON.stringify(rendered));
  return rendered;
}
const starter = { distribution: { name: "starter" } };
const kindsOf = ({ resources }: RenderedLlamaStack): string[] =>
  resources.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ""}`);
const find = ({ resources }: RenderedLlamaStack, kind: string): JsonObject =>
  asJson(resources.find((resource) => resource.kind === kind) as KubeObject);
const pod = (rendered: RenderedLlamaStack): JsonObject =>
  getPath(find(rendered, "Deployment"), "spec", "template", "spec") as JsonObject;
const server = (rendered: RenderedLlamaStack): JsonObject =>
  (pod(rendered)["containers"] as JsonObject[])[0]!;
const variables = (rendered: RenderedLlamaStack): Record<string, JsonValue | undefined> =>
  Object.fromEntries(
    (server(rendered)["env"] as JsonObject[]).map((variable) => [
      variable["name"] as string,
      variable["value"] ?? getPath(variable, "valueFrom", "secretKeyRef"),
    ]),
  );

describe("golden files", () => {
  const goldens: Record<string, { spec: unknown; facts?: RenderFacts }> = {
    "image-only": { spec: { distribution: { image: "registry.example/stack:1" } } },
    small: { spec: smallSpec() },
    medium: { spec: mediumSpec() },
    override: {
      spec: {
        distribution: { image: "registry.example/stack:1" },
        overrideConfig: { configMapName: "mine" },
        workload: { overrides: { command: ["run"], args: ["it"], serviceAccountName: "theirs" } },
      },
      facts: { overrideConfigHash: "sha256:abc" },
    },
    full: {
      spec: {
        ...largeSpec(),
        externalProviders: {},
        networking: {
          port: 9443,
          tls: { enabled: true, secretName: "tls", caBundle: { configMapName: "ca" } },
          expose: { hostname: "stack.example.com", className: "nginx" },
          allowedFrom: { namespaces: ["web"], labels: ["team"] },
        },
        workload: {
          replicas: 2,
          workers: 4,
          storage: { size: "20Gi", mountPath: "/data" },
          autoscaling: { minReplicas: 1, maxReplicas: 6, targetMemoryUtilizationPercentage: 70 },
          podDisruptionBudget: { minAvailable: 1 },
          overrides: {
            env: [{ name: "OLLAMA_URL", value: "http://ollama:11434/v1" }],
            terminationGracePeriodSeconds: 0,
            volumes: [{ name: "extra", emptyDir: {} }],
            volumeMounts: [{ name: "extra", mountPath: "/extra" }],
          },
        },
      },
      facts: { caBundle: "-----BEGIN CERTIFICATE-----\n", operatorNamespace: "hawsepipe-system" },
    },
  };
  test.each(Object.entries(goldens))("%s", async (name, { spec, facts }) => {
    const { resources } = render(spec, facts);
    const text = resources.map((resource) => encodeYaml(asJson(resource))).join("---\n");
    await expect(text).toMatchFileSnapshot(`./testdata/${name}.yaml`);
  });
});

describe("what is there", () => {
  test("the smallest distribution is a ServiceAccount, a Service and a Deployment of the image as it is", () => {
    const rendered = render(starter);
    expect(kindsOf(rendered)).toEqual(["ServiceAccount demo-sa", "Service demo-service", "Deployment demo"]);
    expect(rendered.source).toBe("DistributionDefault");
    expect(server(rendered)).not.toHaveProperty("command");
    expect(variables(rendered)).not.toHaveProperty("RUN_CONFIG_PATH");
  });

  test.each<{ says: string; spec: object; adds: string[] }>([
    {
      says: "storage: {} asks for a claim",
      spec: { workload: { storage: {} } },
      adds: ["PersistentVolumeClaim demo-pvc"],
    },
    {
      says: "expose: {} asks for an Ingress",
      spec: { networking: { expose: {} } },
      adds: ["Ingress demo-ingress"],
    },
    {
      says: "expose.enabled false does not",
      spec: { networking: { expose: { enabled: false, hostname: "h" } } },
      adds: [],
    },
    {
      says: "allowedFrom asks for a NetworkPolicy",
      spec: { networking: { allowedFrom: {} } },
      adds: ["NetworkPolicy demo-network-policy"],
    },
    {
      says: "autoscaling asks for an autoscaler",
      spec: { workload: { autoscaling: { maxReplicas: 3 } } },
      adds: ["HorizontalPodAutoscaler demo-hpa"],
    },
    {
      says: "a greatest number of 0 asks for none",
      spec: { workload: { autoscaling: { maxReplicas: 0 } } },
      adds: [],
    },
    {
      says: "more than one replica has a disruption budget",
      spec: { workload: { replicas: 2 } },
      adds: ["PodDisruptionBudget demo-pdb"],
    },
  ])("$says", ({ spec, adds }) => {
    const before = kindsOf(render(starter));
    expect(kindsOf(render({ ...starter, ...spec })).filter((kind) => !before.includes(kind))).toEqual(adds);
  });
});

describe("the server", () => {
  test("a generated configuration, its hash and its variables belong together", () => {
    const rendered = render(smallSpec());
    const { metadata, ...configMap } = find(rendered, "ConfigMap");
    const name = getPath(metadata, "name");
    expect(name).toMatch(/^demo-config-[0-9a-f]{8}$/);
    expect(configMap["immutable"]).toBe(true);
    expect(pod(rendered)["volumes"]).toContainEqual({ name: "config", configMap: { name } });
    const hash = getPath(metadata, "annotations", "hawsepipe.dev/config-hash");
    expect(getPath(find(rendered, "Deployment"), "spec", "template", "metadata", "annotations")).toEqual({
      "hawsepipe.dev/config-hash": hash,
    });
  });

  test("the order of keys in the spec changes nothing", () => {
    const shuffled = JSON.parse(JSON.stringify(smallSpec()), (_, value: unknown) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    ) as unknown;
    expect(render(shuffled).resources).toEqual(render(smallSpec()).resources);
  });

  test("another Secret behind the same variable changes the pods though not the configuration", () => {
    const using = (name: string) => ({
      ...starter,
      providers: { inference: [{ provider: "vllm", endpoint: "http://v:1/v1", apiKey: secret(name, "k") }] },
    });
    const [a, b] = [render(using("a")), render(using("b"))];
    expect(find(a, "ConfigMap")).toEqual(find(b, "ConfigMap"));
    expect(variables(a)["LLSD_VLLM_API_KEY"]).toEqual({ name: "a", key: "k", optional: false });
    expect(variables(b)["LLSD_VLLM_API_KEY"]).toEqual({ name: "b", key: "k", optional: false });
  });

  test("a variable of the user's counts once, in the place of ours", () => {
    const env = [{ name: "LLS_WORKERS", value: "9" }];
    const rendered = render({ ...starter, workload: { overrides: { env } } });
    const all = (server(rendered)["env"] as JsonObject[]).filter(({ name }) => name === "LLS_WORKERS");
    expect(all).toEqual(env);
  });

  test("files follow the claim where it is mounted elsewhere", () => {
    expect(variables(render({ ...starter, workload: { storage: { mountPath: "/data" } } }))).toMatchObject({
      HF_HOME: "/data",
      SQLITE_STORE_DIR: "/data",
      FILES_STORAGE_DIR: "/data/files",
    });
    expect(variables(render(starter))).not.toHaveProperty("SQLITE_STORE_DIR");
  });

  test("a secret that has to be taken apart is unpacked before what the user starts", () => {
    const storage = { sql: { type: "postgres", connectionString: secret("pg", "url") } };
    const plain = server(render({ ...starter, storage }))["command"] as string[];
    expect([plain[0], ...plain.slice(3)]).toEqual([
      "python3",
      "llama",
      "stack",
      "run",
      "/etc/llama-stack/config.yaml",
    ]);
    const workload = { overrides: { command: ["mine"] } };
    const own = server(render({ ...starter, storage, workload }))["command"] as string[];
    expect([own[0], ...own.slice(3)]).toEqual(["python3", "mine"]);
  });

  test("a configuration of the user's is mounted whole and left alone", () => {
    const rendered = render({ distribution: { image: "i" }, overrideConfig: { configMapName: "c" } });
    expect(rendered.source).toBe("Override");
    expect(pod(rendered)["volumes"]).toContainEqual({ name: "config", configMap: { name: "c" } });
    expect(server(rendered)["volumeMounts"]).toContainEqual({
      name: "config",
      mountPath: "/etc/llama-stack",
      readOnly: true,
    });
    expect(kindsOf(rendered).some((kind) => kind.startsWith("ConfigMap"))).toBe(false);
  });

  test("TLS reaches configuration, mount, probes and address, whatever else the spec says", () => {
    const networking = { tls: { enabled: true, secretName: "t" } };
    const secure = render({ ...starter, networking });
    expect(secure.source).toBe("Generated");
    const config = decodeYaml(getPath(find(secure, "ConfigMap"), "data", "config.yaml") as string).value;
    expect(getPath(config as JsonObject, "server")).toEqual({
      port: 8321,
      tls_certfile: "/etc/llama-stack-tls/tls.crt",
      tls_keyfile: "/etc/llama-stack-tls/tls.key",
    });
    expect(variables(secure)).toMatchObject({ LLAMA_STACK_CONFIG: "/etc/llama-stack/config.yaml" });
    expect(pod(secure)["volumes"]).toContainEqual({ name: "tls", secret: { secretName: "t" } });
    expect(server(secure)["volumeMounts"]).toContainEqual({
      name: "tls",
      mountPath: "/etc/llama-stack-tls",
      readOnly: true,
    });
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
      expect(getPath(server(secure), probe, "httpGet", "scheme")).toBe("HTTPS");
    expect(serviceUrl(distribution({ ...starter, networking }))).toBe(
      "https://demo-service.team-a.svc.cluster.local:8321",
    );
    expect(renderLlamaStack(distribution({ distribution: { image: "i" }, networking }))).toMatchObject({
      reason: "BaseConfigRequired",
    });
  });

  test("authorities alone turn no TLS on", () => {
    const trusting = render(
      { ...starter, networking: { tls: { caBundle: { configMapName: "c" } } } },
      { caBundle: "pem" },
    );
    expect(getPath(server(trusting), "readinessProbe", "httpGet", "scheme")).toBe("HTTP");
    expect(variables(trusting)["SSL_CERT_FILE"]).toBe("/etc/ssl/certs/ca-bundle/ca-bundle.crt");
    expect(find(trusting, "ConfigMap")["data"]).toEqual({ "ca-bundle.crt": "pem" });
  });

  test.each<{ says: string; disabled?: string[]; workload: object; want: object }>([
    { says: "nothing said", workload: {}, want: { requests: { cpu: "1", memory: "1Gi" } } },
    {
      says: "workers are CPUs, and the limit",
      disabled: ["batches"],
      workload: { workers: 3 },
      want: { limits: { cpu: "3", memory: "1Gi" }, requests: { cpu: "3", memory: "1Gi" } },
    },
    {
      says: "workers the server is not told of are none",
      workload: { workers: 3 },
      want: { requests: { cpu: "1", memory: "1Gi" } },
    },
    {
      says: "a limit is request enough",
      workload: { resources: { limits: { cpu: 2 } } },
      want: { limits: { cpu: 2 }, requests: { memory: "1Gi" } },
    },
    {
      says: "what is asked for stays as it is written",
      workload: { resources: { requests: { cpu: "250m", memory: "512Mi", "nvidia.com/gpu": 1 } } },
      want: { requests: { cpu: "250m", memory: "512Mi", "nvidia.com/gpu": 1 } },
    },
  ])("resources: $says", ({ workload, disabled = [], want }) => {
    expect(server(render({ ...starter, disabled, workload }))["resources"]).toEqual(want);
  });

  test("no replicas are no replicas, and an autoscaler owns their number", () => {
    expect(
      getPath(find(render({ ...starter, workload: { replicas: 0 } }), "Deployment"), "spec", "replicas"),
    ).toBe(0);
    const scaled = render({ ...starter, workload: { replicas: 4, autoscaling: { maxReplicas: 2 } } });
    expect(getPath(find(scaled, "Deployment"), "spec")).not.toHaveProperty("replicas");
    expect(getPath(find(scaled, "HorizontalPodAutoscaler"), "spec")).toMatchObject({
      minReplicas: 2,
      maxReplicas: 2,
    });
  });

  test("pods are spread as the spec says, or else apart where there are several", () => {
    const spreadOf = (workload: object): JsonObject[] =>
      (pod(render({ ...starter, workload }))["topologySpreadConstraints"] ?? []) as JsonObject[];
    const given = { maxSkew: 2, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule" };
    const labelSelector = { matchLabels: { "hawsepipe.dev/llama-stack-distribution": "demo" } };
    expect(spreadOf({ topologySpreadConstraints: [given] })).toEqual([{ ...given, labelSelector }]);
    expect(spreadOf({ replicas: 2 }).map(({ topologyKey }) => topologyKey)).toEqual([
      "topology.kubernetes.io/region",
      "topology.kubernetes.io/zone",
      "kubernetes.io/hostname",
    ]);
    expect(spreadOf({})).toEqual([]);
  });

  test("a claim is held by one generation of pods at a time", () => {
    const strategyOf = (spec: object) =>
      getPath(find(render({ ...starter, ...spec }), "Deployment"), "spec", "strategy");
    expect(strategyOf({ workload: { storage: {} } })).toEqual({ type: "Recreate" });
    expect(strategyOf({})).toMatchObject({ type: "RollingUpdate" });
  });
});

describe("who reaches it", () => {
  const peersOf = (allowedFrom: object) =>
    getPath(
      find(
        render({ ...starter, networking: { allowedFrom } }, { operatorNamespace: "ops" }),
        "NetworkPolicy",
      ),
      "spec",
      "ingress",
    );
  test("a star is everybody", () => {
    expect(peersOf({ namespaces: ["a", "*"] })).toEqual([
      { from: [{ namespaceSelector: {} }], ports: [{ port: 8321, protocol: "TCP" }] },
    ]);
  });
  test("its own namespace and Hawsepipe's always do; others by name or by label", () => {
    expect(
      getPath((peersOf({ namespaces: ["a", "ops"], labels: ["team"] }) as JsonObject[])[0], "from"),
    ).toEqual([
      { podSelector: {} },
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ops" } } },
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "a" } } },
      { namespaceSelector: { matchExpressions: [{ key: "team", operator: "Exists" }] } },
    ]);
  });

  test.each<{ says: string; expose: object; facts: RenderFacts; host: string | undefined }>([
    { says: "the host that is given", expose: { hostname: "h" }, facts: { exposeDomain: "d" }, host: "h" },
    {
      says: "a host in the domain",
      expose: {},
      facts: { exposeDomain: "d.example" },
      host: "demo-team-a.d.example",
    },
    { says: "no host, with a warning", expose: {}, facts: {}, host: undefined },
  ])("an Ingress has $says", ({ expose, facts, host }) => {
    const rendered = render({ ...starter, networking: { expose } }, facts);
    const rules = getPath(find(rendered, "Ingress"), "spec", "rules") as JsonObject[];
    expect(rules[0]?.["host"]).toBe(host);
    expect(rendered.warnings).toHaveLength(host === undefined ? 1 : 0);
  });

  test("a generated host is one label of a length that can be, and another one for every distribution", () => {
    const hostOf = (name: string, namespace: string): string => {
      const object = distribution({ ...starter, networking: { expose: {} } });
      const rendered = renderLlamaStack(
        { ...object, metadata: { name, namespace } },
        { facts: { exposeDomain: "d" } },
      );
      if (isFailure(rendered)) throw new Error(rendered.reason);
      return ((getPath(find(rendered, "Ingress"), "spec", "rules") as JsonObject[])[0]?.["host"] ??
        "") as string;
    };
    const long = `${"n".repeat(40)}-${"x".repeat(7)}`;
    const hosts = ["t".repeat(63), `${"t".repeat(62)}u`].map((namespace) => hostOf(long, namespace));
    expect(hosts[0]).toMatch(/^n{40}-x{7}-t{5}-[0-9a-f]{8}\.d$/);
    expect(new Set(hosts).size).toBe(2);
    expect(hostOf("a", "b".repeat(61))).toBe(`a-${"b".repeat(61)}.d`);
  });

  test("a disruption budget that says both, as v1alpha1 lets it, is one that can be applied", () => {
    const rendered = render({
      ...starter,
      workload: { podDisruptionBudget: { minAvailable: 1, maxUnavailable: 2 } },
    });
    expect(getPath(find(rendered, "PodDisruptionBudget"), "spec")).not.toHaveProperty("maxUnavailable");
    expect(rendered.unsupported.map(({ path }) => path)).toEqual([
      "spec.workload.podDisruptionBudget.maxUnavailable",
    ]);
  });
});

describe("what its author is told", () => {
  const told = (spec: object): readonly string[] => {
    const { warnings, unsupported } = render({ ...starter, ...spec });
    return [...warnings, ...unsupported.map(({ path, reason }) => `${path}: has no effect: ${reason}`)];
  };
  const overrideConfig = { configMapName: "mine" };
  const external = { inference: [{ providerId: "house", image: "r.example/house:1" }] };
  const needsModel =
    "spec.workload.overrides.env: the server's configuration refers to INFERENCE_MODEL; " +
    "the server does not start without it, unless its image sets it";
  test.each<{ says: string; spec: object; want: string[] }>([
    { says: "nothing of an image's own configuration", spec: {}, want: [] },
    {
      says: "that a configuration of one's own has to name the certificate",
      spec: { overrideConfig, networking: { tls: { enabled: true, secretName: "t" } } },
      want: [
        "spec.networking.tls.enabled: the configuration of spec.overrideConfig has to name the certificate, as " +
          "server.tls_certfile /etc/llama-stack-tls/tls.crt and server.tls_keyfile /etc/llama-stack-tls/tls.key; " +
          "probes and clients use HTTPS, and a server that does not answer it is restarted",
      ],
    },
    {
      says: "that external providers are none beside a configuration of one's own",
      spec: { overrideConfig, externalProviders: external },
      want: [
        "spec.externalProviders: has no effect: the configuration of spec.overrideConfig is used as it is, and no code of " +
          "a provider is installed beside it",
      ],
    },
    {
      says: "nothing where there are none",
      spec: { overrideConfig, externalProviders: { inference: [] } },
      want: [],
    },
    {
      says: "that workers are those of one's own configuration",
      spec: { overrideConfig, workload: { workers: 2 } },
      want: [
        "spec.workload.workers: has no effect: the configuration of spec.overrideConfig is used as it is, and the server " +
          "reads there how many it has (server.workers)",
      ],
    },
    {
      says: "that workers are those of the image's own configuration",
      spec: { workload: { workers: 2 } },
      want: [
        "spec.workload.workers: has no effect: the image's own configuration is used as it is, and the server reads there " +
          "how many it has (server.workers)",
      ],
    },
    {
      says: "nothing of workers the server gets",
      spec: { disabled: ["batches"], workload: { workers: 2 } },
      want: [],
    },
    {
      says: "nothing of a model that may be left out",
      spec: { distribution: { name: "remote-vllm" } },
      want: [],
    },
    {
      says: "of a variable an image's own configuration needs",
      spec: { distribution: { name: "meta-reference-gpu" } },
      want: [needsModel],
    },
    {
      says: "of a variable that a generated configuration needs",
      spec: { distribution: { name: "meta-reference-gpu" }, disabled: ["eval"] },
      want: [needsModel],
    },
    {
      says: "nothing of one that is set",
      spec: {
        distribution: { name: "meta-reference-gpu" },
        disabled: ["eval"],
        workload: { overrides: { env: [{ name: "INFERENCE_MODEL", value: "m" }] } },
      },
      want: [],
    },
    {
      says: "of one in settings, and nothing of those the pod has",
      spec: {
        providers: {
          inference: [
            { provider: "vllm", settings: { base_url: "http://${env.GPU_HOST}:${env.LLS_PORT}/v1" } },
          ],
        },
      },
      want: [needsModel.replace("INFERENCE_MODEL", "GPU_HOST")],
    },
  ])("$says", ({ spec, want }) => {
    expect(told(spec)).toEqual(want);
  });

  test("a provider that is tied to a variable needs others only where that one is set", () => {
    const config = {
      providers: {
        a: [{ provider_id: "${env.ON:+x}", config: { url: "${env.URL}" } }, { provider_id: "y" }],
      },
      other: ["${env.ALWAYS}", "${env.NEVER:=x}", "${env.NEVER:+x}"],
    };
    expect(neededVariables(config, new Set())).toEqual(["ALWAYS"]);
    expect(neededVariables(config, new Set(["ON"]))).toEqual(["ALWAYS", "URL"]);
  });
});

describe("what cannot be rendered leaves nothing", () => {
  test.each<{ says: string; spec: object; reason: string }>([
    {
      says: "an unknown distribution",
      spec: { distribution: { name: "nope" } },
      reason: "ConfigGenerationFailed",
    },
    {
      says: "an image without a base, with providers",
      spec: { distribution: { image: "i" }, providers: { inference: [{ provider: "vllm" }] } },
      reason: "BaseConfigRequired",
    },
    {
      says: "a model without a provider that runs",
      spec: { ...starter, resources: { models: [{ name: "m", provider: "gone" }] } },
      reason: "ConfigGenerationFailed",
    },
  ])("$says", ({ spec, reason }) => {
    const rendered = renderLlamaStack(distribution(spec));
    expect(isFailure(rendered) && rendered.reason).toBe(reason);
    expect(rendered).not.toHaveProperty("resources");
  });
});
