import type { JsonObject } from "../../../machinery/json/value.ts";
import {
  agents,
  databaseFile,
  evaluation,
  faiss,
  files,
  keyValue,
  llamaGuard,
  provider,
  registered,
  sentenceTransformers,
  sqliteStorage,
  toolGroups,
  tools,
  vllm,
} from "./parts.ts";

/** Everything that needs no accelerator of its own; most of it sleeps until its variable is set. */
export const starter = (): JsonObject => ({
  version: 2,
  distro_name: "starter",
  apis: [
    "agents",
    "batches",
    "datasetio",
    "eval",
    "file_processors",
    "files",
    "inference",
    "post_training",
    "safety",
    "scoring",
    "tool_runtime",
    "vector_io",
  ],
  providers: {
    agents: [agents()],
    batches: [provider("reference", "inline::reference", { kvstore: keyValue("batches") })],
    ...evaluation(),
    file_processors: [provider("pypdf", "inline::pypdf")],
    files: [files()],
    inference: inference(),
    post_training: [provider("torchtune-cpu", "inline::torchtune-cpu", { checkpoint_format: "meta" })],
    safety: [llamaGuard(), provider("code-scanner", "inline::code-scanner")],
    tool_runtime: tools(),
    vector_io: vectorStores(),
  },
  storage: sqliteStorage(),
  registered_resources: registered({ shields: shields(), tool_groups: toolGroups() }),
  vector_stores: {
    default_provider_id: "faiss",
    default_embedding_model: {
      provider_id: "sentence-transformers",
      model_id: "nomic-ai/nomic-embed-text-v1.5",
    },
  },
  safety: { default_shield_id: "llama-guard" },
  connectors: [],
  server: { port: 8321 },
});

const shields = (): JsonObject[] => [
  {
    shield_id: "llama-guard",
    provider_id: "${env.SAFETY_MODEL:+llama-guard}",
    provider_shield_id: "${env.SAFETY_MODEL:=}",
  },
  {
    shield_id: "code-scanner",
    provider_id: "${env.CODE_SCANNER_MODEL:+code-scanner}",
    provider_shield_id: "${env.CODE_SCANNER_MODEL:=}",
  },
];

/** A provider of models over the network that has an address of its own and wants a key. */
const hosted = (id: string, url: string, variable: string): JsonObject =>
  provider(id, `remote::${id}`, { base_url: url, api_key: `\${env.${variable}:=}` });

const keyed = (id: string, variable: string): JsonObject =>
  provider(id, `remote::${id}`, { api_key: `\${env.${variable}:=}` });

const inference = (): JsonObject[] => [
  provider(
    "cerebras",
    "remote::cerebras",
    { base_url: "https://api.cerebras.ai/v1", api_key: "${env.CEREBRAS_API_KEY:=}" },
    "CEREBRAS_API_KEY",
  ),
  provider(
    "ollama",
    "remote::ollama",
    { base_url: "${env.OLLAMA_URL:=http://localhost:11434/v1}" },
    "OLLAMA_URL",
  ),
  vllm("vllm", "VLLM_URL"),
  provider("tgi", "remote::tgi", { base_url: "${env.TGI_URL:=}" }, "TGI_URL"),
  hosted("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
  hosted("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
  provider("bedrock", "remote::bedrock", {
    api_key: "${env.AWS_BEARER_TOKEN_BEDROCK:=}",
    region_name: "${env.AWS_DEFAULT_REGION:=us-east-2}",
  }),
  provider(
    "nvidia",
    "remote::nvidia",
    {
      base_url: "${env.NVIDIA_BASE_URL:=https://integrate.api.nvidia.com/v1}",
      api_key: "${env.NVIDIA_API_KEY:=}",
    },
    "NVIDIA_API_KEY",
  ),
  hosted("openai", "${env.OPENAI_BASE_URL:=https://api.openai.com/v1}", "OPENAI_API_KEY"),
  keyed("anthropic", "ANTHROPIC_API_KEY"),
  keyed("gemini", "GEMINI_API_KEY"),
  provider(
    "vertexai",
    "remote::vertexai",
    { project: "${env.VERTEX_AI_PROJECT:=}", location: "${env.VERTEX_AI_LOCATION:=global}" },
    "VERTEX_AI_PROJECT",
  ),
  hosted("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
  hosted("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
  provider(
    "azure",
    "remote::azure",
    {
      api_key: "${env.AZURE_API_KEY:=}",
      base_url: "${env.AZURE_API_BASE:=}",
      api_version: "${env.AZURE_API_VERSION:=}",
      api_type: "${env.AZURE_API_TYPE:=}",
    },
    "AZURE_API_KEY",
  ),
  sentenceTransformers(),
];

const vectorStores = (): JsonObject[] => [
  faiss(),
  provider("sqlite-vec", "inline::sqlite-vec", {
    db_path: databaseFile("sqlite_vec.db"),
    persistence: keyValue("vector_io::sqlite_vec"),
  }),
  provider(
    "milvus",
    "inline::milvus",
    { db_path: databaseFile("milvus.db"), persistence: keyValue("vector_io::milvus") },
    "MILVUS_URL",
  ),
  provider(
    "chromadb",
    "remote::chromadb",
    { url: "${env.CHROMADB_URL:=}", persistence: keyValue("vector_io::chroma_remote") },
    "CHROMADB_URL",
  ),
  provider(
    "pgvector",
    "remote::pgvector",
    {
      host: "${env.PGVECTOR_HOST:=localhost}",
      port: "${env.PGVECTOR_PORT:=5432}",
      db: "${env.PGVECTOR_DB:=}",
      user: "${env.PGVECTOR_USER:=}",
      password: "${env.PGVECTOR_PASSWORD:=}",
      persistence: keyValue("vector_io::pgvector"),
    },
    "PGVECTOR_DB",
  ),
  provider(
    "qdrant",
    "remote::qdrant",
    {
      url: "${env.QDRANT_URL:=}",
      api_key: "${env.QDRANT_API_KEY:=}",
      persistence: keyValue("vector_io::qdrant_remote"),
    },
    "QDRANT_URL",
  ),
  provider(
    "weaviate",
    "remote::weaviate",
    {
      weaviate_cluster_url: "${env.WEAVIATE_CLUSTER_URL:=localhost:8080}",
      weaviate_api_key: "${env.WEAVIATE_API_KEY:=}",
      persistence: keyValue("vector_io::weaviate"),
    },
    "WEAVIATE_CLUSTER_URL",
  ),
  provider(
    "elasticsearch",
    "remote::elasticsearch",
    {
      elasticsearch_url: "${env.ELASTICSEARCH_URL:=localhost:9200}",
      elasticsearch_api_key: "${env.ELASTICSEARCH_API_KEY:=}",
      persistence: keyValue("vector_io::elasticsearch"),
    },
    "ELASTICSEARCH_URL",
  ),
];
