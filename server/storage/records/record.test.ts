import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dns1123Subdomain } from "../../../machinery/names/names.ts";
import { decodeRecord, encodeMark, encodeRecord } from "./record.ts";
import { recordName } from "./record-name.ts";
import { packValue, unpackValue } from "./value-packing.ts";

describe("the name of a record", () => {
  test.each([
    [
      "/registry/hawsepipe.dev/modeldeployments/default/llama",
      /^registry-hawsepipe-dev-modeldeployments-default-llama-[a-z2-7]{52}$/,
    ],
    ["", /^[a-z2-7]{52}$/],
    ["/ÄÖÜ/\u0000", /^[a-z2-7]{52}$/],
  ])("of %s can be read", (key, want) => {
    expect(recordName(key)).toMatch(want);
  });

  test("is a valid name for any key, and the longest", () => {
    const keys = fc.oneof(fc.string({ unit: "binary" }), fc.string({ minLength: 500, maxLength: 600 }));
    fc.assert(
      fc.property(keys, (key) => {
        expect(dns1123Subdomain(recordName(key))).toEqual([]);
      }),
    );
    const longest = `/registry/${"g".repeat(253)}/${"p".repeat(63)}/${"n".repeat(63)}/${"o".repeat(253)}`;
    expect(dns1123Subdomain(recordName(longest))).toEqual([]);
  });

  test("differs when the keys differ in what the readable part does not show", () => {
    const keys = ["/a/b", "/a-b", "/A/b", "a/b", "/a/b/", "/x".repeat(200), "/x".repeat(201)];
    expect(new Set(keys.map(recordName)).size).toBe(keys.length);
  });
});

describe("a packed value", () => {
  test.each([
    ["small text", Buffer.from('{"a":"ä<&>"}'), "text"],
    ["nothing", Buffer.alloc(0), "text"],
    ["small bytes", Buffer.from([0xff, 0x00, 0x80]), "base64"],
    ["large text", Buffer.from("x".repeat(100_000)), "gzip"],
    ["large bytes", randomBytes(100_000), "gzip"],
  ] as const)("of %s comes back as it was", (_name, value, encoding) => {
    const packed = packValue(value);
    expect(packed.encoding).toBe(encoding);
    expect(Buffer.compare(unpackValue(packed), value)).toBe(0);
  });

  test("of any bytes comes back as it was", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: "binary" })), (data) => {
        const value = Buffer.from(data);
        expect(Buffer.compare(unpackValue(packValue(value)), value)).toBe(0);
      }),
    );
  });

  test("has memory of its own", () => {
    const value = unpackValue({ value: "abc", encoding: "text" });
    expect(value.buffer.byteLength).toBe(3);
  });
});

describe("a record", () => {
  const spec = { value: Buffer.from("1"), write: "w-1", isDeleted: false };
  const stored = () => {
    const record = encodeRecord("ns", "/a", spec);
    Object.assign(record.metadata, { resourceVersion: "7", uid: "u", generation: 1 });
    return record;
  };

  test("tells its state", () => {
    expect(decodeRecord(stored())).toEqual({
      key: "/a",
      name: recordName("/a"),
      uid: "u",
      generation: 1,
      revision: 7,
      write: "w-1",
      isDeleted: false,
      value: Buffer.from("1"),
    });
  });

  test("a mark is no state", () => {
    expect(decodeRecord(encodeMark("ns", "anchor", "w"))).toBeUndefined();
  });

  test.each<[string, (spec: Record<string, unknown>) => void]>([
    ["of another key", (s) => (s["key"] = "/b")],
    ["without a key", (s) => delete s["key"]],
    ["without a value", (s) => delete s["value"]],
    ["with damaged bytes", (s) => Object.assign(s, { encoding: "gzip", value: "AAAA" })],
    ["packed in an unknown way", (s) => (s["encoding"] = "rot13")],
  ])("%s is corrupt", (_name, damage) => {
    const record = stored();
    damage(record.spec as Record<string, unknown>);
    expect(() => decodeRecord(record)).toThrow(expect.objectContaining({ kind: "Corrupt" }));
  });

  test.each([undefined, "", "abc", "0", "9007199254740993"])(
    "with resourceVersion %s is corrupt",
    (revision) => {
      const record = stored();
      Object.assign(record.metadata, { resourceVersion: revision });
      expect(() => decodeRecord(record)).toThrow(expect.objectContaining({ kind: "Corrupt" }));
    },
  );
});
