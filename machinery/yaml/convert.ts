import type { LineCounter, Node, Pair, ParsedNode, YAMLMap, YAMLSeq } from "yaml";
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import { goQuote } from "../json/quote.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject, setKey } from "../json/value.ts";
import type { Resolved } from "./resolve.ts";
import { resolvePlain } from "./resolve.ts";
import { YamlSyntaxError, YamlValueError } from "./syntax-error.ts";

/** A key that was set before in the same map: the text `1` is another than the number. */
export interface DuplicateKey {
  readonly line: number;
  readonly key: MapKey;
}

type MapKey = string | number | bigint | boolean;

/** Values that aliases may add to one document. */
const MAX_EXPANDED = 10_000;

type YamlNode = Node | ParsedNode | null | undefined;

/** Turns the nodes of one document, parsed with all scalars as text, into JSON. */
export class DocumentConverter {
  readonly duplicates: DuplicateKey[] = [];
  private readonly lines: LineCounter;
  private readonly maxDepth: number;
  /** The nodes of anchors seen so far; a later anchor of the same name replaces an earlier one. */
  private readonly anchors = new Map<string, Node>();
  private readonly expanding = new Set<Node>();
  private expanded = 0;
  private readonly source: string;
  private depth = 0;

  constructor(source: string, lines: LineCounter, maxDepth: number) {
    this.source = source;
    this.lines = lines;
    this.maxDepth = maxDepth;
  }

  convert(node: YamlNode): JsonValue {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.alias(node.source);
    if (this.expanding.size > 0) {
      this.expanded += 1;
      if (this.expanded > MAX_EXPANDED) throw new YamlSyntaxError("document contains excessive aliasing");
    } else if (typeof node.anchor === "string") this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.scalar(node);
    this.depth += 1;
    if (this.depth > this.maxDepth) {
      throw new YamlSyntaxError(`exceeded max depth of ${String(this.maxDepth)}`, this.lineOf(node));
    }
    const value = isMap(node) ? this.map(node) : isSeq(node) ? this.sequence(node) : null;
    this.depth -= 1;
    return value;
  }

  private lineOf(node: YamlNode): number {
    return this.lines.linePos(node?.range?.[0] ?? 0).line;
  }

  private alias(name: string): JsonValue {
    const target = this.anchors.get(name);
    if (target === undefined) throw new YamlSyntaxError(`unknown anchor '${name}' referenced`);
    if (this.expanding.has(target) || this.isOpen(target)) {
      throw new YamlSyntaxError(`anchor '${name}' value contains itself`);
    }
    this.expanding.add(target);
    const value = this.convert(target);
    this.expanding.delete(target);
    return value;
  }

  private readonly open = new Set<Node>();
  private isOpen(node: Node): boolean {
    return this.open.has(node);
  }

  private sequence(node: YAMLSeq): JsonValue[] {
    this.open.add(node);
    const items = node.items.map((item) => this.convert(item as YamlNode));
    this.open.delete(node);
    return items;
  }

  private map(node: YAMLMap): JsonObject {
    this.open.add(node);
    const object: JsonObject = {};
    const seen = new Set<MapKey>();
    for (const pair of node.items as Pair<YamlNode, YamlNode>[]) {
      if (isMergeKey(pair.key)) {
        this.merge(object, seen, pair.value);
        continue;
      }
      const key = this.key(pair.key);
      const value = this.convert(pair.value);
      if (key === null) throw noKey(value);
      this.mark(seen, key, this.lineOf(pair.key));
      setKey(object, textOfKey(key), value);
    }
    this.open.delete(node);
    return object;
  }

  private mark(seen: Set<MapKey>, key: MapKey, line: number): void {
    if (seen.has(key)) this.duplicates.push({ line, key });
    seen.add(key);
  }

  /** `<<` sets keys where it stands, as goyaml does: the last to set a key wins, of several maps the first. */
  private merge(object: JsonObject, seen: Set<MapKey>, source: YamlNode): void {
    const value = this.convert(source);
    const line = this.lineOf(source);
    for (const part of Array.isArray(value) ? value.toReversed() : [value]) {
      if (!isObject(part)) {
        throw new YamlSyntaxError("map merge requires map or sequence of maps as the value");
      }
      for (const [key, item] of Object.entries(part)) {
        this.mark(seen, key, line);
        setKey(object, key, item);
      }
    }
  }

