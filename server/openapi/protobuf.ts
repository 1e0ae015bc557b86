/**
 * The Swagger 2.0 document as gnostic's openapi.v2.Document protobuf, the form in which kubectl and client-go ask for
 * it. Members of a table are written in the order of their field numbers, members taken by a pattern in the order of
 * the document. As in every proto3 message, empty texts, zeros and false are left out; what Swagger 2.0 does not know
 * has no field and is left out too.
 */
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import { MessageWriter } from "../protobuf/writer.ts";
import { choose } from "./protobuf-choices.ts";
import { isTableName, messageTable } from "./protobuf-messages.ts";

/** The media type of the protobuf document. */
export const protobufV2Type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** The older name of the same type, which is no well-formed media type but what kubectl asks for. */
export const oldProtobufV2Type = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** The bytes of the document. */
export const openApiV2Protobuf = (document: JsonObject): Buffer => encodeMessage("Document", document);

function encodeMessage(type: string, value: JsonValue): Buffer {
  const writer = new MessageWriter();
  if (isTableName(type)) {
    if (isObject(value)) for (const member of membersOf(type, value)) writeMember(writer, member);
    return writer.finish();
  }
  switch (type) {
    case "Any":
      writer.bytes(2, encodeYaml(value));
      break;
    case "TypeItem":
    case "StringArray":
      for (const item of listOf(value)) if (typeof item === "string") writer.bytes(1, item);
      break;
    case "ItemsItem":
      for (const item of listOf(value)) writer.bytes(1, encodeMessage("Schema", item));
      break;
    default: {
      // A member of a oneof is written even when it is empty or false.
      const { number, type: chosen } = choose(type, value);
      if (chosen === "bool") writer.varint(number, value === true ? 1 : 0);
      else writer.bytes(number, encodeMessage(chosen, value));
    }
  }
  return writer.finish();
}

interface Member {
  readonly number: number;
  readonly type: string;
  readonly value: JsonValue;
  readonly isRepeated: boolean;
  /** The key of a member taken by a pattern, which is part of what is written. */
  readonly name?: string;
}

function membersOf(type: Parameters<typeof messageTable>[0], object: JsonObject): Member[] {
  const { keys, patterns } = messageTable(type);
  const members: Member[] = [];
  for (const [key, field] of keys) {
    const value = getKey(object, key);
    if (value === undefined || value === null) continue;
    for (const one of field.isRepeated ? listOf(value) : [value]) members.push({ ...field, value: one });
  }
  for (const { pattern, field } of patterns) {
    for (const [name, value] of Object.entries(object)) {
      if (pattern.test(name)) members.push({ ...field, value, name });
    }
  }
  return members.sort((a, b) => a.number - b.number);
}

function writeMember(writer: MessageWriter, { number, type, value, isRepeated, name }: Member): void {
  if (name === undefined) {
    // Only an item of a list is there even when it is empty.
    if (isRepeated && value === "") writer.bytes(number, "");
    else writeField(writer, number, type, value);
    return;
  }
  const pair = new MessageWriter();
  if (name !== "") pair.bytes(1, name);
  writeField(pair, 2, type, value);
  writer.bytes(number, pair.finish());
}

function writeField(writer: MessageWriter, number: number, type: string, value: JsonValue): void {
  switch (type) {
    case "string":
      if (typeof value === "string" && value !== "") writer.bytes(number, value);
      break;
    case "bool":
      if (value === true) writer.varint(number, 1);
      break;
    case "int64":
      if (isNumber(value) && Number(value) !== 0) writer.varint(number, BigInt(value));
      break;
    case "double":
      if (isNumber(value) && Number(value) !== 0) writer.double(number, Number(value));
      break;
    default:
      writer.bytes(number, encodeMessage(type, value));
  }
}

const isNumber = (value: JsonValue): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";

const listOf = (value: JsonValue): JsonValue[] => (Array.isArray(value) ? value : [value]);
