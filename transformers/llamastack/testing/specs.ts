import type { ConfigSpec, SecretSource } from "../config/input.ts";

/** Specs the tests and the benchmark share. */

export const secret = (name: string, key: string): SecretSource => ({ secretKeyRef: { name, key } });

/** The smallest: one provider, one model. */
export const smallSpec = (): ConfigSpec => ({
  distribution: { name: "starter" },
  providers: { inference: [{ provider: "vllm", endpoint: "http://vllm:8000/v1" }] },
  resources: { models: [{ name: "qwen3-8b" }] },
});

/** Five providers and ten models, storage and networking. */
export const mediumSpec = (): ConfigSpec => ({
  distribution: { name: "starter" },
  providers: {
    inference: [
      { id: "gpu-a", provider: "vllm", endpoint: "http://gpu-a:8000/v1", apiKey: secret("gpu-a", "token") },
      { id: "gpu-b", provider: "vllm", endpoint: "http://gpu-b:8000/v1", settings: { max_tokens: 8192 } },
    ],
    safety: [{ provider: "llama-guard" }],
    vectorIo: [
      {
        provider: "pgvector",
        secretRefs: { password: secret("pg", "password"), user: secret("pg", "user") },
        settings: { host: "pg", port: 5432, db: "rag" },
      },
    ],
    toolRuntime: [{ provider: "tavily-search", apiKey: secret("tavily", "key") }],
  },
  resources: { models: models(10, ["gpu-a", "gpu-b"]), tools: ["websearch", "rag"] },
  storage: { kv: { type: "sqlite" }, sql: { type: "postgres", connectionString: secret("pg", "url") } },
  networking: { port: 9000, tls: { enabled: true, secretName: "tls" } },
});

/** Ten providers, fifty models and everything else. */
export const largeSpec = (): ConfigSpec => ({
  distribution: { name: "starter" },
  providers: {
    inference: ["a", "b", "c", "d", "e"].map((name) => ({
      id: `gpu-${name}`,
      provider: "vllm",
      endpoint: `http://gpu-${name}:8000/v1`,
      apiKey: secret(`gpu-${name}`, "token"),
      secretRefs: { "tls-cert": secret(`gpu-${name}`, "tls.crt") },
      settings: { max_tokens: 4096, network: { tls: { verify: false }, timeout: { connect: 2.5 } } },
    })),
    safety: [
      { id: "guard", provider: "llama-guard", settings: { excluded_categories: ["S1"] } },
      { id: "scanner", provider: "code-scanner" },
    ],
    vectorIo: [
      {
        provider: "pgvector",
        secretRefs: { password: secret("pg", "password") },
        settings: { host: "pg", port: 5432, db: "rag", user: "rag" },
      },
    ],
    toolRuntime: [
      { id: "search", provider: "brave-search", apiKey: secret("brave", "key") },
      { id: "mcp", provider: "model-context-protocol" },
    ],
  },
  resources: {
    models: models(50, ["gpu-a", "gpu-b", "gpu-c", "gpu-d", "gpu-e", "openai"]),
    tools: ["websearch", "rag", "mcp::files"],
    shields: ["meta-llama/Llama-Guard-3-8B", "code-scanner"],
  },
  storage: {
    kv: { type: "redis", endpoint: "redis://redis:6379", password: secret("redis", "password") },
    sql: { type: "postgres", connectionString: secret("pg", "url") },
  },
  disabled: ["postTraining", "eval"],
  networking: { port: 9443, tls: { enabled: true, secretName: "tls" } },
  workload: { workers: 4, storage: { mountPath: "/data" } },
  externalProviders: { inference: [{ providerId: "house", image: "registry.example/house:1" }] },
});

const models = (count: number, providers: readonly string[]) =>
  Array.from({ length: count }, (_, i) => ({
    name: `org/model-${i}`,
    provider: providers[i % providers.length] ?? "",
    contextLength: 4096 * (1 + (i % 4)),
    ...(i % 3 === 0 ? { quantization: "fp8" } : {}),
  }));
