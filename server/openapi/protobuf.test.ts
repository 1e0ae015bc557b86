import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { setKey } from "../../machinery/json/value.ts";
import type { WireField } from "../protobuf/reader.ts";
import { readFields, textOf } from "../protobuf/reader.ts";
import { openApiV2Protobuf } from "./protobuf.ts";
import gnostic from "./testing/gnostic-v2.json" with { type: "json" };

const definition = (schema: JsonValue): Buffer => openApiV2Protobuf({ definitions: { A: schema } });

/** The fields found by following field numbers from the document down. */
function follow(bytes: Buffer, ...numbers: readonly number[]): WireField[] {
  const [number, ...rest] = numbers;
  const fields = [...readFields(bytes)].filter((field) => number === undefined || field.number === number);
  return rest.length === 0 ? fields : fields.flatMap(({ value }) => follow(value as Buffer, ...rest));
}

/** Document.definitions.additional_properties.value */
const inDefinition = [9, 1, 2];
const yamlOf = (bytes: Buffer, ...numbers: readonly number[]): string[] =>
  follow(bytes, ...inDefinition, ...numbers, 2).map(textOf);

describe("the protobuf of a Swagger 2.0 document", () => {
  test("has the bytes gnostic makes of a document with every message", () => {
    const bytes = openApiV2Protobuf(gnostic.document);
    expect(bytes.toString("base64")).toBe(gnostic.protobuf);
  });

  test("says nothing of zeros, false and empty texts, which proto3 does not tell from absence", () => {
    const empty = { minimum: 0, maxLength: 0, readOnly: false, title: "", uniqueItems: false };
    expect(definition(empty)).toEqual(definition({}));
  });

  test.each([
    ["true", true, "1001"],
    ["false", false, "1000"],
    ["an empty schema", {}, "0a00"],
  ])("says so when additionalProperties is %s", (_name, additionalProperties: JsonValue, want) => {
    const [field] = follow(definition({ additionalProperties }), ...inDefinition, 21);
    expect((field?.value as Buffer).toString("hex")).toBe(want);
  });

  test("leaves out what Swagger 2.0 does not know", () => {
    expect(definition({ nullable: true, oneOf: [{ type: "string" }] })).toEqual(definition({}));
  });

  test("keeps integers above 2^53", () => {
    const [field] = follow(definition({ maxLength: 9007199254740993n }), ...inDefinition, 11);
    expect(field?.value).toBe(9007199254740993n);
  });

  test("takes a property called __proto__ as a property", () => {
    const properties: JsonObject = {};
    setKey(properties, "__proto__", { type: "string" });
    const [name] = follow(definition({ properties }), ...inDefinition, 25, 1, 1);
    expect(name === undefined ? undefined : textOf(name)).toBe("__proto__");
  });

  test("writes extensions as YAML whose texts stay texts", () => {
    expect(yamlOf(definition({ "x-a": [{ version: "1.0", group: "" }, "yes", 1, null] }), 31, 2)).toEqual([
      '- group: ""\n  version: "1.0"\n- "yes"\n- 1\n- null\n',
    ]);
  });

  test.each([
    ["a parameter that is nowhere", { "/a": { parameters: [{ name: "a", type: "string" }] } }],
    ["a parameter in a cookie", { "/a": { parameters: [{ name: "a", in: "cookie" }] } }],
  ])("is not made of %s", (_name, paths: JsonObject) => {
    expect(() => openApiV2Protobuf({ paths })).toThrow("not a NonBodyParameter of Swagger 2.0");
  });
});
