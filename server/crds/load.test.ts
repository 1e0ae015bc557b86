import { expect, test } from "vitest";
import { printFieldError } from "../../machinery/field/error.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, setPath } from "../../machinery/json/value.ts";
import { definitionsFromManifests, loadCustomResourceDefinition } from "./load.ts";

const specSchema: JsonObject = {
  type: "object",
  properties: { replicas: { type: "integer", default: 1 }, color: { type: "string" } },
};

const version = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: "object", properties: { spec: cloneJson(specSchema) } } },
  ...more,
});

function aDefinition(edit?: (spec: JsonObject, manifest: JsonObject) => void): JsonObject {
  const spec: JsonObject = {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget", shortNames: ["wd"], categories: ["all"] },
    versions: [version("v1")],
  };
  const manifest: JsonObject = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec,
  };
  edit?.(spec, manifest);
  return manifest;
}

const withSpecSchema = (schema: JsonValue) => (spec: JsonObject) => {
  spec["versions"] = [
    version("v1", { schema: { openAPIV3Schema: { type: "object", properties: { spec: schema } } } }),
  ];
};

const first = (spec: JsonObject): JsonObject => (spec["versions"] as JsonObject[])[0] as JsonObject;

test("a minimal manifest becomes a definition with what kube-apiserver fills in", () => {
  const { definition, errors } = loadCustomResourceDefinition(aDefinition());
  expect(errors).toEqual([]);
  expect(definition).toMatchObject({
    group: "example.com",
    kind: "Widget",
    listKind: "WidgetList",
    plural: "widgets",
    singular: "widget",
    shortNames: ["wd"],
    categories: ["all"],
    namespaced: true,
    versions: [{ name: "v1", served: true, storage: true, columns: [] }],
  });
});

test("versions come in the order of preference, with their columns, subresources and selectable fields", () => {
  const manifest = aDefinition((spec) => {
    spec["scope"] = "Cluster";
    spec["versions"] = [
      version("v1alpha1", { storage: false, deprecated: true, deprecationWarning: "use v1" }),
      version("v1beta2", { storage: false }),
      version("v1", {
        additionalPrinterColumns: [
          { name: "Color", type: "string", jsonPath: ".spec.color", priority: 1, description: "its colour" },
        ],
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
        },
        selectableFields: [{ jsonPath: ".spec.color" }],
      }),
      version("other", { storage: false }),
    ];
  });
  const { definition, errors } = loadCustomResourceDefinition(manifest);
  expect(errors).toEqual([]);
  expect(definition?.namespaced).toBe(false);
  expect(definition?.versions.map((v) => v.name)).toEqual(["v1", "v1beta2", "v1alpha1", "other"]);
  expect(definition?.versions[0]).toMatchObject({
    columns: [
      { name: "Color", type: "string", jsonPath: ".spec.color", priority: 1, description: "its colour" },
    ],
    status: true,
    scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
    selectableFields: [".spec.color"],
  });
  expect(definition?.versions[2]).toMatchObject({ deprecated: true, deprecationWarning: "use v1" });
});

const at = "spec.validation.openAPIV3Schema.properties[spec]";

