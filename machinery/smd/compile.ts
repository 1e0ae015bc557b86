import type { Structural } from "../schema/structural.ts";
import type { FieldType, ListType, MapField, MapType, ScalarKind } from "./field-type.ts";
import { deduced, fieldType, listType, mapType, scalarType, untypedAtomic } from "./field-type.ts";
import { fieldElement } from "./path-element.ts";

const string = scalarType("string");
const numeric = scalarType("numeric");
const boolean = scalarType("boolean");
const untyped = scalarType("untyped");

/** ObjectMeta: labels and annotations by key, finalizers a set, owner references by uid. */
export const objectMetaType: FieldType = mapType({
  annotations: mapType({}, { values: string }),
  creationTimestamp: untyped,
  deletionGracePeriodSeconds: numeric,
  deletionTimestamp: untyped,
  finalizers: listType(string),
  generateName: string,
  generation: numeric,
  labels: mapType({}, { values: string }),
  managedFields: listType(untypedAtomic, { atomic: true }),
  name: string,
  namespace: string,
  ownerReferences: listType(
    mapType(
      {
        apiVersion: string,
        blockOwnerDeletion: boolean,
        controller: boolean,
        kind: string,
        name: string,
        uid: string,
      },
      // kube-apiserver's schema of metadata has defaults for what is required there; that of the key counts.
      { atomic: true, defaults: { uid: "" } },
    ),
    { keys: ["uid"] },
  ),
  resourceVersion: string,
  selfLink: string,
  uid: string,
});

const resourceFields: ReadonlyMap<string, FieldType> = new Map([
  ["apiVersion", string],
  ["kind", string],
  ["metadata", objectMetaType],
]);

/** Compiles the schema of whole objects; apiVersion, kind and metadata are added as in every resource. */
export function compileResourceType(schema: Structural): FieldType {
  return compile({ ...schema, embeddedResource: true }, false);
}

/** Compiles the schema of a part of an object. */
export function compileType(schema: Structural): FieldType {
  return compile(schema, false);
}

// Preserving unknown fields is inherited by everything declared below, as kube-apiserver does it for apply.
function compile(schema: Structural, inherited: boolean): FieldType {
  const preserve = inherited || schema.preserveUnknownFields === true;
  switch (schema.type) {
    case "object":
      return fieldType({ map: compileMap(schema, preserve) });
    case "array":
      return fieldType({ list: compileList(schema, preserve) });
    case undefined:
      return fieldType({
        scalar: "untyped",
        list: compileList(schema, preserve),
        map: compileMap(schema, preserve),
      });
    default:
      return scalarType(scalarKind(schema));
  }
}

function scalarKind(schema: Structural): ScalarKind {
  switch (schema.type) {
    case "integer":
    case "number":
      return "numeric";
    case "boolean":
      return "boolean";
    default:
      return schema.format === undefined || schema.format === "" || schema.format === "byte"
        ? "string"
        : "untyped";
  }
}

function compileList(schema: Structural, preserve: boolean): ListType {
  return {
    atomic: !isAssociative(schema),
    keys: listKeys(schema),
    item: schema.items === undefined ? untypedAtomic : compile(schema.items, preserve),
  };
}

function isAssociative(schema: Structural): boolean {
  if (schema.listType !== undefined) return schema.listType !== "atomic";
  return schema.patchStrategy?.split(",").includes("merge") === true;
}

function listKeys(schema: Structural): readonly string[] {
  if (schema.listType !== undefined) return schema.listType === "map" ? (schema.listMapKeys ?? []) : [];
  return schema.patchMergeKey === undefined ? [] : [schema.patchMergeKey];
}

function compileMap(schema: Structural, preserve: boolean): MapType {
  const fields = new Map<string, MapField>();
  const declare = (name: string, type: FieldType, preset?: Structural["default"]): void => {
    fields.set(name, { element: fieldElement(name), type, default: preset });
  };
  for (const [name, property] of schema.properties ?? []) {
    declare(name, compile(property, preserve), property.default);
  }
  if (schema.embeddedResource === true) for (const [name, type] of resourceFields) declare(name, type);
  return {
    atomic: schema.mapType === "atomic",
    fields,
    values: compileValues(schema, preserve, fields.size),
  };
}

function compileValues(schema: Structural, preserve: boolean, fieldCount: number): FieldType | undefined {
  if (schema.additionalProperties === true) return deduced;
  if (schema.additionalProperties !== undefined) return compile(schema.additionalProperties, preserve);
  return preserve || fieldCount === 0 ? deduced : undefined;
}
