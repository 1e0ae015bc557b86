import { describe, expect, it, test } from "vitest";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { distributionNames, embeddedBase } from "../distributions/registry.ts";
import { secret } from "../testing/specs.ts";
import { exampleBase } from "../testing/worked-example.ts";
import { apiSpellings, foldApi } from "./apis.ts";
import type { Base } from "./base.ts";
import { parseBase, readBase } from "./base.ts";
import { generateConfig } from "./generate.ts";
import type { ConfigSpec } from "./input.ts";
import { generationOptions } from "./options.ts";
import { providerKeys, providerType } from "./provider-types.ts";
import type { Failure, Generated } from "./result.ts";
import { isFailure } from "./result.ts";
import { shapeOf } from "./shape.ts";

const starter = embeddedBase("starter")!;
const base = (config: JsonObject): Base => readBase(config, "a test") as Base;

function run(
  spec: Partial<ConfigSpec>,
  from: Base = starter,
  replace: ["inference"] | [] = [],
): Generated & { config: JsonObject } {
  const result = generateConfig({ distribution: { name: "starter" }, ...spec }, from, {
    profile: "server",
    replace,
  });
  if (isFailure(result)) throw new Error(JSON.stringify(result.errors));
  return { ...result, config: decodeYaml(result.yaml).value as JsonObject };
}

const list = (config: JsonObject, ...path: string[]): JsonObject[] =>
  (getPath(config, ...path) ?? []) as JsonObject[];

describe("a base configuration", () => {
  test.each<{ says: string; text: string; want: Partial<Failure> | { version: number } }>([
    { says: "of the current version", text: "version: 2\nstorage: {}", want: { version: 2 } },
    { says: "of the version before", text: "version: '1'\nstorage: {}", want: { version: 1 } },
    { says: "of a later version", text: "version: 3", want: { reason: "UnsupportedConfigVersion" } },
    { says: "without a version", text: "apis: []", want: { reason: "UnsupportedConfigVersion" } },
    {
      says: "in the old layout",
      text: "version: 2\nmodels: []",
      want: { reason: "UnsupportedConfigVersion" },
    },
    { says: "that is a list", text: "[1]", want: { reason: "ConfigGenerationFailed" } },
    { says: "that is no YAML", text: "a: b: c", want: { reason: "ConfigGenerationFailed" } },
    {
      says: "that is too large",
      text: `a: ${"x".repeat(1024 * 1024)}`,
      want: { reason: "ConfigGenerationFailed" },
    },
  ])("$says", ({ text, want }) => {
    expect(parseBase(text, "image x")).toMatchObject(want);
  });

  it("names the version it does not take and those it does", () => {
    const failure = parseBase("version: 3", "image x") as Failure;
    expect(failure.errors[0]?.detail).toMatch(
      /^Unsupported config.yaml version 3 .*supported versions are 2, 1$/,
    );
  });

  test.each<{ says: string; config: JsonObject; want: object }>([
    {
      says: "before the keys for addresses became one",
      config: {
        image_name: "x",
        providers: { inference: [{ provider_type: "remote::vllm", config: { url: "u" } }] },
      },
      want: { endpointKey: "url", hasToolGroups: true },
    },
    {
      says: "after that",
      config: {
        image_name: "x",
        providers: { inference: [{ provider_type: "remote::vllm", config: { base_url: "u" } }] },
      },
      want: { endpointKey: "base_url", hasToolGroups: true },
    },
    {
      says: "that had base_url all along where others did not",
      config: {
        image_name: "x",
        providers: {
          inference: [
            { provider_type: "remote::openai", config: { base_url: "u" } },
            { provider_type: "remote::vllm", config: { url: "u" } },
          ],
        },
      },
      want: { endpointKey: "url" },
    },
    {
      says: "with responses",
      config: { apis: ["responses"] },
      want: { endpointKey: "base_url", hasToolGroups: false },
    },
    { says: "with telemetry", config: { apis: ["telemetry"] }, want: { hasTelemetry: true } },
  ])("is told to be one $says", ({ config, want }) => {
    expect(shapeOf(config)).toMatchObject(want);
  });
});

