/**
 * Reads an object from a request body: JSON or YAML text, then type, then metadata, then shape. Problems that strict
 * validation refuses (duplicate and unknown fields) are collected, everything else is refused at once.
 */
import { goQuote } from "../../machinery/json/quote.ts";
import type { ApiError } from "../../api/errors/api-error.ts";
import { badRequest } from "../../api/errors/catalogue.ts";
import { checkMetadata, normalizeMetadata } from "../../api/meta/decode-meta.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { prune } from "../../machinery/schema/prune.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { decodeYaml, printDuplicateKey } from "../../machinery/yaml/decode.ts";
import type { MediaType } from "../negotiation/accept.ts";
import type { ObjectMediaType } from "../negotiation/content-type.ts";
import { shapeEmbedded } from "../registry/embedded-metadata.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { refuseProtobuf } from "./protobuf-body.ts";
import { textOf, whyNoType } from "./type-meta.ts";

export interface DecodedBody {
  readonly object: JsonObject;
  /** What strict validation refuses, in the order it is told: duplicates, metadata, other paths sorted. */
  readonly strict: readonly string[];
}

/** Text to a value; `kind` names what was expected in the refusal. */
export function parseBody(
  body: Buffer,
  mediaType: MediaType,
  kind: string,
  /** What is said of a number that no Go type can hold; absent, it is unrecognized like the rest. */
  tooLarge?: (why: string) => ApiError,
): { value: JsonValue; duplicates: string[] } {
  const refuse = (why: string, cause: unknown): ApiError => unrecognized(body, kind, why, cause);
  if (mediaType === "yaml") {
    try {
      const { value, duplicates } = decodeYaml(body);
      return { value, duplicates: duplicates.map(printDuplicateKey) };
    } catch (error) {
      throw refuse(messageOf(error).replace(yamlPrefix, ""), error);
    }
  }
  try {
    const { value, duplicates } = decodeJson(body);
    return { value, duplicates: duplicates.map((path) => `duplicate field ${goQuote(path)}`) };
  } catch (error) {
    const why = messageOf(error);
    if (tooLarge !== undefined && why.startsWith("json: cannot unmarshal number")) throw tooLarge(why);
    throw refuse(`couldn't get version/kind; json parse error: ${messageOf(error)}`, error);
  }
}

