/**
 * Exchanges as the corpus writes them, and how they become requests. `{{name.rv}}`, `{{name.uid}}`,
 * `{{name.continue}}` and `{{name.etag}}` (with a value to use instead after a bar) stand for what an earlier answer said,
 * on each server its own; `{{ns}}` for the namespace of the file.
 */
import { stringify } from "yaml";
import type { WireRequest } from "../twins/wire.ts";
import type { ShortKind } from "./kinds.ts";
import { kindOf, pathOf } from "./kinds.ts";

export interface Exchange {
  readonly name: string;
  /** What kube-apiserver answers. The corpus says it of every request, random programs of none. */
  readonly status?: number;
  /** The behaviours it proves: "create/stored". Only what prepares proves none. */
  readonly proves?: string | readonly string[];
  readonly get?: string;
  readonly post?: string;
  readonly put?: string;
  readonly patch?: string;
  readonly delete?: string;
  /** Any other method: "HEAD twins/a". */
  readonly send?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
  /** Without the certificate of an administrator, so that it is the headers that say who asks. */
  readonly isUncertified?: boolean;
  /** A body as it is: text is sent as it stands, anything else as JSON, with `{ $raw: "1.50" }` for a number in these digits. */
  readonly body?: unknown;
  /** An object of the kind the path names: spec and status, every other key is metadata. */
  readonly object?: Readonly<Record<string, unknown>>;
  /** The same where that is a Twin. */
  readonly twin?: Readonly<Record<string, unknown>>;
  /** A merge patch. */
  readonly merge?: unknown;
  /** The operations of a JSON patch. */
  readonly ops?: unknown;
  /** A body too long to write down: a text so many times. */
  readonly many?: Repeated;
  /** Such an object to apply. */
  readonly apply?: Readonly<Record<string, unknown>>;
  /** An object, whole or to apply, is written as YAML. */
  readonly form?: "yaml";
  /** Only prepares what follows; its answers are not compared, but both have to be successes. */
  readonly isSetup?: boolean;
  /** Sent again until it is answered with this status: what one server hears of another takes a moment. */
  readonly until?: number;
  /** Sent in another second than what was sent before, so that times of before are told from those of now. */
  readonly pause?: true;
  /** Only this part of a JSON answer is compared: keys, or names of elements of lists. */
  readonly pick?: readonly string[];
  /** What the answer is called by later exchanges; an object is also known by its name. */
  readonly as?: string;
  /** Opens a watch under this name. */
  readonly open?: string;
  /** Reads the events of a watch opened before: so many in the corpus, all there are when the count is -1. */
  readonly read?: string;
  readonly count?: number;
}

/** `before`, `count` times `text` with `between` between them, as often `close`, `after`. */
export interface Repeated {
  readonly count: number;
  readonly text: string;
  readonly before?: string;
  readonly between?: string;
  readonly close?: string;
  readonly after?: string;
}

/** What the answers so far said, on one server. */
export type Known = ReadonlyMap<string, Readonly<Record<string, string>>>;

const forms: Readonly<Record<string, string>> = {
  table: "application/json;as=Table;v=v1;g=meta.k8s.io",
  partial: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  partialList: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  yaml: "application/yaml",
  discovery: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  kubectl:
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
  metadataClient: metadataClient("PartialObjectMetadata"),
  metadataListClient: metadataClient("PartialObjectMetadataList"),
};

function metadataClient(kind: string): string {
  const asked = `as=${kind};g=meta.k8s.io;v=v1`;
  return `application/vnd.kubernetes.protobuf;${asked},application/json;${asked},application/json`;
}

const contentTypes = {
  merge: "application/merge-patch+json",
  ops: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** The request an exchange means, on the server whose earlier answers are given. */
export function requestOf(exchange: Exchange, namespace: string, known: Known): WireRequest {
  const { method, target } = targetOf(exchange);
  const fill = (text: string): string => substitute(text, namespace, known);
  const headers: Record<string, string> = { "user-agent": "conformance/1.0" };
  const { body, type } = payload(exchange, kindOf(target));
  if (type !== undefined) headers["content-type"] = type;
  if (exchange.accept !== undefined) headers["accept"] = forms[exchange.accept] ?? exchange.accept;
  for (const [name, value] of Object.entries(exchange.headers ?? {})) {
    if (value === "") Reflect.deleteProperty(headers, name);
    else headers[name] = fill(value);
  }
  const { isUncertified = false } = exchange;
  const request = { method, path: fill(pathOf(target)), headers, isUncertified };
  return body === undefined ? request : { ...request, body: Buffer.from(fill(body)) };
}

function targetOf(exchange: Exchange): { method: string; target: string } {
  for (const verb of ["get", "post", "put", "patch", "delete"] as const) {
    const target = exchange[verb];
    if (target !== undefined) return { method: verb.toUpperCase(), target };
  }
  const [method, target] = (exchange.send ?? "").split(" ");
  if (method === undefined || target === undefined)
    throw new Error(`${exchange.name}: an exchange needs a method and a path`);
  return { method, target };
}

function payload(exchange: Exchange, kind: ShortKind): { body?: string; type?: string } {
  const write = exchange.form === "yaml" ? yaml : json;
  const plain = exchange.form === "yaml" ? "application/yaml" : "application/json";
  const { object = exchange.twin, apply } = exchange;
  if (object !== undefined) return { body: write(whole(kind, object)), type: plain };
  if (apply !== undefined) return { body: write(whole(kind, apply)), type: contentTypes.apply };
  if (exchange.merge !== undefined) return { body: json(exchange.merge), type: contentTypes.merge };
  if (exchange.ops !== undefined) return { body: json(exchange.ops), type: contentTypes.ops };
  if (exchange.many !== undefined) return { body: repeated(exchange.many), type: "application/json" };
  if (exchange.body === undefined) return {};
  return { body: json(exchange.body), type: "application/json" };
}

const repeated = ({ count, text, before = "", between = "", close = "", after = "" }: Repeated): string =>
  before + Array<string>(count).fill(text).join(between) + close.repeat(count) + after;

const json = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value, (_, part: unknown) => written(part, rawJson));
/** JSON is YAML, too, and more readers agree about what is escaped in it. */
const yaml = (value: unknown): string => (/[^ -~]/.test(json(value)) ? json(value) : blockYaml(value));
const blockYaml = (value: unknown): string =>
  stringify(value, (_, part: unknown) => written(part, Number), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });

/** A part of a body; a number that has to keep its digits is made of them. */
function written(part: unknown, number: (digits: string) => unknown): unknown {
  if (typeof part !== "object" || part === null || !("$raw" in part)) return part;
  return number(String(part.$raw));
}

/** JSON.rawJSON, which the types do not know yet. */
const rawJson = (digits: string): unknown =>
  (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(digits);

function whole({ group, kind, version: usual }: ShortKind, short: Readonly<Record<string, unknown>>): object {
  const { spec, status, version = usual, ...metadata } = short;
  return {
    apiVersion: `${group}/${String(version)}`,
    kind,
    metadata,
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  };
}

function substitute(text: string, namespace: string, known: Known): string {
  return text.replaceAll(/\{\{([^}]+)\}\}/g, (whole, reference: string) => {
    if (reference === "ns") return namespace;
    const [path = "", fallback] = reference.split("|");
    const [name, field] = splitLast(path);
    const value = known.get(name)?.[field] ?? fallback;
    if (value === undefined) throw new Error(`nothing is known of ${whole}`);
    return value;
  });
}

function splitLast(reference: string): [string, string] {
  const at = reference.lastIndexOf(".");
  return [reference.slice(0, at), reference.slice(at + 1)];
}
