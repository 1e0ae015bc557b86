/** Static CEL types. `maxElements` bounds lengths and sizes where a schema declares them; it is not part of identity. */
export interface CelType {
  readonly kind: TypeKind;
  /** list: the items; map: the values; optional: what it may hold. */
  readonly elem?: CelType;
  readonly key?: CelType;
  /** opaque: the name; variable: the letter. */
  readonly name?: string;
  /** object: the declared fields, by their CEL names. */
  readonly fields?: ReadonlyMap<string, CelType>;
  readonly maxElements?: number;
  /** The fewest bytes such a value takes in JSON. */
  readonly minSize?: number;
}

export type TypeKind =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "null"
  | "dyn"
  | "timestamp"
  | "duration"
  | "type"
  | "list"
  | "map"
  | "object"
  | "optional"
  | "opaque"
  | "variable";

const simple = (kind: TypeKind): CelType => ({ kind });

export const celTypes = {
  bool: simple("bool"),
  int: simple("int"),
  uint: simple("uint"),
  double: simple("double"),
  string: simple("string"),
  bytes: simple("bytes"),
  null: simple("null"),
  dyn: simple("dyn"),
  timestamp: simple("timestamp"),
  duration: simple("duration"),
  type: simple("type"),
} as const;

export const listOf = (elem: CelType, maxElements?: number): CelType => ({
  kind: "list",
  elem,
  ...(maxElements === undefined ? {} : { maxElements }),
});
export const mapOf = (key: CelType, elem: CelType, maxElements?: number): CelType => ({
  kind: "map",
  key,
  elem,
  ...(maxElements === undefined ? {} : { maxElements }),
});
export const optionalOf = (elem: CelType): CelType => ({ kind: "optional", elem });

const printed: Partial<Record<TypeKind, string>> = {
  timestamp: "timestamp",
  duration: "duration",
  object: "object",
};

/** The type as cel-go prints it in messages. */
export function printType(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${printType(type.elem ?? celTypes.dyn)})`;
    case "map":
      return `map(${printType(type.key ?? celTypes.dyn)}, ${printType(type.elem ?? celTypes.dyn)})`;
    case "optional":
      return `optional_type(${printType(type.elem ?? celTypes.dyn)})`;
    case "opaque":
      return opaqueNames[type.name ?? ""] ?? type.name ?? "";
    case "variable":
      return type.name ?? "";
    default:
      return printed[type.kind] ?? type.kind;
  }
}

/** Our short names of the library types and the names cel-go has for them. */
const opaqueNames: Readonly<Record<string, string>> = {
  Quantity: "kubernetes.Quantity",
  URL: "kubernetes.URL",
  IP: "net.IP",
  CIDR: "net.CIDR",
  Semver: "kubernetes.Semver",
  NamedFormat: "kubernetes.NamedFormat",
};

const names: ReadonlyMap<string, CelType> = new Map(Object.entries(celTypes));

/** Parses a type as signatures write it: `list<string>`, `map<K, V>`, `Quantity`, one capital letter for a variable. */
export function parseType(text: string): CelType {
  const trimmed = text.trim();
  const generic = /^(list|map|optional)<(.*)>$/.exec(trimmed);
  if (generic?.[2] !== undefined) {
    const args = splitArguments(generic[2]).map(parseType);
    if (generic[1] === "list") return listOf(args[0] ?? celTypes.dyn);
    if (generic[1] === "optional") return optionalOf(args[0] ?? celTypes.dyn);
    return mapOf(args[0] ?? celTypes.dyn, args[1] ?? celTypes.dyn);
  }
  const known = names.get(trimmed);
  if (known !== undefined) return known;
  return /^[A-Z]$/.test(trimmed) ? { kind: "variable", name: trimmed } : { kind: "opaque", name: trimmed };
}

/** Splits at commas that are not inside angle brackets. */
export function splitArguments(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "<") depth++;
    else if (text[i] === ">") depth--;
    else if (text[i] === "," && depth === 0) {
      out.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (text.slice(start).trim() !== "") out.push(text.slice(start));
  return out;
}

/** What type variables stand for within one call. */
export type Bindings = Map<string, CelType>;

/** Whether a value of `actual` may stand where `wanted` is asked; binds type variables on the way. */
export function assignable(wanted: CelType, actual: CelType, bound: Bindings): boolean {
  if (wanted.kind === "variable") {
    const before = bound.get(wanted.name ?? "");
    if (before === undefined || before.kind === "dyn") {
      bound.set(wanted.name ?? "", actual);
      return true;
    }
    return assignable(before, actual, bound);
  }
  if (wanted.kind === "dyn" || actual.kind === "dyn") return true;
  if (wanted.kind !== actual.kind) return actual.kind === "null" && nullables.has(wanted.kind);
  return sameKind(wanted, actual, bound);
}

/** What null may stand for, as in cel-go: what protocol buffers hold by reference. */
const nullables: ReadonlySet<TypeKind> = new Set<TypeKind>(["object", "timestamp", "duration", "opaque"]);

function sameKind(wanted: CelType, actual: CelType, bound: Bindings): boolean {
  switch (wanted.kind) {
    case "list":
    case "optional":
      return assignable(wanted.elem ?? celTypes.dyn, actual.elem ?? celTypes.dyn, bound);
    case "map":
      return (
        assignable(wanted.key ?? celTypes.dyn, actual.key ?? celTypes.dyn, bound) &&
        assignable(wanted.elem ?? celTypes.dyn, actual.elem ?? celTypes.dyn, bound)
      );
    case "opaque":
      return wanted.name === actual.name;
    case "object":
      return wanted.fields === actual.fields;
    default:
      return true;
  }
}

/** The type with its variables replaced; those still open become dyn. */
export function substitute(type: CelType, bound: Bindings): CelType {
  if (type.kind === "variable") return bound.get(type.name ?? "") ?? celTypes.dyn;
  if (type.elem === undefined) return type;
  return {
    ...type,
    elem: substitute(type.elem, bound),
    ...(type.key === undefined ? {} : { key: substitute(type.key, bound) }),
  };
}