describe("names", () => {
  it("folds every spelling of every API", () => {
    expect(apiSpellings.map(foldApi)).not.toContain(undefined);
    expect(["datasetIo", "dataset_io", "DATASETIO"].map(foldApi)).toEqual([
      "datasetio",
      "datasetio",
      "datasetio",
    ]);
    expect(foldApi("constructor")).toBeUndefined();
  });

  test.each([
    { api: "safety", provider: "llama-guard", type: "inline::llama-guard" },
    { api: "safety", provider: "bedrock", type: "remote::bedrock" },
    { api: "vector_io", provider: "faiss", type: "inline::faiss" },
    { api: "tool_runtime", provider: "file-search", type: "inline::file-search" },
    { api: "inference", provider: "sentence-transformers", type: "inline::sentence-transformers" },
    { api: "vector_io", provider: "inline::milvus", type: "inline::milvus" },
  ] as const)("$provider of $api is $type", ({ api, provider, type }) => {
    expect(providerType(api, provider)).toBe(type);
  });

  test.each([
    { api: "inference", type: "remote::vllm", early: ["url", "api_token"], late: ["base_url", "api_token"] },
    {
      api: "inference",
      type: "remote::openai",
      early: ["base_url", "api_key"],
      late: ["base_url", "api_key"],
    },
    {
      api: "inference",
      type: "remote::azure",
      early: ["api_base", "api_key"],
      late: ["base_url", "api_key"],
    },
    { api: "inference", type: "remote::ollama", early: ["url", undefined], late: ["base_url", undefined] },
    { api: "vector_io", type: "remote::milvus", early: ["uri", "token"], late: ["uri", "token"] },
    { api: "vector_io", type: "remote::constructor", early: ["url", "api_key"], late: ["url", "api_key"] },
  ] as const)(
    "$type takes its address and key as servers of its time read them",
    ({ api, type, early, late }) => {
      const keys = (endpointKey: "url" | "base_url"): unknown[] => {
        const found = providerKeys(api, type, { endpointKey, hasToolGroups: true, hasTelemetry: false });
        return [found.endpoint, found.apiKey];
      };
      expect([keys("url"), keys("base_url")]).toEqual([early, late]);
    },
  );

  it("reads the options from annotations and says what it does not understand", () => {
    expect(
      generationOptions({
        "hawsepipe.dev/config-profile": "spec",
        "hawsepipe.dev/config-replace-providers": "vectorIo, inference, nope",
      }),
    ).toEqual({
      options: { profile: "spec", replace: ["vector_io", "inference"] },
      problems: ['annotation hawsepipe.dev/config-replace-providers: "nope" is no API'],
    });
  });
});

describe("merging", () => {
  it("takes the place of a provider that is tied to a variable", () => {
    const { config } = run({ providers: { inference: [{ provider: "vllm", endpoint: "http://mine/v1" }] } });
    const ids = list(config, "providers", "inference").map((entry) => entry["provider_id"]);
    expect(ids[0]).toBe("vllm");
    expect(ids).not.toContain("${env.VLLM_URL:+vllm}");
    expect(ids).toContain("sentence-transformers");
  });

  it("replaces a whole list where that is asked for, and leaves out what then leads nowhere", () => {
    const { config, warnings } = run({ providers: { inference: [{ provider: "vllm" }] } }, starter, [
      "inference",
    ]);
    expect(list(config, "providers", "inference")).toHaveLength(1);
    expect(getPath(config, "vector_stores")).toEqual({ default_provider_id: "faiss" });
    expect(warnings).toEqual([
      "vector_stores.default_embedding_model of the distribution is left out: its provider sentence-transformers is not configured any more",
    ]);
  });

  it("serves an API that gains its first provider", () => {
    const { config } = run(
      { providers: { safety: [{ provider: "llama-guard" }] } },
      base({ ...exampleBase(), apis: ["inference"] }),
    );
    expect(config["apis"]).toEqual(["inference", "safety"]);
  });

  it("lets fields win over settings, and says so", () => {
    const { config, warnings } = run({
      providers: {
        inference: [
          {
            provider: "vllm",
            endpoint: "http://a/v1",
            settings: { base_url: "b", x: { secretKeyRef: { name: "n" } } },
          },
        ],
      },
    });
    expect(list(config, "providers", "inference")[0]?.["config"]).toEqual({
      base_url: "http://a/v1",
      x: { secretKeyRef: { name: "n" } },
    });
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toMatch(
      /settings.x looks like a reference to a Secret.*settings.base_url has no effect/s,
    );
  });

  it("leaves what looks like a reference in settings alone, without a variable", () => {
    const settings = { auth: { name: "a", key: "b" } };
    const { config, env, secrets } = run({ providers: { inference: [{ provider: "vllm", settings }] } });
    expect(list(config, "providers", "inference")[0]?.["config"]).toEqual(settings);
    expect([env, secrets]).toEqual([[], []]);
  });

  it("writes telemetry as any other provider for a server that has it", () => {
    const telemetry = [
      { provider: "otlp", endpoint: "http://otel:4318", apiKey: secret("o", "k"), settings: { rate: 0.5 } },
    ];
    const { config } = run(
      { providers: { telemetry } },
      base({ ...exampleBase(), apis: ["inference", "vector_io", "telemetry"] }),
    );
    expect(list(config, "providers", "telemetry")).toEqual([
      {
        provider_id: "otlp",
        provider_type: "remote::otlp",
        config: { url: "http://otel:4318", api_key: "${env.LLSD_OTLP_API_KEY}", rate: 0.5 },
      },
    ]);
  });

  it("keeps hostile keys as the data they are", () => {
    const settings = JSON.parse('{"__proto__": {"a": 1}, "constructor": "c"}') as JsonObject;
    const { yaml } = run({ providers: { inference: [{ provider: "vllm", settings }] } });
    expect(yaml).toContain("__proto__:\n        a: 1\n      constructor: c\n");
  });
});