test.each<{ says: string; edit: (spec: JsonObject, manifest: JsonObject) => void; want: string[] }>([
  {
    says: "another API version",
    edit: (_spec, manifest) => {
      manifest["apiVersion"] = "apiextensions.k8s.io/v1beta1";
    },
    want: [`apiVersion: Invalid value: "apiextensions.k8s.io/v1beta1": must be apiextensions.k8s.io/v1`],
  },
  {
    says: "a name that is not plural and group",
    edit: (_spec, manifest) => {
      setPath(manifest, ["metadata", "name"], "things.example.com");
    },
    want: [`metadata.name: Invalid value: "things.example.com": must be spec.names.plural+"."+spec.group`],
  },
  {
    says: "a group without a dot",
    edit: (spec, manifest) => {
      spec["group"] = "example";
      setPath(manifest, ["metadata", "name"], "widgets.example");
    },
    want: [`spec.group: Invalid value: "example": should be a domain with at least one dot`],
  },
  {
    says: "an unknown scope",
    edit: (spec) => {
      spec["scope"] = "Global";
    },
    want: [`spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"`],
  },
  {
    says: "kind and list kind alike",
    edit: (spec) => {
      setPath(spec, ["names", "listKind"], "Widget");
    },
    want: [`spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same`],
  },
  {
    says: "two storage versions",
    edit: (spec) => {
      spec["versions"] = [version("v1"), version("v2")];
    },
    want: [
      `spec.versions: Invalid value: ["v1","v2"]: must have exactly one version marked as storage version`,
    ],
  },
  {
    says: "a version twice",
    edit: (spec) => {
      spec["versions"] = [version("v1"), version("v1", { storage: false })];
    },
    want: [`spec.versions: Invalid value: ["v1","v1"]: must contain unique version names`],
  },
  {
    says: "a conversion webhook",
    edit: (spec) => {
      spec["conversion"] = { strategy: "Webhook", webhook: {} };
    },
    want: [
      "spec.conversion.strategy: Forbidden: conversion webhooks are not supported by this server; only the strategy None is",
    ],
  },
  {
    says: "no schema",
    edit: (spec) => {
      spec["versions"] = [{ name: "v1", served: true, storage: true }];
    },
    want: ["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"],
  },
  {
    says: "preserveUnknownFields",
    edit: (spec) => {
      spec["preserveUnknownFields"] = true;
    },
    want: [
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
  },
  {
    says: "a field without a type",
    edit: withSpecSchema({ properties: { a: { type: "string" } } }),
    want: [`${at}.type: Required value: must not be empty for specified object fields`],
  },
  {
    says: "a list without items",
    edit: withSpecSchema({ type: "array" }),
    want: [`${at}.items: Required value: must be specified`],
  },
  {
    says: "a type inside a junctor",
    edit: withSpecSchema({ type: "string", anyOf: [{ type: "string" }] }),
    want: [`${at}.anyOf[0].type: Forbidden: must be empty to be structural`],
  },
  {
    says: "a pattern that is none",
    edit: withSpecSchema({ type: "string", pattern: "(" }),
    want: [
      `${at}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``,
    ],
  },
  {
    says: "unique items",
    edit: withSpecSchema({ type: "array", items: { type: "string" }, uniqueItems: true }),
    want: [
      `${at}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  },
  {
    says: "a map list without keys",
    edit: withSpecSchema({ type: "array", "x-kubernetes-list-type": "map", items: { type: "object" } }),
    want: [
      `${at}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
    ],
  },
  {
    says: "a map list whose key may be absent",
    edit: withSpecSchema({
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: { type: "object", properties: { name: { type: "string" } } },
    }),
    want: [
      `${at}.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  },
  {
    says: "a default of the wrong type",
    edit: withSpecSchema({ type: "object", properties: { n: { type: "integer", default: "x" } } }),
    want: [
      `${at}.properties[n].default: Invalid value: "string":  in body must be of type integer: "string"`,
    ],
  },
  {
    says: "a default with unknown fields",
    edit: withSpecSchema({ type: "object", default: { x: 1 }, properties: { n: { type: "integer" } } }),
    want: [`${at}.default: Invalid value: {"x":1}: must not have unknown fields`],
  },
  {
    says: "a rule that does not compile",
    edit: withSpecSchema({
      type: "string",
      "x-kubernetes-validations": [{ rule: "self > 1", message: "m" }],
    }),
    want: [
      `${at}.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self \\u003e 1","Message":"m","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:6: found no matching overload for '_>_' applied to '(string, int)'\n | self > 1\n | .....^`,
    ],
  },
  {
    says: "a column without a path",
    edit: (spec) => {
      first(spec)["additionalPrinterColumns"] = [{ name: "X", type: "text" }];
    },
    want: [
      `spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string`,
      "spec.additionalPrinterColumns[0].JSONPath: Required value",
    ],
  },
  {
    says: "scale paths in the wrong place",
    edit: (spec) => {
      first(spec)["subresources"] = {
        scale: { specReplicasPath: ".status.r", statusReplicasPath: ".spec.r" },
      };
    },
    want: [
      `spec.subresources.scale.specReplicasPath: Invalid value: ".status.r": should be a json path under .spec`,
      `spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.r": should be a json path under .status`,
    ],
  },
  {
    says: "a selectable field that is not declared",
    edit: (spec) => {
      first(spec)["selectableFields"] = [{ jsonPath: ".spec.nope" }];
    },
    want: [
      `spec.selectableFields[0].jsonPath: Invalid value: ".spec.nope": is an invalid path: does not refer to a valid field`,
    ],
  },
])("a manifest is refused for $says", ({ edit, want }) => {
  const { definition, errors } = loadCustomResourceDefinition(aDefinition(edit));
  expect(errors.map(printFieldError)).toEqual(want);
  expect(definition).toBeUndefined();
});

test("errors of a schema only one version has name that version", () => {
  const manifest = aDefinition((spec) => {
    const bad = { openAPIV3Schema: { type: "object", properties: { spec: {} } } };
    spec["versions"] = [version("v1"), version("v2", { storage: false, schema: bad })];
  });
  expect(loadCustomResourceDefinition(manifest).errors.map((e) => e.path)).toEqual([
    "spec.versions[1].schema.openAPIV3Schema.properties[spec].type",
  ]);
});

test("of many objects the definitions are taken, doubles and broken ones are named", () => {
  const broken = aDefinition((spec, manifest) => {
    spec["scope"] = "";
    setPath(manifest, ["metadata", "name"], "widgets.example.com");
  });
  const { definitions, rejected } = definitionsFromManifests([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "x" } },
    aDefinition(),
    aDefinition(),
    broken,
  ]);
  expect(definitions.map((d) => d.kind)).toEqual(["Widget"]);
  expect(rejected.map((r) => [r.name, r.errors.map(printFieldError)])).toEqual([
    ["widgets.example.com", [`metadata.name: Duplicate value: "widgets.example.com"`]],
    ["widgets.example.com", ["spec.scope: Required value"]],
  ]);
});

test.each([null, 1, "x", [], {}])(
  "a manifest that is nonsense (%j as spec) is refused, not thrown at",
  (spec) => {
    const manifest = aDefinition((_spec, m) => {
      m["spec"] = spec;
    });
    expect(loadCustomResourceDefinition(manifest).errors.length).toBeGreaterThan(0);
  },
);