  private key(node: YamlNode): MapKey | null {
    // A key may be a number JSON does not have.
    const value = isScalar(node) && !this.isCounted(node) ? this.scalarValue(node) : this.convert(node);
    if (typeof value === "object" && value !== null) {
      throw new YamlSyntaxError(`invalid map key: ${goSyntax(value)}`);
    }
    return value;
  }

  private isCounted(node: Node): boolean {
    return this.expanding.size > 0 || typeof (node as { anchor?: unknown }).anchor === "string";
  }

  private scalar(node: Node): JsonValue {
    const resolved = this.scalarValue(node);
    if (typeof resolved === "number" && !Number.isFinite(resolved)) {
      throw new YamlValueError(`json: unsupported value: ${goFloat(resolved)}`);
    }
    return resolved;
  }

  private scalarValue(node: Node): Resolved {
    const { value, type, tag } = node as { value?: unknown; type?: string; tag?: string };
    const text = typeof value === "string" ? this.withoutAddedEnd(value, type, node) : "";
    return this.resolve(text, type === "PLAIN" || type === undefined, tag);
  }

  /** The parser ends a block scalar with a line break even where the text ends without one; libyaml does not. */
  private withoutAddedEnd(value: string, type: string | undefined, node: Node): string {
    const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
    const atEnd = (node.range?.[1] ?? 0) >= this.source.length && !this.source.endsWith("\n");
    return isBlock && atEnd && value.endsWith("\n") ? value.slice(0, -1) : value;
  }

  private resolve(text: string, plain: boolean, tag: string | undefined): Resolved {
    if (tag === undefined || tag === "!" || tag === "tag:yaml.org,2002:str") {
      return plain && tag === undefined ? resolvePlain(text) : text;
    }
    if (tag === "tag:yaml.org,2002:binary") {
      const digits = text.replace(/[\r\n]/g, "");
      if (!base64.test(digits)) throw new YamlSyntaxError("!!binary value contains invalid base64 data");
      return Buffer.from(digits, "base64").toString("utf8");
    }
    const wanted = scalarTags.get(tag);
    if (wanted === undefined) return plain ? resolvePlain(text) : text;
    const resolved = resolvePlain(text);
    if (!wanted.includes(resolved === null ? "null" : typeof resolved)) {
      const short = tag.replace("tag:yaml.org,2002:", "!!");
      throw new YamlSyntaxError(`cannot decode !!str \`${text}\` as a ${short}`);
    }
    return resolved;
  }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const scalarTags: ReadonlyMap<string, readonly string[]> = new Map([
  ["tag:yaml.org,2002:int", ["number", "bigint"]],
  ["tag:yaml.org,2002:float", ["number", "bigint"]],
  ["tag:yaml.org,2002:bool", ["boolean"]],
  ["tag:yaml.org,2002:null", ["null"]],
]);

const isMergeKey = (key: YamlNode): boolean => {
  if (!isScalar(key)) return false;
  return key.value === "<<" && key.type === "PLAIN";
};

const goFloat = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");

function textOfKey(key: MapKey): string {
  if (typeof key === "number" || typeof key === "bigint") return keyOfNumber(key);
  return String(key);
}

/** A key that is null. */
const noKey = (value: JsonValue): YamlValueError =>
  new YamlValueError(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${goSyntax(value)}`);

/** A value as Go's %#v prints what it made of YAML. */
function goSyntax(value: JsonValue): string {
  if (value === null) return "interface {}(nil)";
  if (typeof value === "string") return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isObject(value)) return String(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${goQuote(key)}:${goSyntax(getKey(value, key) ?? null)}`);
  return `map[interface {}]interface {}{${members.join(", ")}}`;
}

/** Go prints float keys with 'g': an exponent of at least two digits, from 1e+21 or below 1e-4. */
function keyOfNumber(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isInteger(value)) return value.toString();
  if (!Number.isFinite(value)) return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
  return String(Math.fround(value) === value ? value : Number(value.toPrecision(8)));
}
