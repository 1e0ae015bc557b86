/**
 * Reads the built-in kinds from protobuf, in which kubectl and client-go send them whatever the server offers. Only
 * reading: answers are JSON, which such clients always accept beside protobuf.
 */
import { getKey, isObject, setKey } from "../../machinery/json/value.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import generated from "./generated/messages.json" with { type: "json" };
import { readEnvelope } from "./envelope.ts";
import type { WireField } from "./reader.ts";
import { bytesOf, integerOf, ProtobufError, readFields, textOf } from "./reader.ts";
import { specialTypes } from "./special.ts";

export { ProtobufError } from "./reader.ts";

type FieldTable = Readonly<Record<string, readonly [name: string, type: string, flags: string]>>;

const kinds: ReadonlyMap<string, string> = new Map(Object.entries(generated.kinds));
const messages: ReadonlyMap<string, FieldTable> = new Map(
  Object.entries(generated.messages as unknown as Record<string, FieldTable>),
);

const maximumDepth = 100;

/**
 * The object in the bytes, or undefined when its kind is none that is known here. Throws ProtobufError for bytes that
 * are not what they should be.
 */
export function decodeProtobuf(bytes: Buffer): JsonObject | undefined {
  const { apiVersion, kind, raw } = readEnvelope(bytes);
  const message = kinds.get(`${apiVersion}/${kind}`) ?? kinds.get(`*/${kind}`);
  if (message === undefined) return undefined;
  return { kind, apiVersion, ...decodeMessage(raw, message, 0) };
}

function decodeMessage(bytes: Buffer, name: string, depth: number): JsonObject {
  if (depth > maximumDepth) throw new ProtobufError("exceeded max depth");
  const table = messages.get(name) ?? {};
  const object: JsonObject = {};
  for (const field of readFields(bytes)) {
    const entry = table[field.number];
    if (entry === undefined) continue;
    const [key, type, flags] = entry;
    if (type.startsWith("[]")) {
      const value = decodeValue(field, type.slice(2), depth);
      const list = getKey(object, key);
      if (value === undefined) continue;
      if (Array.isArray(list)) list.push(value);
      else setKey(object, key, [value]);
    } else if (type.startsWith("{}")) {
      const map = getKey(object, key);
      const target: JsonObject = isObject(map) ? map : {};
      setKey(object, key, target);
      addMapEntry(target, bytesOf(field), type.slice(2), depth);
    } else {
      const value = decodeValue(field, type, depth);
      if (flags.includes("i")) {
        if (isObject(value)) Object.assign(object, value);
      } else if (value !== undefined && !isLeftOut(key, value, flags)) setKey(object, key, value);
    }
  }
  return object;
}

function addMapEntry(target: JsonObject, bytes: Buffer, type: string, depth: number): void {
  let key = "";
  let value: JsonValue | undefined = type === "string" || type === "bytes" ? "" : undefined;
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = textOf(field);
    if (field.number === 2) value = decodeValue(field, type, depth);
  }
  if (value !== undefined) setKey(target, key, value);
}

function decodeValue(field: WireField, type: string, depth: number): JsonValue | undefined {
  switch (type) {
    case "string":
      return textOf(field);
    case "bytes":
      return bytesOf(field).toString("base64");
    case "int":
      return integerOf(field);
    case "bool":
      return integerOf(field) !== 0;
  }
  const special = specialTypes.get(type);
  return special === undefined ? decodeMessage(bytesOf(field), type, depth + 1) : special(bytesOf(field));
}

/**
 * Protobuf always has the fields that are no pointers, set or not; JSON leaves the empty ones out. Explicit zeros are
 * behind pointers and stay.
 */
function isLeftOut(key: string, value: JsonValue, flags: string): boolean {
  if (flags.includes("p") || !flags.includes("o") || key === "metadata") return false;
  return (
    value === "" || value === 0 || value === false || (isObject(value) && Object.keys(value).length === 0)
  );
}
