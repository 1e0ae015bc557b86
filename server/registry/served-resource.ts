/**
 * A ResourceDefinition made ready for requests: everything that can be computed once per kind and version is computed
 * here, nothing per request; what needs the schema, when it is first asked for, so that a server of many kinds is ready
 * before each has been compiled. Values are immutable apart from the cache they read from.
 */
import type {
  Converter,
  ResourceDefinition,
  ResourceVersionDefinition,
} from "../../api/meta/resource-definition.ts";
import type { GroupVersionKind, GroupVersionResource } from "../../api/meta/types.ts";
import { apiVersionOf } from "../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, getPath, setKey, setPath } from "../../machinery/json/value.ts";
import { compileJsonPath } from "../../machinery/jsonpath/jsonpath.ts";
import { untyped } from "../../api/errors/catalogue.ts";
import { lazy } from "../../machinery/lazy.ts";
import { dropNulls } from "../../machinery/schema/defaults.ts";
import { prune } from "../../machinery/schema/prune.ts";
import type { Validator } from "../../machinery/schema/validate.ts";
import { compileValidator } from "../../machinery/schema/validate.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { FieldManager } from "../managedfields/field-manager.ts";
import { shapeEmbedded } from "./embedded-metadata.ts";
import { ScaleFieldManager } from "../managedfields/scale.ts";
import { compileColumns } from "../printers/columns.ts";
import type { CompiledColumn } from "../printers/columns.ts";
import type { ResourceCache } from "../storage/watchcache/types.ts";
import { validateEmbeddedMetadata } from "./embedded-metadata.ts";

/** Reads and writes the replica counts of a kind with a scale subresource. */
export interface CompiledScale {
  readonly specPath: string;
  readonly statusPath: string;
  readonly selectorPath: string | undefined;
  readonly statusSegments: readonly string[];
  readonly selectorSegments: readonly string[] | undefined;
  readonly specSegments: readonly string[];
  specReplicas(object: JsonObject): JsonValue | undefined;
  statusReplicas(object: JsonObject): JsonValue | undefined;
  selector(object: JsonObject): JsonValue | undefined;
  setSpecReplicas(object: JsonObject, replicas: JsonValue): void;
}

/** One version of a kind, ready to decode, validate and print. */
export interface ServedVersion {
  readonly resource: ServedResource;
  readonly name: string;
  readonly apiVersion: string;
  readonly definition: ResourceVersionDefinition;
  readonly gvk: GroupVersionKind;
  readonly gvr: GroupVersionResource;
  readonly validator: Validator;
  /** Whether the schema has CEL rules anywhere. */
  readonly hasRules: boolean;
  /** Whether objects of this version may hold whole resources. */
  readonly hasEmbedded: boolean;
  /** Checks everything but the CEL rules. */
  validatorWithoutRules(): Validator;
  readonly columns: readonly CompiledColumn[];
  /** Reads a selectable field beside metadata.name and metadata.namespace; keyed without the leading dot. */
  readonly selectable: ReadonlyMap<string, (object: JsonObject) => string>;
  readonly scale: CompiledScale | undefined;
  /** What every request to a deprecated version is told. */
  readonly deprecation: string | undefined;
}

/** One kind with all its versions and the cache its objects live in. */
export interface ServedResource {
  readonly definition: ResourceDefinition;
  readonly gr: { readonly group: string; readonly resource: string };
  readonly gk: { readonly group: string; readonly kind: string };
  readonly namespaced: boolean;
  readonly storage: ServedVersion;
  readonly versions: ReadonlyMap<string, ServedVersion>;
  readonly cache: ResourceCache;
  readonly fieldManager: FieldManager;
  /** The same for what is written through `/scale`. */
  readonly scaleFields: ScaleFieldManager;
  /** A copy in the version, or the object itself where it already is in it. */
  convert(object: JsonObject, version: ServedVersion): JsonObject;
  /** The object as it is stored: in the storage version, with that version's fields only. Defaults come in when it is read. */
  toStorage(object: JsonObject): JsonObject;
}

export interface CompileOptions {
  readonly definition: ResourceDefinition;
  readonly cache: ResourceCache;
  readonly now: () => Date;
}

/** Compiles a definition; throws when it has no storage version. */
export function compileResource({ definition, cache, now }: CompileOptions): ServedResource {
  const versions = new Map<string, ServedVersion>();
  const gr = { group: definition.group, resource: definition.plural };
  const gk = { group: definition.group, kind: definition.kind };
  const storageName = definition.versions.find((version) => version.storage)?.name;
  const converter = definition.converter ?? noConversion(definition.group);
  const resource: ServedResource = {
    definition,
    gr,
    gk,
    namespaced: definition.namespaced,
    get storage() {
      const storage = storageName === undefined ? undefined : versions.get(storageName);
      if (storage === undefined) throw new Error(`${definition.plural} has no storage version`);
      return storage;
    },
    versions,
    cache,
    fieldManager: new FieldManager({ definition, now }),
    scaleFields: new ScaleFieldManager({ definition, now }),
    convert(object, version) {
      if (getKey(object, "apiVersion") === version.apiVersion) return object;
      return converter.convert(object, version.name);
    },
    toStorage(object) {
      const { storage } = resource;
      const stored = resource.convert(object, storage);
      // A converter gives its own kind of whole objects; without one, versions may know different fields.
      if (stored === object || definition.converter !== undefined) return stored;
      const shaped = cloneJson(stored);
      prune(shaped, storage.definition.schema);
      dropNulls(shaped, storage.definition.schema);
      if (storage.hasEmbedded) {
        const { error } = shapeEmbedded(shaped, storage.definition.schema);
        if (error !== undefined) throw untyped(error);
      }
      return shaped;
    },
  };
  for (const version of definition.versions) {
    versions.set(version.name, compileVersion(resource, version));
  }
  if (storageName === undefined) throw new Error(`${definition.plural} has no storage version`);
  return resource;
}

