import {
  llamaStackDistributionDefinition,
  llamaStackDistributionHub,
} from "../../api/llamastackdistribution/definition.ts";
import { llamaStackDistributionNames } from "../../api/llamastackdistribution/names.ts";
import { llamaStackDistributionName } from "../../api/llamastackdistribution/object-name.ts";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import { validateObjectMeta } from "../../api/meta/validation.ts";
import {
  convertLlamaStackDistribution,
  llamaStackDistributionConverter,
} from "../../conversion/llamastackdistribution/converter.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { notSupported } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getKey, isObject } from "../../machinery/json/value.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { prune } from "../../machinery/schema/prune.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import type { Validator } from "../../machinery/schema/validate.ts";
import { compileValidator } from "../../machinery/schema/validate.ts";
import { onlyInV1alpha1 } from "./only-in-v1alpha1.ts";

/** An object as a server would have stored it, or what it would have said. */
export interface ReadLlamaStack {
  /** In the hub version; of use only when there are no errors. */
  readonly distribution: LlamaStackDistribution;
  /** With paths in the version the object is written in. */
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

/** Whether an object is a LlamaStackDistribution of any version. */
export function isLlamaStackDistribution(object: JsonObject): boolean {
  const apiVersion = getKey(object, "apiVersion");
  return (
    typeof apiVersion === "string" &&
    parseApiVersion(apiVersion).group === llamaStackDistributionNames.group &&
    getKey(object, "kind") === llamaStackDistributionNames.kind
  );
}

/** Reads objects without a server, by the same steps and with the same words; the schemas are compiled once. */
export class LlamaStackReader {
  readonly #definition: ResourceDefinition = llamaStackDistributionDefinition(
    llamaStackDistributionConverter,
  );
  readonly #versions: ReadonlyMap<string, { readonly schema: Structural; readonly validator: Validator }> =
    new Map(
      this.#definition.versions.map(({ name, schema }) => [
        name,
        { schema, validator: compileValidator(schema) },
      ]),
    );

  /** Canonical, pruned, defaulted, validated and converted. */
  read(input: JsonObject): ReadLlamaStack {
    const given = getKey(input, "apiVersion") ?? "";
    const { version } = parseApiVersion(typeof given === "string" ? given : "");
    const own = this.#versions.get(version);
    const copy = cloneJson(input);
    if (own === undefined) {
      const known = [...this.#versions.keys()].map((name) => `${this.#definition.group}/${name}`);
      return { distribution: asHub(copy), errors: [notSupported("apiVersion", given, known)], warnings: [] };
    }
    const object = this.#definition.canonicalize?.(copy, version) ?? copy;
    const unknown = prune(object, own.schema).map(unknownField);
    applyDefaults(object, own.schema);
    const errors = [...unknown, ...this.#metaErrors(object), ...own.validator.validate(object)];
    if (errors.length > 0) return { distribution: asHub(object), errors, warnings: [] };
    const converted = convertLlamaStackDistribution(object, llamaStackDistributionHub);
    const distribution = asHub(converted.object);
    const warnings = [...converted.warnings, ...onlyInV1alpha1(version, distribution)];
    return { distribution, errors: [], warnings };
  }

  #metaErrors(object: JsonObject): readonly FieldError[] {
    const given = getKey(object, "metadata");
    const metadata = { namespace: "default", ...(isObject(given) ? given : {}) };
    return validateObjectMeta(metadata, {
      namespaced: true,
      isCreate: true,
      validateName: llamaStackDistributionName,
    });
  }
}

/** Unknown fields count as errors, as kubectl has it. */
const unknownField = (path: string): FieldError => ({
  type: "FieldValueInvalid",
  path,
  detail: "Invalid value: unknown field",
});

const asHub = (object: JsonObject): LlamaStackDistribution => object as unknown as LlamaStackDistribution;
