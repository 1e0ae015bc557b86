import type { JsonObject } from "../../../machinery/json/value.ts";
import type { ApiName } from "./apis.ts";
import type { Shape } from "./shape.ts";

/**
 * What the server's own providers are called and which keys of their configuration mean address and credential. The
 * server drops keys it does not know without a word, so the right ones have to be known here.
 */

/** Providers that exist inside the server only. */
const inlineOnly: Partial<Record<ApiName, readonly string[]>> = {
  safety: ["llama-guard", "code-scanner", "prompt-guard"],
  vector_io: ["faiss", "sqlite-vec", "sqlite_vec"],
  tool_runtime: ["rag-runtime", "file-search"],
  inference: ["sentence-transformers", "transformers", "meta-reference"],
  telemetry: ["meta-reference"],
};

/** The `provider_type` for a provider named without `remote::` or `inline::`. */
export function providerType(api: ApiName, provider: string): string {
  if (provider.includes("::")) return provider;
  return inlineOnly[api]?.includes(provider) === true ? `inline::${provider}` : `remote::${provider}`;
}

/** Where a provider takes its address and its credential; undefined when it takes none. */
export interface ProviderKeys {
  readonly endpoint: string | undefined;
  readonly apiKey: string | undefined;
}

type KeyTable = Readonly<Record<string, Partial<ProviderKeys>>>;

const inferenceKeys: KeyTable = {
  "remote::vllm": { apiKey: "api_token" },
  "remote::databricks": { apiKey: "api_token" },
  "remote::runpod": { apiKey: "api_token" },
  "remote::ollama": { apiKey: undefined },
  "remote::tgi": { apiKey: undefined },
  "remote::vertexai": { endpoint: undefined, apiKey: undefined },
  "remote::bedrock": { endpoint: undefined },
};

const otherKeys: KeyTable = {
  "remote::chromadb": { endpoint: "url", apiKey: undefined },
  "remote::qdrant": { endpoint: "url", apiKey: "api_key" },
  "remote::infinispan": { endpoint: "url", apiKey: undefined },
  "remote::pgvector": { endpoint: undefined, apiKey: "password" },
  "remote::milvus": { endpoint: "uri", apiKey: "token" },
  "remote::weaviate": { endpoint: "weaviate_cluster_url", apiKey: "weaviate_api_key" },
  "remote::elasticsearch": { endpoint: "elasticsearch_url", apiKey: "elasticsearch_api_key" },
  "remote::passthrough": { endpoint: "base_url" },
  "remote::nvidia": { endpoint: "guardrails_service_url", apiKey: undefined },
  "remote::bedrock": { endpoint: undefined, apiKey: undefined },
  "remote::brave-search": { endpoint: undefined },
  "remote::tavily-search": { endpoint: undefined },
  "remote::bing-search": { endpoint: undefined },
  "remote::wolfram-alpha": { endpoint: undefined },
  "remote::model-context-protocol": { endpoint: undefined, apiKey: undefined },
};

/** The keys of a provider as servers of this shape read them. */
export function providerKeys(api: ApiName, type: string, shape: Shape): ProviderKeys {
  if (api !== "inference") return { endpoint: "url", apiKey: "api_key", ...ownRow(otherKeys, type) };
  return { endpoint: inferenceEndpoint(type, shape), apiKey: "api_key", ...ownRow(inferenceKeys, type) };
}

const ownRow = (table: KeyTable, type: string): Partial<ProviderKeys> =>
  Object.hasOwn(table, type) ? (table[type] ?? {}) : {};

function inferenceEndpoint(type: string, shape: Shape): string {
  if (shape.endpointKey === "base_url") return "base_url";
  if (type === "remote::openai" || type === "remote::cerebras") return "base_url";
  return type === "remote::azure" ? "api_base" : "url";
}

/** Vector stores that keep their list of stores in a key-value backend. */
const persistent = new Set([
  "inline::faiss",
  "inline::sqlite-vec",
  "inline::sqlite_vec",
  "inline::milvus",
  "inline::qdrant",
  "inline::chromadb",
  "remote::chromadb",
  "remote::qdrant",
  "remote::pgvector",
  "remote::milvus",
  "remote::weaviate",
  "remote::elasticsearch",
  "remote::infinispan",
]);

/** Configuration a provider needs and nobody wants to write: where a vector store keeps its list. */
export function requiredDefaults(api: ApiName, type: string, backend: string): JsonObject {
  if (api !== "vector_io" || !persistent.has(type)) return {};
  const store = type.slice(type.indexOf("::") + 2);
  return { persistence: { backend, namespace: `vector_io::${store}` } };
}
