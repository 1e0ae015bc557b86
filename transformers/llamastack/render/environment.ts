import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { cloneJson } from "../../../machinery/json/value.ts";
import type { SecretVariable } from "../config/result.ts";
import { modulePath } from "./external.ts";
import { configFile, portOf } from "./names.ts";
import { caBundleFile, defaultMountPath, mountPathOf } from "./volumes.ts";

/** What the container has beside its own files. */
interface Mounts {
  readonly isConfigMounted: boolean;
  readonly trusts: boolean;
  /** Whether modules of external providers are there. */
  readonly hasModules: boolean;
}

/**
 * Environment of the server: what it needs to find its files, port and configuration, then what comes from Secrets,
 * then what the user set. A name the user sets counts once and is the user's.
 */
export function environment(
  distribution: LlamaStackDistribution,
  { secrets, ...mounts }: Mounts & { readonly secrets: readonly SecretVariable[] },
): JsonObject[] {
  const given = distribution.spec.workload?.overrides?.env ?? [];
  const names = new Set(given.map(({ name }) => name));
  const own = [
    ...Object.entries(settings(distribution, mounts)).map(([name, value]) => ({
      name,
      value,
    })),
    ...secrets.map((variable) => cloneJson<JsonObject>(variable as unknown as JsonObject)),
  ];
  return [
    ...own.filter(({ name }) => typeof name !== "string" || !names.has(name)),
    ...given.map((variable) => cloneJson<JsonObject>(variable)),
  ];
}

function settings(
  distribution: LlamaStackDistribution,
  { isConfigMounted, trusts, hasModules }: Mounts,
): Record<string, string> {
  const mountPath = mountPathOf(distribution);
  const { workers } = distribution.spec.workload ?? {};
  const port = String(portOf(distribution));
  return {
    HF_HOME: mountPath,
    // Base configurations keep their files below the usual path unless they are told another.
    ...(mountPath === defaultMountPath
      ? {}
      : { SQLITE_STORE_DIR: mountPath, FILES_STORAGE_DIR: `${mountPath}/files` }),
    ...(trusts ? { SSL_CERT_FILE: caBundleFile } : {}),
    ...(hasModules ? { PYTHONPATH: modulePath } : {}),
    LLS_WORKERS: String(workers ?? 1),
    LLS_PORT: port,
    // The command line's own default would win over the port in the configuration.
    LLAMA_STACK_PORT: port,
    ...(isConfigMounted ? { RUN_CONFIG_PATH: configFile, LLAMA_STACK_CONFIG: configFile } : {}),
  };
}
