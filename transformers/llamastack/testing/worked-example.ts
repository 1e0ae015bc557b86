import type { JsonObject } from "../../../machinery/json/value.ts";
import type { ConfigSpec } from "../config/input.ts";
import { secret } from "./specs.ts";

/** A spec that touches every step once, and a base small enough to read. */

export const exampleSpec = (): ConfigSpec => ({
  distribution: { name: "starter" },
  providers: {
    inference: [
      {
        id: "gpu-a",
        provider: "vllm",
        endpoint: "http://gpu-a:8000/v1",
        apiKey: secret("gpu-a", "tok"),
        settings: { max_tokens: 2048 },
      },
    ],
    vectorIo: [
      {
        provider: "pgvector",
        secretRefs: { password: secret("pg", "pw") },
        settings: { host: "pg", port: 5432, db: "rag", user: "rag" },
      },
    ],
  },
  resources: { models: [{ name: "qwen3-8b" }] },
  disabled: ["eval", "scoring", "datasetIo", "postTraining"],
  networking: { port: 9000 },
});

export const exampleBase = (): JsonObject => ({
  version: 2,
  distro_name: "starter",
  apis: ["agents", "datasetio", "eval", "inference", "post_training", "scoring", "tool_runtime", "vector_io"],
  providers: {
    inference: [{ provider_id: "sentence-transformers", provider_type: "inline::sentence-transformers" }],
    vector_io: [
      {
        provider_id: "faiss",
        provider_type: "inline::faiss",
        config: { persistence: { backend: "kv_default", namespace: "vector_io::faiss" } },
      },
    ],
    eval: [{ provider_id: "meta-reference", provider_type: "inline::meta-reference", config: {} }],
  },
  storage: {
    backends: {
      kv_default: { type: "kv_sqlite", db_path: "/.llama/kvstore.db" },
      sql_default: { type: "sql_sqlite", db_path: "/.llama/sql_store.db" },
    },
  },
  server: { port: 8321 },
});
