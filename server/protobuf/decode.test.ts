import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeJson } from "../../machinery/json/decode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getPath, isObject } from "../../machinery/json/value.ts";
import { decodeProtobuf, ProtobufError } from "./decode.ts";

/** Objects written by Kubernetes' own Go code, once in protobuf and once in JSON. */
const written = (
  decodeJson(readFileSync(join(import.meta.dirname, "testing", "go-objects.json"))).value as JsonObject[]
).map((pair) => ({
  kind: getPath(pair, "json", "kind") as string,
  json: pair["json"] as JsonObject,
  bytes: Buffer.from(pair["protobuf"] as string, "base64"),
}));

/** Go writes structs that hold nothing and times of nothing; they say nothing. */
function withoutEmptyStructs(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutEmptyStructs);
  if (!isObject(value)) return value;
  const copy = cloneJson(value);
  for (const [key, child] of Object.entries(value)) {
    const simpler = withoutEmptyStructs(child);
    const isEmpty = isObject(simpler) && Object.keys(simpler).length === 0;
    if (simpler === null || (isEmpty && ["status", "resources", "source"].includes(key)))
      Reflect.deleteProperty(copy, key);
    else
      Object.defineProperty(copy, key, {
        value: simpler,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return copy;
}

test.each(written)("$kind from protobuf is what Go writes in JSON", ({ json, bytes }) => {
  expect(decodeProtobuf(bytes)).toEqual(withoutEmptyStructs(json));
});

test("explicit zeros, empty values of maps, large numbers and hostile keys survive", () => {
  const of = (kind: string): JsonObject | undefined => {
    const found = written.find((one) => one.kind === kind);
    return found === undefined ? undefined : decodeProtobuf(found.bytes);
  };
  const pod = getPath(of("Deployment"), "spec", "template", "spec");
  expect(getPath(of("Deployment"), "spec", "replicas")).toBe(0);
  expect(getPath(pod, "automountServiceAccountToken")).toBe(false);
  expect(getPath(pod, "securityContext")).toEqual({ runAsUser: 9007199254740993n, fsGroup: -1 });
  expect(getPath(of("Deployment"), "metadata", "labels", "empty")).toBe("");
  expect(getPath(of("Secret"), "data")).toEqual({ k: "AP8B", none: "" });
  const extra = getPath(of("SubjectAccessReview"), "spec", "extra");
  expect(isObject(extra) ? Object.entries(extra) : []).toEqual([["__proto__", ["a", "b"]]]);
});

describe("bytes that are no object", () => {
  test.each<[string, Buffer]>([
    ["JSON", Buffer.from("{}")],
    ["nothing after the prefix but an end", Buffer.from("k8s\0\x0a\x7f", "latin1")],
    ["a group", Buffer.from("k8s\0\x0b", "latin1")],
    ["field zero", Buffer.from("k8s\0\x00\x00", "latin1")],
    ["a string that is a number", Buffer.from("k8s\0\x0a\x02\x08\x01", "latin1")],
    ["text that is not UTF-8", Buffer.from("k8s\0\x0a\x04\x0a\x02\xff\xfe", "latin1")],
  ])("are refused: %s", (_says, bytes) => {
    expect(() => decodeProtobuf(bytes)).toThrow(ProtobufError);
  });

  test("are refused, whatever is cut off or changed, and never end otherwise", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...written),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        ({ bytes }, at, byte, isCut) => {
          const position = 4 + (at % (bytes.length - 4));
          const broken = Buffer.from(isCut ? bytes.subarray(0, position) : bytes);
          if (!isCut) broken[position] = byte;
          try {
            decodeProtobuf(broken);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtobufError);
          }
        },
      ),
    );
  });
});

test("a kind that is not built in is not known", () => {
  const header = Buffer.from("k8s\0\x0a\x11\x0a\x07a.b/v1x\x12\x06Widget", "latin1");
  expect(decodeProtobuf(header)).toBeUndefined();
});