describe("resources", () => {
  const registered = (config: JsonObject, kind: string): JsonObject[] =>
    list(config, "registered_resources", kind);

  it("gives a model the first of the given providers, or the one it names, also of the base", () => {
    const { config, warnings } = run({
      providers: {
        inference: [
          { id: "b", provider: "vllm" },
          { id: "a", provider: "vllm" },
        ],
      },
      resources: { models: [{ name: "x" }, { name: "y", provider: "a" }, { name: "z", provider: "ollama" }] },
    });
    expect(registered(config, "models").map((model) => model["provider_id"])).toEqual(["b", "a", "ollama"]);
    expect(warnings).toEqual([expect.stringContaining("runs only when OLLAMA_URL is set")]);
  });

  it("carries what is known of a model, and makes a type up only where none is said", () => {
    const { config } = run({
      resources: {
        models: [
          { name: "x", modelType: "rerank", contextLength: 8192, quantization: "fp8" },
          { name: "y", provider: "fireworks" },
        ],
      },
    });
    expect(registered(config, "models")).toEqual([
      {
        model_id: "x",
        provider_id: "fireworks",
        model_type: "rerank",
        metadata: { context_length: 8192, quantization: "fp8" },
      },
      { model_id: "y", provider_id: "fireworks", model_type: "llm", metadata: {} },
    ]);
  });

  it("takes the base's first provider that runs in any case when there is no other", () => {
    const { config } = run({ resources: { models: [{ name: "x" }] } });
    expect(registered(config, "models")[0]?.["provider_id"]).toBe("fireworks");
  });

  it("gives tools the provider made for them, not the first", () => {
    const { config } = run({
      providers: {
        toolRuntime: [
          { id: "mcp", provider: "model-context-protocol" },
          { id: "s", provider: "brave-search" },
        ],
      },
      resources: { tools: ["websearch", "rag", "mcp::files"] },
    });
    expect(
      registered(config, "tool_groups").map((group) => [group["toolgroup_id"], group["provider_id"]]),
    ).toEqual([
      ["builtin::websearch", "s"],
      ["builtin::rag", "rag-runtime"],
      ["mcp::files", "mcp"],
    ]);
  });

  it("registers no tools with a server that finds them by itself", () => {
    const late = base({ ...starter.config, apis: ["responses", "tool_runtime"] });
    const { config, warnings } = run({ resources: { tools: ["x"] } }, late);
    expect(registered(config, "tool_groups").map((group) => group["toolgroup_id"])).not.toContain(
      "builtin::x",
    );
    expect(warnings.join()).toContain("spec.resources.tools has no effect");
  });

  it("keeps the model behind a shield of the base that is asked for by name", () => {
    const { config } = run({ resources: { shields: ["llama-guard", "mine"] } });
    expect(registered(config, "shields")).toEqual([
      { shield_id: "llama-guard", provider_id: "llama-guard", provider_shield_id: "${env.SAFETY_MODEL:=}" },
      expect.objectContaining({ shield_id: "code-scanner" }),
      { shield_id: "mine", provider_id: "llama-guard" },
    ]);
  });
});

describe("disabling", () => {
  it("takes an API out with what belongs to it", () => {
    const { config, warnings } = run({ disabled: ["safety", "postTraining", "responses"] });
    expect(config["apis"]).not.toContain("safety");
    expect(getPath(config, "providers", "safety")).toBeUndefined();
    expect(getPath(config, "registered_resources", "shields")).toBeUndefined();
    expect(config["safety"]).toBeUndefined();
    expect(warnings).toEqual(["spec.disabled[2]: the distribution has no responses API anyway"]);
  });

  it("lists the remaining APIs when the base lists none", () => {
    const { apis: _, ...config } = exampleBase();
    expect(run({ disabled: ["eval"] }, base(config)).config["apis"]).toEqual(["inference", "vector_io"]);
  });
});

