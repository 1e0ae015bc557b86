/**
 * Parameters that say the same everywhere are written once in a document of version 2, under a name with a hash of what
 * they say, and referred to. It is Go's hash of Go's text, so that documents of different servers merge into one.
 */
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { isObject, setKey } from "../../machinery/json/value.ts";

/** Puts references in the place of shared parameters, in the paths themselves, and answers what they refer to. */
export function shareParameters(paths: JsonObject): JsonObject {
  const shared = new Map<string, JsonObject>();
  const share = (parameter: JsonValue): JsonValue => {
    if (!isObject(parameter) || isOneOfItsKind(parameter)) return parameter;
    const { name } = parameter;
    const key = `${typeof name === "string" ? name : ""}-${hashOf(parameter)}`;
    shared.set(key, parameter);
    return { $ref: `#/parameters/${key}` };
  };
  for (const path of Object.values(paths)) {
    if (!isObject(path)) continue;
    for (const part of [path, ...Object.values(path)]) {
      if (!isObject(part)) continue;
      const { parameters } = part;
      if (Array.isArray(parameters)) part["parameters"] = parameters.map(share);
    }
  }
  const definitions: JsonObject = {};
  for (const [name, parameter] of shared) setKey(definitions, name, parameter);
  return definitions;
}

/** Names and bodies speak of the kind, and two others were looked for in place by old versions of kubectl. */
function isOneOfItsKind(parameter: JsonObject): boolean {
  const { name, in: place, schema } = parameter;
  if (place === "body") {
    const reference = isObject(schema) ? schema["$ref"] : undefined;
    return typeof reference === "string" && !reference.startsWith("#/definitions/io.k8s.apimachinery");
  }
  if (name === "name") return true;
  return place === "query" && (name === "fieldValidation" || name === "dryRun");
}

/** The order of the members in Go. */
const members = ["uniqueItems", "type", "description", "name", "in", "required", "schema"] as const;

/** Six bytes of the 64-bit FNV-1 hash, in eight characters. */
function hashOf(parameter: JsonObject): string {
  const known = members.filter((key) => parameter[key] !== undefined);
  const text = JSON.stringify(Object.fromEntries(known.map((key) => [key, parameter[key]])));
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, hash * 0x100000001b3n) ^ BigInt(byte);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(hash);
  return bytes.subarray(0, 6).toString("base64url");
}
