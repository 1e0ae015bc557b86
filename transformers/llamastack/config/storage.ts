import { invalid } from "../../../machinery/field/error.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../../machinery/json/value.ts";
import type { Draft } from "./draft.ts";
import type { ConfigSpec } from "./input.ts";
import { reference, variableName } from "./secrets.ts";

/** Storage: spec.storage.kv and spec.storage.sql each replace the base's backend of that kind, the stores stay. */

type Kind = "kv" | "sql";

/** Where the server keeps files when nothing else is mounted. */
export const defaultMountPath = "/.llama";

export function configureStorage(spec: ConfigSpec, draft: Draft): void {
  const { kv, sql } = spec.storage ?? {};
  const directory = spec.workload?.storage?.mountPath ?? defaultMountPath;
  if (kv !== undefined) replaceBackends("kv", keyValueBackend(kv, directory, draft), draft);
  if (sql !== undefined) replaceBackends("sql", sqlBackend(sql, directory, draft), draft);
}

/** The names of the base's backends of a kind: the usual one, or those its stores point at. */
export function backendNames(draft: Draft, kind: Kind): readonly string[] {
  const storage = getKey(draft.config, "storage");
  const backends = isObject(storage) ? getKey(storage, "backends") : undefined;
  const usual = `${kind}_default`;
  if (!isObject(backends) || getKey(backends, usual) !== undefined) return [usual];
  const stores = isObject(storage) ? getKey(storage, "stores") : undefined;
  const used = isObject(stores) ? Object.values(stores).filter(isObject) : [];
  const names = new Set(
    used
      .map((store) => getKey(store, "backend"))
      .filter((name) => typeof name === "string")
      .filter((name) => isOfKind(getKey(backends, name), kind)),
  );
  return names.size > 0 ? [...names].sort() : [usual];
}

function isOfKind(backend: unknown, kind: Kind): boolean {
  const type = isObject(backend) ? getKey(backend, "type") : undefined;
  return typeof type === "string" && type.startsWith(`${kind}_`);
}

function replaceBackends(kind: Kind, backend: JsonObject | undefined, draft: Draft): void {
  if (backend === undefined) return;
  const names = backendNames(draft, kind);
  const backends = draft.section("storage", "backends");
  for (const name of names) setKey(backends, name, { ...backend });
}

const sqlite = (kind: Kind, directory: string): JsonObject => ({
  type: `${kind}_sqlite`,
  db_path: `\${env.SQLITE_STORE_DIR:=${directory}}/${kind === "kv" ? "kvstore" : "sql_store"}.db`,
});

type Storage = NonNullable<ConfigSpec["storage"]>;

function keyValueBackend(
  kv: NonNullable<Storage["kv"]>,
  directory: string,
  draft: Draft,
): JsonObject | undefined {
  if (kv.type !== "redis") {
    for (const field of ["endpoint", "password"] as const) {
      if (kv[field] !== undefined) draft.warn(`spec.storage.kv.${field} has no effect: the type is sqlite`);
    }
    return sqlite("kv", directory);
  }
  const path = "spec.storage.kv.endpoint";
  const address = splitAddress(kv.endpoint ?? "");
  if (address === undefined) {
    draft.error(
      invalid(
        path,
        kv.endpoint ?? "",
        "must be the Redis server as HOST, HOST:PORT or redis://HOST:PORT; the server can be given neither TLS to Redis nor a user, a database or parameters",
      ),
    );
    return undefined;
  }
  if (draft.options.profile === "spec") return literalRedis(kv, draft);
  const { host, port } = address;
  if (kv.password === undefined) return { type: "kv_redis", host, port };
  // The server has no field for a password, but makes a URL of host and port: it fits in front of the host.
  const name = variableName("STORAGE_KV_PASSWORD");
  draft.secrets.use(name, kv.password, "spec.storage.kv.password");
  const encoded = `${name}_ENCODED`;
  draft.unpack.push({ kind: "percent-encoded", from: name, to: encoded });
  return { type: "kv_redis", host: `:${reference(encoded)}@${host}`, port };
}

function literalRedis(kv: NonNullable<Storage["kv"]>, draft: Draft): JsonObject {
  const backend: JsonObject = { type: "kv_redis", endpoint: kv.endpoint ?? "" };
  if (kv.password === undefined) return backend;
  const name = variableName("STORAGE_KV_PASSWORD");
  return { ...backend, password: draft.secrets.use(name, kv.password, "spec.storage.kv.password") };
}

const redisPort = 6379;

/** Host and port of a Redis address; IPv6 addresses stand in brackets. */
function splitAddress(endpoint: string): { host: string; port: number } | undefined {
  const match = /^(?:redis:\/\/)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?\/?$/.exec(endpoint);
  const host = match?.[1];
  const port = Number(match?.[2] ?? redisPort);
  return host === undefined || port < 1 || port > 65535 ? undefined : { host, port };
}

/** The parts of a connection URL, as the start of the container puts them into the environment. */
export const connectionParts = ["HOST", "PORT", "DB", "USER", "PASSWORD"] as const;

function sqlBackend(
  sql: NonNullable<Storage["sql"]>,
  directory: string,
  draft: Draft,
): JsonObject | undefined {
  const path = "spec.storage.sql.connectionString";
  if (sql.type !== "postgres") {
    if (sql.connectionString !== undefined) draft.warn(`${path} has no effect: the type is sqlite`);
    return sqlite("sql", directory);
  }
  if (sql.connectionString === undefined) {
    draft.error({ type: "FieldValueRequired", path, detail: "Required value: type postgres needs it" });
    return undefined;
  }
  const from = variableName("STORAGE_SQL_CONNECTION_STRING");
  const value = draft.secrets.use(from, sql.connectionString, path);
  if (draft.options.profile === "spec") return { type: "sql_postgres", connection_string: value };
  const prefix = variableName("STORAGE_SQL");
  draft.unpack.push({ kind: "connection-url", from, prefix, path });
  const parts = connectionParts.map((part) => [part.toLowerCase(), reference(`${prefix}_${part}`)]);
  return { type: "sql_postgres", ...(Object.fromEntries(parts) as JsonObject) };
}