describe("storage", () => {
  const backends = (spec: ConfigSpec["storage"], from?: Base): JsonObject =>
    getPath(run({ storage: spec! }, from).config, "storage", "backends") as JsonObject;

  it("leaves what is not named as it is", () => {
    const given = getPath(starter.config, "storage", "backends", "sql_default");
    expect(backends({ kv: {} })["sql_default"]).toEqual(given);
    expect(getPath(run({ disabled: ["safety"] }).config, "storage")).toEqual(starter.config["storage"]);
  });

  it.each(distributionNames().map((name) => ({ name })))(
    "is in files where no type is said, whatever $name keeps it in",
    ({ name }) => {
      const from = embeddedBase(name)!;
      const given = getPath(from.config, "storage", "backends") as JsonObject;
      const found = backends({ kv: {}, sql: {} }, from);
      expect(Object.keys(found).sort()).toEqual(Object.keys(given).sort());
      for (const [backend, { type, db_path }] of Object.entries(found as Record<string, JsonObject>)) {
        const kind = backend.startsWith("kv") ? "kv" : "sql";
        const file = kind === "kv" ? "kvstore.db" : "sql_store.db";
        expect([type, db_path]).toEqual([`${kind}_sqlite`, `\${env.SQLITE_STORE_DIR:=/.llama}/${file}`]);
      }
    },
  );

  it("replaces the backends that stores point at when they have other names", () => {
    const config = exampleBase();
    config["storage"] = {
      backends: { mine: { type: "kv_sqlite", db_path: "x" }, other: { type: "sql_sqlite", db_path: "y" } },
      stores: { metadata: { backend: "mine", namespace: "n" } },
    };
    expect(backends({ kv: { type: "redis", endpoint: "r" } }, base(config))).toEqual({
      mine: { type: "kv_redis", host: "r", port: 6379 },
      other: { type: "sql_sqlite", db_path: "y" },
    });
  });

  it("puts a Redis password where the server makes its URL, and never its value", () => {
    const result = run({
      storage: { kv: { type: "redis", endpoint: "redis://r:6380", password: secret("r", "p") } },
    });
    expect(getPath(result.config, "storage", "backends", "kv_default")).toEqual({
      type: "kv_redis",
      host: ":${env.LLSD_STORAGE_KV_PASSWORD_ENCODED}@r",
      port: 6380,
    });
    expect(result.env.map(({ name }) => name)).toEqual(["LLSD_STORAGE_KV_PASSWORD"]);
  });

  it("warns of what has no effect with files", () => {
    const { warnings } = run({
      storage: {
        kv: { endpoint: "x", password: secret("a", "b") },
        sql: { connectionString: secret("a", "b") },
      },
    });
    expect(warnings).toHaveLength(3);
  });
});

describe("secrets and counts", () => {
  it("leaves a variable to the one who sets it", () => {
    const spec: Partial<ConfigSpec> = {
      providers: {
        inference: [
          { provider: "vllm", apiKey: secret("s", "k"), secretRefs: { "tls.cert": secret("s", "c") } },
        ],
      },
      workload: { overrides: { env: [{ name: "LLSD_VLLM_API_KEY" }] } },
    };
    const { env, warnings, secrets } = run(spec);
    expect(env.map(({ name }) => name)).toEqual(["LLSD_VLLM_TLS_CERT"]);
    expect(warnings).toEqual([expect.stringContaining("sets LLSD_VLLM_API_KEY")]);
    expect(secrets.map(({ path }) => path)).toEqual([
      "spec.providers.inference[0].apiKey",
      "spec.providers.inference[0].secretRefs[tls.cert]",
    ]);
  });

  it("keeps the bytes when a reference points at another Secret, and changes the variable", () => {
    const of = (name: string): Generated =>
      run({ providers: { inference: [{ provider: "vllm", apiKey: secret(name, "k") }] } });
    expect(of("a").hash).toBe(of("b").hash);
    expect(of("a").env).not.toEqual(of("b").env);
  });

  it("writes port, certificate and workers into the server section", () => {
    const spec: Partial<ConfigSpec> = {
      networking: { port: 9443, tls: { enabled: true, secretName: "t" } },
      workload: { workers: 3 },
    };
    expect(run(spec).config["server"]).toEqual({
      port: 9443,
      tls_certfile: "/etc/llama-stack-tls/tls.crt",
      tls_keyfile: "/etc/llama-stack-tls/tls.key",
      workers: 3,
    });
    expect(run({}).config["server"]).toEqual({ port: 8321 });
  });
});