const unrecognized = (body: Buffer, kind: string, why: string, cause?: unknown): ApiError =>
  badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${why} (${summarize(body)})`,
    cause,
  );

/** How the YAML reader begins its messages; kube-apiserver leaves it out in some places. */
const yamlPrefix = /^error converting YAML to JSON: (?:yaml: (?=json: ))?/;

/**
 * An object from the body of a request to this version; whether it is of that version and kind is not looked at.
 * Without field validation kube-apiserver reads in one step less and tells a missing kind in other words.
 */
export function decodeBody(
  version: ServedVersion,
  body: Buffer,
  mediaType: ObjectMediaType,
  isUnchecked = false,
): DecodedBody {
  const { kind } = version.gvk;
  if (mediaType === "protobuf") {
    throw refuseProtobuf(
      body,
      { kind, version: version.name },
      {
        unrecognized: (why, cause) => unrecognized(body, kind, why, cause),
        unhandled: (sent, of, why) => unhandled(sent, of, kind, why),
      },
    );
  }
  const { value, duplicates } = parseBody(body, mediaType, kind, (why) => cannotBeHandled(version, why));
  const object = requireTyped(value, body, kind, (typed) => {
    if (!isUnchecked) return undefined;
    const text = mediaType === "yaml" ? encodeJson(value) : body.toString("utf8").trim();
    return unhandled(kind, defaultVersion(typed, version), kind, `Object 'Kind' is missing in '${text}'`);
  });
  return shapeObject(version, object, duplicates);
}

/** The version an object is taken to be of where it is told what is wrong with it. */
export function defaultVersion(object: JsonObject, served: ServedVersion): string {
  const { group, version } = parseApiVersion(textOf(object, "apiVersion"));
  return version === "" && (group === "" || group === served.gvk.group) ? served.name : version;
}

/** Checks that a decoded value is an object with a kind; `kindless` may refuse one without in its own words. */
function requireTyped(
  value: JsonValue,
  body: Buffer,
  expected: string,
  kindless: (object: JsonObject) => ApiError | undefined,
): JsonObject {
  const refuse = (why: string): ApiError => unrecognized(body, expected, why);
  const why = whyNoType(value);
  if (why !== undefined) throw refuse(why);
  const object = isObject(value) ? value : {};
  if (textOf(object, "kind") === "")
    throw kindless(object) ?? refuse(`Object 'Kind' is missing in '${body.toString("utf8")}'`);
  return object;
}

/** Makes a decoded object canonical, typed, pruned and defaulted. The object given is used up. */
export function shapeObject(
  version: ServedVersion,
  decoded: JsonObject,
  duplicates: readonly string[],
  refuse: (why: string) => ApiError = (why) => cannotBeHandled(version, why),
): DecodedBody {
  const { definition } = version.resource;
  const object = definition.canonicalize?.(decoded, version.name) ?? decoded;
  const unknownMeta = shapeMetadata(version, object);
  if (!isOfKind(version, object))
    return { object, strict: [...duplicates, ...unknownMeta.map(unknownField)] };
  const schema = schemaOf(version, object);
  const unknown = prune(object, schema);
  const embedded = shapeEmbeddedIn(version, object, refuse);
  applyDefaults(object, schema);
  const told = [...unknownMeta, ...unknown.sort(), ...embedded].map(unknownField);
  return { object, strict: [...duplicates, ...told] };
}

const unknownField = (path: string): string => `unknown field "${path}"`;

/** What is of another kind is refused later; until then no schema is known for it. */
function isOfKind(version: ServedVersion, object: JsonObject): boolean {
  const { group } = parseApiVersion(textOf(object, "apiVersion"));
  return getKey(object, "kind") === version.gvk.kind && group === version.gvk.group;
}

/** That of the version the object says it is of, which is refused later; of a version there is not, no field is known. */
function schemaOf(version: ServedVersion, object: JsonObject): Structural {
  const apiVersion = getKey(object, "apiVersion");
  if (apiVersion === version.apiVersion) return version.definition.schema;
  const { version: name } = parseApiVersion(typeof apiVersion === "string" ? apiVersion : "");
  return version.resource.versions.get(name)?.definition.schema ?? unknownSchema;
}

const unknownSchema: Structural = { type: "object" };

/** Gives metadata its types in place; answers unknown paths. Throws BadRequest. */
export function shapeMetadata(version: ServedVersion, object: JsonObject): readonly string[] {
  const { errors, unknown } = checkMetadata(object);
  if (errors[0] !== undefined) throw asSent(version, object, errors[0]);
  const metadata = getKey(object, "metadata");
  object["metadata"] = isObject(metadata) ? withoutEmpty(normalizeMetadata(metadata)) : {};
  return unknown;
}

/** Does the same for embedded resources; answers unknown paths. Throws BadRequest. */
function shapeEmbeddedIn(
  version: ServedVersion,
  object: JsonObject,
  refuse: (why: string) => ApiError,
): readonly string[] {
  if (!version.hasEmbedded) return [];
  const { error, unknown } = shapeEmbedded(object, version.definition.schema);
  if (error !== undefined) throw refuse(error);
  return unknown;
}

/** Leaves out the fields Go's omitempty leaves out. */
function withoutEmpty(metadata: JsonObject): JsonObject {
  for (const key of Object.keys(metadata)) {
    const value = metadata[key];
    const isEmpty =
      value === "" ||
      (key === "generation" && value === 0) ||
      (Array.isArray(value) && value.length === 0) ||
      (isObject(value) && Object.keys(value).length === 0);
    if (isEmpty) Reflect.deleteProperty(metadata, key);
  }
  return metadata;
}

/** `Widget in version "v1" cannot be handled as a Widget: <why>`. */
export const cannotBeHandled = (version: ServedVersion, why: string): ApiError =>
  unhandled(version.gvk.kind, version.name, version.gvk.kind, why);

function asSent(version: ServedVersion, object: JsonObject, why: string): ApiError {
  const { kind } = version.gvk;
  return unhandled(textOf(object, "kind") || kind, defaultVersion(object, version), kind, why);
}

/** `Widget in version "v1" cannot be handled as a Widget: <why>`, of the kind and version that were sent. */
export const unhandled = (kind: string, version: string, expected: string, why: string): ApiError =>
  badRequest(`${kind} in version ${goQuote(version)} cannot be handled as a ${expected}: ${why}`);

/** What of a body goes into an error message. */
function summarize(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const cut = body.subarray(0, 30);
  const text = body[0] === 0x7b ? cut.toString("utf8") : cut.toString("hex");
  return body.length > 30 ? `${text} ...` : text;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
