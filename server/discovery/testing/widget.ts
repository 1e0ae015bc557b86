import type { ResourceDefinition } from "../../../api/meta/resource-definition.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { parseStructural } from "../../../machinery/schema/parse.ts";

const schema: JsonObject = {
  type: "object",
  description: "Widget is something to test with",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      description: "What is wanted.",
      properties: {
        color: { type: "string", description: "The paint.", enum: ["red", "green"], default: "red" },
        replicas: { type: "integer", format: "int32", minimum: 0 },
        port: { "x-kubernetes-int-or-string": true },
        note: { type: "string", nullable: true },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        template: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          properties: { spec: { type: "object" } },
        },
        either: { type: "string", oneOf: [{ minLength: 3 }, { pattern: "^x" }], default: "xyz" },
        items: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string" }, value: { type: "string" } },
          },
        },
      },
      "x-kubernetes-validations": [{ rule: "!has(self.replicas) || self.replicas < 100" }],
    },
    status: { type: "object", properties: { replicas: { type: "integer" } } },
  },
};

/** A kind that has everything a kind can have. */
export function widgetDefinition(changes: Partial<ResourceDefinition> = {}): ResourceDefinition {
  const { schema: structural } = parseStructural(schema);
  const version = { schema: structural, columns: [], status: true };
  return {
    group: "lab.example.com",
    kind: "Widget",
    listKind: "WidgetList",
    plural: "widgets",
    singular: "widget",
    shortNames: ["wd"],
    categories: ["all", "lab"],
    namespaced: true,
    versions: [
      {
        ...version,
        name: "v1",
        served: true,
        storage: true,
        scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
        selectableFields: [".spec.color"],
      },
      { ...version, name: "v1beta1", served: true, storage: false },
      { ...version, name: "v1alpha1", served: false, storage: false },
    ],
    connect: [
      {
        name: "manifests",
        verbs: ["get"],
        kind: { group: "lab.example.com", version: "v1", kind: "WidgetManifests" },
      },
      {
        name: "reconcile",
        verbs: ["create"],
        kind: { group: "lab.example.com", version: "v1", kind: "WidgetReconcile" },
      },
    ],
    ...changes,
  };
}

/** A kind of the core group, cluster-scoped. */
export const namespaceLikeDefinition = (): ResourceDefinition => ({
  group: "",
  kind: "Namespace",
  listKind: "NamespaceList",
  plural: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  categories: [],
  namespaced: false,
  strategicMerge: true,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  versions: [
    {
      name: "v1",
      served: true,
      storage: true,
      schema: parseStructural({ type: "object", properties: { spec: { type: "object" } } }).schema,
      columns: [],
      status: true,
    },
  ],
});
