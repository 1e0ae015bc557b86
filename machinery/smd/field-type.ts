/**
 * Types as structured merge sees them: what may stand at a node (scalar, list, map, several of them for untyped
 * nodes) and how lists and maps are owned. Types are compiled once per schema and may be cyclic.
 */
import type { JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import type { PathElement } from "./path-element.ts";
import { fieldElement } from "./path-element.ts";

export type ScalarKind = "numeric" | "string" | "boolean" | "untyped";

/** What may stand at a node. `as…` are this type narrowed to one form, the type itself when it has no other. */
export interface FieldType {
  readonly scalar: ScalarKind | undefined;
  readonly list: ListType | undefined;
  readonly map: MapType | undefined;
  readonly asScalar: FieldType | undefined;
  readonly asList: FieldType | undefined;
  readonly asMap: FieldType | undefined;
}

/** A list: owned as a whole (atomic), by item value (associative without keys) or by item keys. */
export interface ListType {
  readonly atomic: boolean;
  readonly keys: readonly string[];
  readonly item: FieldType;
}

/** An object or map; `values` is the type of undeclared keys, undefined when there may be none. */
export interface MapType {
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, MapField>;
  readonly values: FieldType | undefined;
}

export interface MapField {
  readonly element: PathElement;
  readonly type: FieldType;
  readonly default: JsonValue | undefined;
}

interface Forms {
  readonly scalar?: ScalarKind | undefined;
  readonly list?: ListType | undefined;
  readonly map?: MapType | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A type of the given forms; `fill` may complete a cyclic type, it gets the type before its forms are known. */
export function fieldType(forms: Forms | ((self: FieldType) => Forms)): FieldType {
  const self: Writable<FieldType> = {
    scalar: undefined,
    list: undefined,
    map: undefined,
    asScalar: undefined,
    asList: undefined,
    asMap: undefined,
  };
  const { scalar, list, map } = typeof forms === "function" ? forms(self) : forms;
  Object.assign(self, { scalar, list, map });
  const count = [scalar, list, map].filter((form) => form !== undefined).length;
  const only = (form: Forms): FieldType => (count === 1 ? self : fieldType(form));
  if (scalar !== undefined) self.asScalar = only({ scalar });
  if (list !== undefined) self.asList = only({ list });
  if (map !== undefined) self.asMap = only({ map });
  return self;
}

const noFields: ReadonlyMap<string, MapField> = new Map();

/** Anything, owned as a whole. */
export const untypedAtomic: FieldType = fieldType((self) => ({
  scalar: "untyped",
  list: { atomic: true, keys: [], item: self },
  map: { atomic: true, fields: noFields, values: self },
}));

/** Anything, with ownership deduced from the value: maps granular, lists atomic, scalars leaves. */
export const deduced: FieldType = fieldType((self) => ({
  scalar: "untyped",
  list: { atomic: true, keys: [], item: untypedAtomic },
  map: { atomic: false, fields: noFields, values: self },
}));

export const scalarType = (scalar: ScalarKind): FieldType => fieldType({ scalar });

/** A map type from declared fields and the type of other keys. */
export function mapType(
  fields: Readonly<Record<string, FieldType>>,
  options: { atomic?: boolean; values?: FieldType; defaults?: Readonly<Record<string, JsonValue>> } = {},
): FieldType {
  return fieldType({
    map: {
      atomic: options.atomic ?? false,
      fields: new Map(
        Object.entries(fields).map(([name, type]) => [
          name,
          { element: fieldElement(name), type, default: options.defaults?.[name] },
        ]),
      ),
      values: options.values,
    },
  });
}

export const listType = (
  item: FieldType,
  options: { atomic?: boolean; keys?: readonly string[] } = {},
): FieldType => fieldType({ list: { atomic: options.atomic ?? false, keys: options.keys ?? [], item } });

/** The type narrowed to the form of the value; unchanged for null, absent values and values of no allowed form. */
export function narrow(type: FieldType, value: JsonValue | undefined): FieldType {
  if (value === undefined || value === null) return type;
  if (Array.isArray(value)) return type.asList ?? type;
  if (isObject(value)) return type.asMap ?? type;
  return type.asScalar ?? type;
}

/** The type of a key of a map; undeclared keys of closed maps are treated as deduced. */
export const typeOfKey = (map: MapType, key: string): FieldType =>
  map.fields.get(key)?.type ?? map.values ?? deduced;

/** The path element of a key of a map. */
export const elementOfKey = (map: MapType, key: string): PathElement =>
  map.fields.get(key)?.element ?? fieldElement(key);
