/**
 * Reads the schemas of the test data: named types with scalars, maps and lists, as structured-merge-diff writes them.
 */
import type { JsonObject, JsonValue } from "../../json/value.ts";
import { getKey, isObject } from "../../json/value.ts";
import type { FieldType, MapField, ScalarKind } from "../field-type.ts";
import { deduced, fieldType, untypedAtomic } from "../field-type.ts";
import { fieldElement } from "../path-element.ts";

/** Resolves a type of the list by its name. */
export function loadTypes(definitions: JsonValue): (name: string) => FieldType {
  const sources = new Map<string, JsonObject>();
  for (const source of asList(definitions)) sources.set(text(source, "name"), source);
  const loaded = new Map<string, FieldType>([
    ["__untyped_deduced_", deduced],
    ["__untyped_atomic_", untypedAtomic],
  ]);
  const byName = (name: string): FieldType => {
    const found = loaded.get(name);
    if (found !== undefined) return found;
    const source = sources.get(name);
    if (source === undefined) throw new Error(`no type named ${name}`);
    return load(source, (self) => loaded.set(name, self));
  };
  const load = (source: JsonObject, register?: (self: FieldType) => void): FieldType =>
    fieldType((self) => {
      register?.(self);
      const map = getKey(source, "map");
      const list = getKey(source, "list");
      const scalar = getKey(source, "scalar");
      return {
        scalar: scalar as ScalarKind | undefined,
        map: isObject(map) ? loadMap(map) : undefined,
        list: isObject(list)
          ? {
              atomic: text(list, "elementRelationship") !== "associative",
              keys: strings(getKey(list, "keys")),
              item: reference(getKey(list, "elementType")) ?? untypedAtomic,
            }
          : undefined,
      };
    });
  const loadMap = (map: JsonObject): NonNullable<FieldType["map"]> => {
    const fields = new Map<string, MapField>();
    for (const field of asList(getKey(map, "fields") ?? [])) {
      const name = text(field, "name");
      const type = reference(getKey(field, "type")) ?? deduced;
      fields.set(name, { element: fieldElement(name), type, default: getKey(field, "default") });
    }
    const atomic = text(map, "elementRelationship") === "atomic";
    return { atomic, fields, values: reference(getKey(map, "elementType")) };
  };
  const reference = (source: JsonValue | undefined): FieldType | undefined => {
    if (!isObject(source) || Object.keys(source).length === 0) return undefined;
    const name = text(source, "namedType");
    const type = name === "" ? load(source) : byName(name);
    const relationship = text(source, "elementRelationship");
    return relationship === "" ? type : withRelationship(type, relationship);
  };
  return byName;
}

/** A reference may say otherwise about ownership than the type it names. */
function withRelationship(type: FieldType, relationship: string): FieldType {
  const atomic = relationship === "atomic";
  return fieldType({
    scalar: type.scalar,
    map: type.map === undefined ? undefined : { ...type.map, atomic },
    list: type.list === undefined ? undefined : { ...type.list, atomic: relationship !== "associative" },
  });
}

const asList = (value: JsonValue): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const strings = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
const text = (object: JsonObject, key: string): string => {
  const value = getKey(object, key);
  return typeof value === "string" ? value : "";
};
