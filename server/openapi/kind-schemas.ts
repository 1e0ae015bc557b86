import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../machinery/json/value.ts";
import { structuralToOpenApi } from "../../machinery/schema/to-open-api.ts";
import { structuralToOpenApiV2 } from "../../machinery/schema/to-open-api-v2.ts";
import type { ServedResource } from "../discovery/served.ts";
import { verbsOf } from "../discovery/served.ts";
import type { OpenApiVersion } from "./meta-schemas.ts";
import { metaNames, metaTexts, referenceTo } from "./meta-schemas.ts";
import { definitionName } from "./names.ts";

const embeddedTexts = {
  apiVersion:
    "apiVersion defines the versioned schema of this representation of an object. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
  kind: "kind is a string value representing the type of this object. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
};

/** A described reference; v3 does not allow a description beside `$ref`. */
function describedReference(name: string, description: string, version: OpenApiVersion): JsonObject {
  const reference = referenceTo(name, version);
  return version === "v2" ? { description, ...reference } : { description, allOf: [reference] };
}

const typeMeta = (texts: { readonly apiVersion: string; readonly kind: string }): JsonObject => ({
  apiVersion: { description: texts.apiVersion, type: "string" },
  kind: { description: texts.kind, type: "string" },
});

/** The definitions of a kind and, where it can be listed, of its list, by name. */
export function kindDefinitions(
  served: ServedResource,
  version: OpenApiVersion,
): ReadonlyMap<string, JsonObject> {
  const { definition } = served;
  const gv = { group: definition.group, version: served.version.name };
  const name = definitionName({ ...gv, kind: definition.kind });
  const definitions = new Map([[name, kindSchema(served, version)]]);
  if (!verbsOf(definition).includes("list")) return definitions;
  const listName = `${name}List`;
  definitions.set(listName, {
    description: `${definition.listKind} is a list of ${definition.kind}`,
    type: "object",
    required: ["items"],
    properties: {
      ...typeMeta(metaTexts),
      items: {
        description: `List of ${definition.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: "array",
        items: referenceTo(name, version),
      },
      metadata: describedReference(metaNames.listMeta, metaTexts.listMetadata, version),
    },
    "x-kubernetes-group-version-kind": [{ ...gv, kind: definition.listKind }],
    ...selectableFields(served),
  });
  return definitions;
}

function kindSchema(served: ServedResource, version: OpenApiVersion): JsonObject {
  const { definition } = served;
  const markers: JsonObject = {
    "x-kubernetes-group-version-kind": [
      { group: definition.group, version: served.version.name, kind: definition.kind },
    ],
    ...selectableFields(served),
  };
  const { schema } = served.version;
  // Declaring anything here would make kubectl refuse all that is not declared.
  if (version === "v2" && schema.preserveUnknownFields === true) return { type: "object", ...markers };
  const body = version === "v2" ? structuralToOpenApiV2(schema) : structuralToOpenApi(schema);
  complete(body, version);
  const declared = getKey(body, "properties");
  const properties: JsonObject = isObject(declared) ? declared : {};
  Object.assign(properties, typeMeta(metaTexts));
  properties["metadata"] = describedReference(metaNames.objectMeta, metaTexts.metadata, version);
  return { ...body, properties, ...markers };
}

function selectableFields({ version }: ServedResource): JsonObject {
  const paths = version.selectableFields ?? [];
  if (paths.length === 0) return {};
  return { "x-kubernetes-selectable-fields": paths.map((path) => ({ fieldPath: path.replace(/^\./, "") })) };
}

/** Adds what kube-apiserver adds to published schemas: members of embedded resources and the two forms of IntOrString. */
function complete(schema: JsonObject, version: OpenApiVersion): void {
  for (const child of childrenOf(schema)) complete(child, version);
  if (version === "v3" && schema["x-kubernetes-int-or-string"] === true && schema["anyOf"] === undefined) {
    schema["anyOf"] = [{ type: "integer" }, { type: "string" }];
  }
  if (schema["x-kubernetes-embedded-resource"] !== true) return;
  if (version === "v2" && schema["x-kubernetes-preserve-unknown-fields"] === true) return;
  const declared = getKey(schema, "properties");
  const properties: JsonObject = isObject(declared) ? declared : {};
  for (const [key, value] of Object.entries(typeMeta(embeddedTexts))) setKey(properties, key, value);
  setKey(properties, "metadata", describedReference(metaNames.objectMeta, metaTexts.metadata, version));
  schema["properties"] = properties;
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  schema["required"] = [...new Set<JsonValue>([...required, "kind", "apiVersion"])];
}

function childrenOf(schema: JsonObject): JsonObject[] {
  const properties = getKey(schema, "properties");
  const children: (JsonValue | undefined)[] = isObject(properties) ? Object.values(properties) : [];
  children.push(getKey(schema, "items"), getKey(schema, "additionalProperties"));
  return children.filter((child) => isObject(child));
}
