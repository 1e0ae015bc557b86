import type { InferenceProvider, InferenceProviderSpec } from "../../api/inferenceprovider/v1alpha1/types.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import type { ModelDeployment, ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../../server/admission/plugin.ts";
import { builtInProviders } from "../built-in-providers.ts";
import { modelDeploymentPlugins } from "../model-deployment-plugins.ts";
import type { ModelDeploymentAdmissionOptions } from "../options.ts";

/** The time of all tests. */
export const now = new Date("2026-01-01T00:00:00Z");

/** A provider; the built-in ones by name, others with the spec given. */
export function aProvider(name: string, spec: InferenceProviderSpec = {}, ready = true): InferenceProvider {
  const builtIn = builtInProviders({ ready }).find(({ metadata }) => metadata.name === name);
  return {
    apiVersion: "hawsepipe.dev/v1alpha1",
    kind: "InferenceProvider",
    metadata: { name },
    spec: { ...builtIn?.spec, ...spec },
    status: { ready },
  };
}

/** A deployment as a user writes it. */
export function written(spec: Partial<ModelDeploymentSpec> = {}, name = "m"): ModelDeployment {
  return {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: { name, namespace: "team-a" },
    spec: { model: { id: "org/m" }, ...spec },
  };
}

export interface Admitted {
  readonly object: ModelDeployment;
  readonly warnings: readonly string[];
  /** `path: detail` of every cause, or the message when there is none. */
  readonly errors: readonly string[];
}

export interface RigOptions extends Partial<ModelDeploymentAdmissionOptions> {
  readonly old?: ModelDeployment;
  readonly subresource?: string;
  readonly requestVersion?: string;
  readonly user?: string;
}

/** Runs the plugins over a copy of the object; throws only what is not an ApiError of the client's fault. */
export async function admitted(written: ModelDeployment, options: RigOptions = {}): Promise<Admitted> {
  const object = cloneJson(written as unknown as JsonObject);
  const warnings: string[] = [];
  const requestVersion = options.requestVersion ?? "v1alpha2";
  const attributes: AdmissionAttributes = {
    operation: options.old === undefined ? "CREATE" : "UPDATE",
    user: { name: options.user ?? "alice", groups: ["system:authenticated"] },
    resource: { group: "hawsepipe.dev", version: "v1alpha2", resource: "modeldeployments" },
    kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "ModelDeployment" },
    subresource: options.subresource ?? "",
    namespace: "team-a",
    name: written.metadata.name ?? "",
    object,
    ...(options.old === undefined ? {} : { oldObject: options.old as unknown as JsonObject }),
    options: {},
    dryRun: false,
    requestVersion,
    clientPath: (path) => modelDeploymentConverter.translatePath?.(path, "v1alpha2", requestVersion) ?? path,
    warn: (text) => warnings.push(text),
    annotate: () => undefined,
    call: new AbortController(),
  };
  const plugins = modelDeploymentPlugins({
    listProviders: () => [aProvider("kaito"), aProvider("llmd"), aProvider("vllm")],
    now: () => now,
    ...options,
  });
  const errors = await run(plugins, attributes);
  return { object: object as unknown as ModelDeployment, warnings, errors };
}

async function run(plugins: readonly AdmissionPlugin[], attributes: AdmissionAttributes): Promise<string[]> {
  try {
    for (const plugin of plugins) if (plugin.handles(attributes)) await plugin.admit?.(attributes);
    for (const plugin of plugins) if (plugin.handles(attributes)) await plugin.validate?.(attributes);
    return [];
  } catch (error) {
    if (!isApiError(error) || error.code >= 500) throw error;
    const causes = error.details?.causes ?? [];
    return causes.length === 0
      ? [error.message]
      : causes.map(({ field = "", message = "" }) => `${field}: ${message}`);
  }
}
