import { isUtf8 } from "node:buffer";
import type { Document, YAMLError } from "yaml";
import { LineCounter, parseAllDocuments } from "yaml";
import { decodeJson } from "../json/decode.ts";
import { goQuote } from "../json/quote.ts";
import type { JsonValue } from "../json/value.ts";
import { DocumentConverter } from "./convert.ts";
import type { DuplicateKey } from "./convert.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

/**
 * YAML as kube-apiserver and kubectl read it: YAML 1.1 scalars, JSON as a special case, keys turned into text, the
 * last of several equal keys wins and is reported. The `yaml` package parses; what scalars mean is decided here.
 */
export { YamlSyntaxError } from "./syntax-error.ts";
export type { DuplicateKey } from "./convert.ts";

export interface DecodedYaml {
  readonly value: JsonValue;
  readonly duplicates: readonly DuplicateKey[];
}

export interface YamlLimits {
  /** Bytes of input; 4 MiB by default. */
  readonly maxBytes?: number;
  /** Levels of nesting; 1000 by default. */
  readonly maxDepth?: number;
}

/** `line 4: key "color" already set in map`, as strict decoding reports it. */
export const printDuplicateKey = ({ line, key }: DuplicateKey): string =>
  `line ${String(line)}: key ${typeof key === "string" ? goQuote(key) : String(key)} already set in map`;

/** The first document of the input, null when there is none. Throws YamlSyntaxError. */
export function decodeYaml(input: string | Buffer, limits: YamlLimits = {}): DecodedYaml {
  if (typeof input !== "string" && !isUtf8(input)) throw new YamlSyntaxError("invalid leading UTF-8 octet");
  const text = input.toString();
  checkSize(text, limits);
  const json = asJson(text, limits);
  if (json !== undefined) return json;
  if (forbidden.test(text)) throw new YamlSyntaxError("control characters are not allowed");
  const lines = new LineCounter();
  const [first] = parse(text, lines);
  return first === undefined ? { value: null, duplicates: [] } : convert(first, { text, lines, limits });
}

/** All documents of a stream, as files for kubectl hold them; empty ones are left out. Throws YamlSyntaxError. */
export function decodeYamlDocuments(text: string, limits: YamlLimits = {}): DecodedYaml[] {
  checkSize(text, limits);
  const lines = new LineCounter();
  return parse(text, lines)
    .map((document) => convert(document, { text, lines, limits }))
    .filter((decoded) => decoded.value !== null);
}

/** What YAML does not let stand for itself, not even in quotes. */
// eslint-disable-next-line no-control-regex
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

function checkSize(text: string, { maxBytes = 4 * 1024 * 1024 }: YamlLimits): void {
  if (Buffer.byteLength(text, "utf8") > maxBytes) {
    throw new YamlSyntaxError(`document is larger than ${String(maxBytes)} bytes`);
  }
}

/** Clients mostly send JSON. Duplicate keys need the slow way, for their lines. */
function asJson(text: string, limits: YamlLimits): DecodedYaml | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const { value, duplicates } = decodeJson(text, limits);
    return duplicates.length === 0 ? { value, duplicates: [] } : undefined;
  } catch {
    return undefined;
  }
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text, {
      version: "1.1",
      schema: "failsafe",
      uniqueKeys: false,
      strict: false,
      logLevel: "silent",
      prettyErrors: false,
      lineCounter,
    });
    return Array.isArray(documents) ? (documents as Document.Parsed[]) : [];
  } catch (error) {
    if (error instanceof RangeError) throw new YamlSyntaxError("exceeded max depth");
    throw error;
  }
}

interface Source {
  readonly text: string;
  readonly lines: LineCounter;
  readonly limits: YamlLimits;
}

function convert(document: Document.Parsed, { text, lines, limits }: Source): DecodedYaml {
  const [error] = document.errors;
  if (error !== undefined) throw syntaxError(error, lines);
  const converter = new DocumentConverter(text, lines, limits.maxDepth ?? 1000);
  return { value: converter.convert(document.contents), duplicates: converter.duplicates };
}

/** The words of libyaml for the mistakes people make; others are named as the parser names them. */
const problems: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: "mapping values are not allowed in this context",
  BAD_INDENT: "did not find expected key",
  TAB_AS_INDENT: "found character that cannot start any token",
  BAD_SCALAR_START: "found character that cannot start any token",
  BAD_ALIAS: "did not find expected alphabetic or numeric character",
  MULTILINE_IMPLICIT_KEY: "could not find expected ':'",
  BAD_DQ_ESCAPE: "found unknown escape character",
};

function syntaxError(error: YAMLError, lines: LineCounter): YamlSyntaxError {
  if (error.code === "RESOURCE_EXHAUSTION") return new YamlSyntaxError("exceeded max depth");
  const { line } = lines.linePos(error.pos[0]);
  const known = Object.hasOwn(problems, error.code) ? problems[error.code] : undefined;
  return new YamlSyntaxError(known ?? error.message, line);
}
