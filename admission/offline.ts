/**
 * Validation and rendering without a server or a cluster: the same plugins with the built-in providers, without
 * reference checks and dry run. For the command line, CI and reviews.
 */
import { modelDeploymentSchemas } from "../api/modeldeployment/schemas.ts";
import type { StatusCause } from "../api/errors/api-error.ts";
import { isApiError } from "../api/errors/api-error.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { parseApiVersion } from "../api/meta/types.ts";
import { validateObjectMeta } from "../api/meta/validation.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { convertModelDeployment, modelDeploymentConverter } from "../conversion/modeldeployment/converter.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { notSupported } from "../machinery/field/error.ts";
import { dns1123Label } from "../machinery/names/names.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { cloneJson, getKey, getPath, isObject } from "../machinery/json/value.ts";
import { applyDefaults } from "../machinery/schema/defaults.ts";
import { prune } from "../machinery/schema/prune.ts";
import type { Structural } from "../machinery/schema/structural.ts";
import type { Validator } from "../machinery/schema/validate.ts";
import { compileValidator } from "../machinery/schema/validate.ts";
import type { AdmissionAttributes } from "../server/admission/plugin.ts";
import { builtInProviders } from "./built-in-providers.ts";
import { modelDeploymentPlugins } from "./model-deployment-plugins.ts";
import { renderDeployment } from "./render.ts";

/** What one object turned out to be. */
export interface OfflineResult {
  /** Its name as messages say it: `ModelDeployment "m"`. */
  readonly what: string;
  /** Problems with paths in the version the object is written in; empty when it would be accepted. */
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
  /** The provider resources; empty when there are errors. */
  readonly resources: readonly KubeObject[];
}

export interface OfflineOptions {
  /** The providers to choose from; the built-in ones when absent. */
  readonly providers?: readonly InferenceProvider[];
  /** For objects that name none. */
  readonly namespace?: string;
  readonly now: () => Date;
}

interface Version {
  readonly schema: Structural;
  readonly validator: Validator;
}

/** Whether the offline commands can say anything about the object. */
export function isModelDeployment(object: JsonObject): boolean {
  const apiVersion = getKey(object, "apiVersion");
  return (
    typeof apiVersion === "string" &&
    parseApiVersion(apiVersion).group === modelDeploymentNames.group &&
    getKey(object, "kind") === modelDeploymentNames.kind
  );
}

/** Checks and renders every ModelDeployment among the objects, in order; others are left out. */
export async function renderOffline(
  objects: readonly JsonObject[],
  options: OfflineOptions,
): Promise<readonly OfflineResult[]> {
  const offline = new Offline(options);
  const results: OfflineResult[] = [];
  for (const object of objects) if (isModelDeployment(object)) results.push(await offline.run(object));
  return results;
}

class Offline {
  readonly #versions: ReadonlyMap<string, Version>;
  readonly #plugins: ReturnType<typeof modelDeploymentPlugins>;
  readonly #options: OfflineOptions;

  constructor(options: OfflineOptions) {
    this.#options = options;
    this.#versions = new Map(
      Object.entries(modelDeploymentSchemas).map(([name, schemaOf]) => {
        const schema = schemaOf();
        return [name, { schema, validator: compileValidator(schema) }];
      }),
    );
    const providers = options.providers ?? builtInProviders({ ready: true });
    this.#plugins = modelDeploymentPlugins({ listProviders: () => providers, now: options.now });
  }

  async run(input: JsonObject): Promise<OfflineResult> {
    const object = this.#named(input);
    const what = `ModelDeployment ${JSON.stringify(textAt(object, "metadata", "name"))}`;
    const { version } = parseApiVersion(textAt(object, "apiVersion"));
    const own = this.#versions.get(version);
    const warnings: string[] = [];
    const errors = own === undefined ? [this.#unknownVersion(object)] : this.#schemaErrors(object, own);
    if (errors.length > 0) return { what, errors, warnings, resources: [] };

    const converted = convertModelDeployment(object, "v1alpha2");
    warnings.push(...converted.warnings);
    const attributes = attributesFor(converted.object, version, warnings);
    const refused = await this.#admit(attributes, converted.object);
    if (refused.length > 0) return { what, errors: refused, warnings, resources: [] };
    const { resources } = renderDeployment(converted.object as unknown as ModelDeployment);
    return { what, errors: [], warnings, resources };
  }

  #named(input: JsonObject): JsonObject {
    const object = cloneJson(input);
    const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
    object["metadata"] = {
      ...metadata,
      namespace: metadata["namespace"] ?? this.#options.namespace ?? "default",
    };
    return object;
  }

  #unknownVersion(object: JsonObject): FieldError {
    const known = [...this.#versions.keys()].map((version) => `${modelDeploymentNames.group}/${version}`);
    return notSupported("apiVersion", getKey(object, "apiVersion"), known);
  }

  /** The plugins, with the validation of the hub version between those that change and those that refuse. */
  async #admit(attributes: AdmissionAttributes, object: JsonObject): Promise<FieldError[]> {
    try {
      for (const plugin of this.#plugins) if (plugin.handles(attributes)) await plugin.admit?.(attributes);
      const errors = this.#versions.get("v1alpha2")?.validator.validate(object) ?? [];
      if (errors.length > 0) return errors.map(translated(attributes));
      for (const plugin of this.#plugins) if (plugin.handles(attributes)) await plugin.validate?.(attributes);
      return [];
    } catch (error) {
      if (!isApiError(error, "Invalid")) throw error;
      return (error.details?.causes ?? []).map(asFieldError);
    }
  }

  /** Unknown fields count as errors, as kubectl has it. */
  #schemaErrors(object: JsonObject, { schema, validator }: Version): FieldError[] {
    const unknown = prune(object, schema).map((path): FieldError => ({
      type: "FieldValueInvalid",
      path,
      detail: "Invalid value: unknown field",
    }));
    applyDefaults(object, schema);
    const metadata = getKey(object, "metadata");
    const meta = validateObjectMeta(isObject(metadata) ? metadata : {}, {
      namespaced: true,
      validateName: dns1123Label,
      isCreate: true,
    });
    return [...unknown, ...meta, ...validator.validate(object)];
  }
}

const textAt = (object: JsonObject, ...path: readonly string[]): string => {
  const value = getPath(object, ...path);
  return typeof value === "string" ? value : "";
};

const asFieldError = ({ reason, field = "", message = "" }: StatusCause): FieldError => ({
  type: (reason ?? "FieldValueInvalid") as FieldError["type"],
  path: field,
  detail: message,
});

const translated =
  (attributes: AdmissionAttributes) =>
  (error: FieldError): FieldError => ({ ...error, path: attributes.clientPath(error.path) });

function attributesFor(object: JsonObject, requestVersion: string, warnings: string[]): AdmissionAttributes {
  const { group, kind, plural } = modelDeploymentNames;
  return {
    operation: "CREATE",
    user: { name: "", groups: [] },
    resource: { group, version: "v1alpha2", resource: plural },
    kind: { group, version: "v1alpha2", kind },
    subresource: "",
    namespace: textAt(object, "metadata", "namespace"),
    name: textAt(object, "metadata", "name"),
    object,
    options: {},
    dryRun: true,
    requestVersion,
    clientPath: (path) => modelDeploymentConverter.translatePath?.(path, "v1alpha2", requestVersion) ?? path,
    warn: (warning) => {
      warnings.push(warning);
    },
    annotate: () => undefined,
    call: new AbortController(),
  };
}
