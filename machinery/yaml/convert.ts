import type { LineCounter, Node, Pair, ParsedNode, YAMLMap, YAMLSeq } from "yaml";
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { isObject, setKey } from "../json/value.ts";
import type { Resolved } from "./resolve.ts";
import { resolvePlain } from "./resolve.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

/** A key that was set before in the same map. */
export interface DuplicateKey {
  readonly line: number;
  readonly key: string;
}

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
    if (isAlias(node)) return this.alias(node.source, node);
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

  private alias(name: string, node: YamlNode): JsonValue {
    const target = this.anchors.get(name);
    if (target === undefined)
      throw new YamlSyntaxError(`unknown anchor '${name}' referenced`, this.lineOf(node));
    if (this.expanding.has(target) || this.isOpen(target)) {
      throw new YamlSyntaxError(`anchor '${name}' value contains itself`, this.lineOf(node));
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
    for (const pair of node.items as Pair<YamlNode, YamlNode>[]) {
      if (isMergeKey(pair.key)) {
        this.merge(object, pair.value);
        continue;
      }
      this.set(object, this.key(pair.key), this.convert(pair.value), this.lineOf(pair.key));
    }
    this.open.delete(node);
    return object;
  }

  private set(object: JsonObject, key: string, value: JsonValue, line: number): void {
    if (Object.hasOwn(object, key)) this.duplicates.push({ line, key });
    setKey(object, key, value);
  }

  /** `<<` sets keys where it stands, as goyaml does: the last to set a key wins, of several maps the first. */
  private merge(object: JsonObject, source: YamlNode): void {
    const value = this.convert(source);
    const line = this.lineOf(source);
    for (const part of Array.isArray(value) ? value.toReversed() : [value]) {
      if (!isObject(part)) {
        throw new YamlSyntaxError("map merge requires map or sequence of maps as the value", line);
      }
      for (const [key, item] of Object.entries(part)) this.set(object, key, item, line);
    }
  }

  private key(node: YamlNode): string {
    const value = this.convert(node);
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "bigint") return keyOfNumber(value);
    if (typeof value === "boolean") return String(value);
    throw new YamlSyntaxError("unsupported map key", this.lineOf(node));
  }

  private scalar(node: Node): JsonValue {
    const { value, type, tag } = node as { value?: unknown; type?: string; tag?: string };
    const text = typeof value === "string" ? this.withoutAddedEnd(value, type, node) : "";
    const resolved = this.resolve(text, type === "PLAIN" || type === undefined, tag, node);
    if (typeof resolved === "number" && !Number.isFinite(resolved)) {
      throw new YamlSyntaxError(`json: unsupported value: ${goFloat(resolved)}`);
    }
    return resolved;
  }

  /** The parser ends a block scalar with a line break even where the text ends without one; libyaml does not. */
  private withoutAddedEnd(value: string, type: string | undefined, node: Node): string {
    const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
    const atEnd = (node.range?.[1] ?? 0) >= this.source.length && !this.source.endsWith("\n");
    return isBlock && atEnd && value.endsWith("\n") ? value.slice(0, -1) : value;
  }

  private resolve(text: string, plain: boolean, tag: string | undefined, node: Node): Resolved {
    if (tag === undefined || tag === "!" || tag === "tag:yaml.org,2002:str") {
      return plain && tag === undefined ? resolvePlain(text) : text;
    }
    if (tag === "tag:yaml.org,2002:binary") {
      return Buffer.from(text.replace(/\s/g, ""), "base64").toString("utf8");
    }
    const wanted = scalarTags.get(tag);
    if (wanted === undefined) return plain ? resolvePlain(text) : text;
    const resolved = resolvePlain(text);
    if (!wanted.includes(resolved === null ? "null" : typeof resolved)) {
      const short = tag.replace("tag:yaml.org,2002:", "!!");
      throw new YamlSyntaxError(`cannot decode !!str \`${text}\` as a ${short}`, this.lineOf(node));
    }
    return resolved;
  }
}

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

/** Go prints float keys with 'g': an exponent of at least two digits, from 1e+21 or below 1e-4. */
function keyOfNumber(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isInteger(value)) return value.toString();
  return String(Math.fround(value) === value ? value : Number(value.toPrecision(8)));
}
