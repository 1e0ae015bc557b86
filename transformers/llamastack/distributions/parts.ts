import type { JsonObject } from "../../../machinery/json/value.ts";

/** What several base configurations have in common, written for server 0.4 to 0.6. */

/** Where the server keeps its files unless the pod says otherwise; a volume is mounted there. */
const directory = "/.llama";

/** A path below the directory of the server's databases. */
export const databaseFile = (name: string): string => `\${env.SQLITE_STORE_DIR:=${directory}}/${name}`;

/** A provider entry; `only` is the variable without which the provider is left out. */
export function provider(id: string, type: string, config: JsonObject = {}, only?: string): JsonObject {
  const providerId = only === undefined ? id : `\${env.${only}:+${id}}`;
  return { provider_id: providerId, provider_type: type, config };
}

/** Where a provider keeps its state. */
export const keyValue = (namespace: string): JsonObject => ({ namespace, backend: "kv_default" });

const responsesTable: JsonObject = {
  table_name: "responses",
  backend: "sql_default",
  max_write_queue_size: 10000,
  num_writers: 4,
};

export const agents = (): JsonObject =>
  provider("meta-reference", "inline::meta-reference", {
    persistence: { agent_state: keyValue("agents"), responses: { ...responsesTable } },
  });

export const files = (): JsonObject =>
  provider("meta-reference-files", "inline::localfs", {
    storage_dir: `\${env.FILES_STORAGE_DIR:=${directory}/files}`,
    metadata_store: { table_name: "files_metadata", backend: "sql_default" },
  });

export const vllm = (id: string, only?: string): JsonObject =>
  provider(
    id,
    "remote::vllm",
    {
      base_url: "${env.VLLM_URL:=}",
      max_tokens: "${env.VLLM_MAX_TOKENS:=4096}",
      api_token: "${env.VLLM_API_TOKEN:=fake}",
      network: { tls: { verify: "${env.VLLM_TLS_VERIFY:=true}" } },
    },
    only,
  );

export const sentenceTransformers = (): JsonObject =>
  provider("sentence-transformers", "inline::sentence-transformers");

export const faiss = (): JsonObject =>
  provider("faiss", "inline::faiss", { persistence: keyValue("vector_io::faiss") });

export const llamaGuard = (): JsonObject =>
  provider("llama-guard", "inline::llama-guard", { excluded_categories: [] });

/** Evaluation, and the data sets and scoring it stands on. */
export const evaluation = (): { eval: JsonObject[]; datasetio: JsonObject[]; scoring: JsonObject[] } => ({
  eval: [provider("meta-reference", "inline::meta-reference", { kvstore: keyValue("eval") })],
  datasetio: [
    provider("huggingface", "remote::huggingface", { kvstore: keyValue("datasetio::huggingface") }),
    provider("localfs", "inline::localfs", { kvstore: keyValue("datasetio::localfs") }),
  ],
  scoring: [
    provider("basic", "inline::basic"),
    provider("llm-as-judge", "inline::llm-as-judge"),
    provider("braintrust", "inline::braintrust", { openai_api_key: "${env.OPENAI_API_KEY:=}" }),
  ],
});

/** Web search, retrieval and remote tools. */
export const tools = (): JsonObject[] => [
  provider("brave-search", "remote::brave-search", {
    api_key: "${env.BRAVE_SEARCH_API_KEY:=}",
    max_results: 3,
  }),
  provider("tavily-search", "remote::tavily-search", {
    api_key: "${env.TAVILY_SEARCH_API_KEY:=}",
    max_results: 3,
  }),
  provider("rag-runtime", "inline::rag-runtime"),
  provider("model-context-protocol", "remote::model-context-protocol"),
];

export const toolGroups = (): JsonObject[] => [
  { toolgroup_id: "builtin::websearch", provider_id: "tavily-search" },
  { toolgroup_id: "builtin::rag", provider_id: "rag-runtime" },
];

const stores = (): JsonObject => ({
  metadata: keyValue("registry"),
  inference: {
    table_name: "inference_store",
    backend: "sql_default",
    max_write_queue_size: 10000,
    num_writers: 4,
  },
  conversations: { table_name: "openai_conversations", backend: "sql_default" },
  prompts: keyValue("prompts"),
});

/** Databases in files; server 0.4 has no store for connectors yet. */
export const sqliteStorage = (more: JsonObject = { connectors: keyValue("connectors") }): JsonObject => ({
  backends: {
    kv_default: { type: "kv_sqlite", db_path: databaseFile("kvstore.db") },
    sql_default: { type: "sql_sqlite", db_path: databaseFile("sql_store.db") },
  },
  stores: { ...stores(), ...more },
});

/** Both databases in PostgreSQL. */
export function postgresStorage(): JsonObject {
  const server = {
    host: "${env.POSTGRES_HOST:=localhost}",
    port: "${env.POSTGRES_PORT:=5432}",
    db: "${env.POSTGRES_DB:=llamastack}",
    user: "${env.POSTGRES_USER:=llamastack}",
    password: "${env.POSTGRES_PASSWORD:=llamastack}",
  };
  return {
    backends: {
      kv_default: { type: "kv_postgres", ...server, table_name: "llamastack_kvstore" },
      sql_default: { type: "sql_postgres", ...server },
    },
    stores: { ...stores(), connectors: keyValue("connectors") },
  };
}

/** Nothing registered but what is given. */
export const registered = (resources: JsonObject): JsonObject => ({
  models: [],
  shields: [],
  datasets: [],
  scoring_fns: [],
  benchmarks: [],
  tool_groups: [],
  ...resources,
});

/** An embedding model that the server downloads and runs itself. */
export const embeddingModel = (name: string, dimension: number): JsonObject => ({
  model_id: name,
  provider_id: "sentence-transformers",
  model_type: "embedding",
  metadata: { embedding_dimension: dimension },
});
