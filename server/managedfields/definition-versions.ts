import type { ResourceDefinition, ResourceVersionDefinition } from "../../api/meta/resource-definition.ts";
import { apiVersionOf, parseApiVersion } from "../../api/meta/types.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { isObject } from "../../machinery/json/value.ts";
import { compileResourceType } from "../../machinery/smd/compile.ts";
import { FieldSet } from "../../machinery/smd/field-set.ts";
import type { FieldType } from "../../machinery/smd/field-type.ts";
import { fieldElement } from "../../machinery/smd/path-element.ts";
import type { Versions } from "../../machinery/smd/updater.ts";

interface Version {
  readonly definition: ResourceVersionDefinition;
  type: FieldType | undefined;
}

const status = FieldSet.of([fieldElement("status")]);
const spec = FieldSet.of([fieldElement("spec")]);

/** The served versions of a definition, with their types compiled when first needed. */
export class DefinitionVersions implements Versions {
  readonly #definition: ResourceDefinition;
  readonly #served: ReadonlyMap<string, Version>;

  constructor(definition: ResourceDefinition) {
    this.#definition = definition;
    this.#served = new Map(
      definition.versions
        .filter(({ served }) => served)
        .map((version) => [
          apiVersionOf({ group: definition.group, version: version.name }),
          { definition: version, type: undefined },
        ]),
    );
  }

  typeOf(apiVersion: string): FieldType | undefined {
    const version = this.#served.get(apiVersion);
    if (version === undefined) return undefined;
    return (version.type ??= compileResourceType(version.definition.schema));
  }

  /** How many are served. */
  get count(): number {
    return this.#served.size;
  }

  /** Whether the kind has the version, served or not. */
  isDeclared(apiVersion: string): boolean {
    const { group, versions } = this.#definition;
    return versions.some(({ name }) => apiVersionOf({ group, version: name }) === apiVersion);
  }

  convert(object: JsonValue, _from: string, to: string): JsonValue {
    if (!isObject(object)) return object;
    const { converter } = this.#definition;
    return converter === undefined
      ? { ...object, apiVersion: to }
      : converter.convert(object, parseApiVersion(to).version);
  }

  /**
   * Takes out of a set what writes through the subresource cannot change: the main resource leaves status alone where
   * the kind has that subresource, and status leaves spec alone.
   */
  withoutReset(set: FieldSet, apiVersion: string, subresource: string): FieldSet {
    if (this.#served.get(apiVersion)?.definition.status !== true) return set;
    if (subresource === "") return set.recursiveDifference(status);
    return subresource === "status" ? set.recursiveDifference(spec) : set;
  }
}