function compileVersion(resource: ServedResource, version: ResourceVersionDefinition): ServedVersion {
  const { definition } = resource;
  const group = definition.group;
  const validator = lazy(() =>
    compileValidator(version.schema, { validateMetadata: validateEmbeddedMetadata }),
  );
  const withoutRules = lazy(() =>
    compileValidator(version.schema, { withoutRules: true, validateMetadata: validateEmbeddedMetadata }),
  );
  const rules = lazy(() => hasRules(version.schema));
  const embedded = lazy(() => hasEmbedded(version.schema));
  const apiVersion = apiVersionOf({ group, version: version.name });
  return {
    resource,
    name: version.name,
    apiVersion,
    definition: version,
    gvk: { group, version: version.name, kind: definition.kind },
    gvr: { group, version: version.name, resource: definition.plural },
    get validator() {
      return validator();
    },
    get hasRules() {
      return rules();
    },
    validatorWithoutRules: withoutRules,
    get hasEmbedded() {
      return embedded();
    },
    columns: compileColumns(version.columns),
    selectable: compileSelectable(version.selectableFields ?? []),
    scale: version.scale === undefined ? undefined : compileScale(version.scale),
    deprecation: version.deprecated === true ? deprecationText(definition, version) : undefined,
  };
}

function hasRules(schema: Structural): boolean {
  if ((schema.rules ?? []).length > 0) return true;
  const children = [...(schema.properties?.values() ?? [])];
  if (schema.items !== undefined) children.push(schema.items);
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined && additionalProperties !== true)
    children.push(additionalProperties);
  return children.some(hasRules);
}

function hasEmbedded(schema: Structural): boolean {
  if (schema.embeddedResource === true) return true;
  const children = [...(schema.properties?.values() ?? [])];
  if (schema.items !== undefined) children.push(schema.items);
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined && additionalProperties !== true)
    children.push(additionalProperties);
  return children.some(hasEmbedded);
}

function compileSelectable(paths: readonly string[]): ReadonlyMap<string, (object: JsonObject) => string> {
  return new Map(
    paths.map((path) => {
      const read = compileJsonPath(path);
      return [path.replace(/^\./, ""), (object: JsonObject) => fieldText(read(object)[0])];
    }),
  );
}

/** How a field compares in a field selector: an absent one as the empty string. */
function fieldText(value: JsonValue | undefined): string {
  if (value === undefined || value === null || typeof value === "object") return "";
  return String(value);
}

function compileScale(scale: NonNullable<ResourceVersionDefinition["scale"]>): CompiledScale {
  const segments = (path: string): string[] => path.split(".").filter((part) => part !== "");
  const spec = segments(scale.specReplicasPath);
  const status = segments(scale.statusReplicasPath);
  const selector = scale.labelSelectorPath === undefined ? undefined : segments(scale.labelSelectorPath);
  return {
    specPath: scale.specReplicasPath,
    statusPath: scale.statusReplicasPath,
    selectorPath: scale.labelSelectorPath,
    specSegments: spec,
    statusSegments: status,
    selectorSegments: selector,
    specReplicas: (object) => getPath(object, ...spec),
    statusReplicas: (object) => getPath(object, ...status),
    selector: (object) => (selector === undefined ? undefined : getPath(object, ...selector)),
    setSpecReplicas: (object, replicas) => {
      setPath(object, spec, replicas);
    },
  };
}

function deprecationText(definition: ResourceDefinition, version: ResourceVersionDefinition): string {
  if (version.deprecationWarning !== undefined) return version.deprecationWarning;
  const named = (name: string): string =>
    `${apiVersionOf({ group: definition.group, version: name })} ${definition.kind}`;
  const text = `${named(version.name)} is deprecated`;
  const at = definition.versions.indexOf(version);
  const better = definition.versions.slice(0, at).find((v) => v.served && v.deprecated !== true);
  return better === undefined ? text : `${text}; use ${named(better.name)}`;
}

/** Strategy None: only apiVersion differs between versions. */
function noConversion(group: string): Converter {
  return {
    convert(object, toVersion) {
      const copy: JsonObject = {};
      for (const key of Object.keys(object)) setKey(copy, key, object[key] as JsonValue);
      copy["apiVersion"] = apiVersionOf({ group, version: toVersion });
      return copy;
    },
  };
}
