import type { JsonObject } from "../../../machinery/json/value.ts";
import {
  agents,
  embeddingModel,
  evaluation,
  faiss,
  files,
  keyValue,
  llamaGuard,
  postgresStorage,
  provider,
  registered,
  sentenceTransformers,
  sqliteStorage,
  toolGroups,
  tools,
  vllm,
} from "./parts.ts";

/** The distributions with one inference provider of their own. */

const apis = [
  "agents",
  "datasetio",
  "eval",
  "files",
  "inference",
  "safety",
  "scoring",
  "tool_runtime",
  "vector_io",
];

/** A model named by a variable, for those who have no spec.resources.models; without the variable the server skips it. */
const servedModel = (provider: string): JsonObject => ({
  model_id: "${env.INFERENCE_MODEL:=}",
  provider_id: provider,
  model_type: "llm",
  metadata: {},
});

/** A vLLM server somewhere else, the rest inside. */
export const remoteVllm = (): JsonObject => ({
  version: 2,
  distro_name: "remote-vllm",
  apis: [...apis],
  providers: {
    agents: [agents()],
    ...evaluation(),
    files: [files()],
    inference: [vllm("vllm-inference"), sentenceTransformers()],
    safety: [llamaGuard()],
    tool_runtime: [
      ...tools(),
      provider("wolfram-alpha", "remote::wolfram-alpha", { api_key: "${env.WOLFRAM_ALPHA_API_KEY:=}" }),
    ],
    vector_io: [faiss()],
  },
  storage: sqliteStorage(),
  registered_resources: registered({
    models: [servedModel("vllm-inference"), embeddingModel("all-MiniLM-L6-v2", 384)],
    tool_groups: [...toolGroups(), { toolgroup_id: "builtin::wolfram_alpha", provider_id: "wolfram-alpha" }],
  }),
  server: { port: 8321 },
});

/** The server runs the model itself, on its own GPU. */
export const metaReferenceGpu = (): JsonObject => ({
  version: 2,
  image_name: "meta-reference-gpu",
  apis: [...apis],
  providers: {
    agents: [agents()],
    ...evaluation(),
    files: [files()],
    inference: [
      provider("meta-reference-inference", "inline::meta-reference", {
        model: "${env.INFERENCE_MODEL}",
        checkpoint_dir: "${env.INFERENCE_CHECKPOINT_DIR:=null}",
        quantization: { type: "${env.QUANTIZATION_TYPE:=bf16}" },
        model_parallel_size: "${env.MODEL_PARALLEL_SIZE:=0}",
        max_batch_size: "${env.MAX_BATCH_SIZE:=1}",
        max_seq_len: "${env.MAX_SEQ_LEN:=4096}",
      }),
      sentenceTransformers(),
    ],
    safety: [llamaGuard()],
    tool_runtime: tools(),
    vector_io: [faiss()],
  },
  storage: sqliteStorage({}),
  registered_resources: registered({
    models: [servedModel("meta-reference-inference"), embeddingModel("nomic-ai/nomic-embed-text-v1.5", 768)],
    tool_groups: toolGroups(),
  }),
  server: { port: 8321 },
});

/** State in PostgreSQL, models from a vLLM server, so that the server's pods keep nothing. */
export const postgresDemo = (): JsonObject => ({
  version: 2,
  distro_name: "postgres-demo",
  apis: ["agents", "files", "inference", "safety", "tool_runtime", "vector_io"],
  providers: {
    agents: [agents()],
    files: [files()],
    inference: [vllm("vllm-inference"), sentenceTransformers()],
    safety: [llamaGuard()],
    tool_runtime: tools(),
    vector_io: [
      provider(
        "chromadb",
        "remote::chromadb",
        { url: "${env.CHROMADB_URL:=}", persistence: keyValue("vector_io::chroma_remote") },
        "ENABLE_CHROMADB",
      ),
    ],
  },
  storage: postgresStorage(),
  registered_resources: registered({
    models: [servedModel("vllm-inference"), embeddingModel("nomic-ai/nomic-embed-text-v1.5", 768)],
    shields: [{ shield_id: "meta-llama/Llama-Guard-3-8B", provider_id: "llama-guard" }],
    tool_groups: toolGroups(),
  }),
  server: { port: 8321 },
});
