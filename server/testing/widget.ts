import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { parseStructural } from "../../machinery/schema/parse.ts";
import type { Structural } from "../../machinery/schema/structural.ts";

/** A synthetic kind that has every feature of a custom resource, for tests of the generic server. */
export function widgetDefinition(overrides: Partial<ResourceDefinition> = {}): ResourceDefinition {
  return {
    group: "lab.example.com",
    kind: "Widget",
    listKind: "WidgetList",
    plural: "widgets",
    singular: "widget",
    shortNames: ["wd"],
    categories: ["all", "lab"],
    namespaced: true,
    versions: [version("v1", true), version("v1beta1", false)],
    ...overrides,
  };
}

function version(name: string, storage: boolean): ResourceDefinition["versions"][number] {
  return {
    name,
    served: true,
    storage,
    ...(storage ? {} : { deprecated: true }),
    schema: widgetSchema(),
    columns: [
      { name: "Color", type: "string", description: "paint", jsonPath: ".spec.color" },
      { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
      { name: "Tags", type: "string", priority: 1, jsonPath: ".spec.tags" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
    selectableFields: [".spec.color"],
    status: true,
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector",
    },
  };
}

const schema: JsonValue = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["color"],
      properties: {
        color: { type: "string", enum: ["red", "green", "blue"], default: "red" },
        replicas: { type: "integer", format: "int32", minimum: 0, maximum: 10, default: 1 },
        enabled: { type: "boolean", default: true },
        title: { type: "string", maxLength: 20 },
        big: { type: "integer", format: "int64" },
        port: { "x-kubernetes-int-or-string": true },
        nothing: { type: "string", nullable: true },
        immut: {
          type: "string",
          "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "immut is immutable" }],
        },
        tags: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
        items: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string" }, value: { type: "integer" } },
          },
        },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      },
    },
    status: {
      type: "object",
      properties: {
        replicas: { type: "integer" },
        selector: { type: "string" },
        phase: { type: "string" },
      },
    },
  },
};

/** The schema of a Widget. */
export function widgetSchema(): Structural {
  return structural(schema);
}

/** Parses a schema that is known to be good. */
export function structural(source: JsonValue): Structural {
  const parsed = parseStructural(source);
  if (parsed.errors.length > 0) {
    throw new Error(parsed.errors.map((error) => `${error.path}: ${error.detail}`).join("; "));
  }
  return parsed.schema;
}

/** Namespaces, as the generic server needs them. */
export function namespaceDefinition(): ResourceDefinition {
  return {
    group: "",
    kind: "Namespace",
    listKind: "NamespaceList",
    plural: "namespaces",
    singular: "namespace",
    shortNames: ["ns"],
    categories: [],
    namespaced: false,
    strategicMerge: true,
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        status: true,
        columns: [],
        schema: structural({
          type: "object",
          properties: {
            spec: {
              type: "object",
              properties: { finalizers: { type: "array", items: { type: "string" } } },
            },
            status: { type: "object", properties: { phase: { type: "string" } } },
          },
        }),
      },
    ],
  };
}

/** A small valid Widget. */
export function aWidget(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: "lab.example.com/v1", kind: "Widget", metadata: { name }, spec: {}, ...more };
}
