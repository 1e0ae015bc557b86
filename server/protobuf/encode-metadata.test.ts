import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJson } from "../../machinery/json/decode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { decodeProtobuf } from "./decode.ts";
import { encodePartialList, encodePartialMetadata } from "./encode-metadata.ts";
import { readEnvelope, writeEnvelope } from "./envelope.ts";
import { bytesOf, readFields } from "./reader.ts";
import { message } from "./writer.ts";

/** Objects written by Kubernetes' own Go code; metadata is the first field of each. */
const written = (
  decodeJson(readFileSync(join(import.meta.dirname, "testing", "go-objects.json"))).value as JsonObject[]
).map((pair) => ({
  kind: getPath(pair, "json", "kind") as string,
  metadata: getPath(pair, "json", "metadata"),
  bytes: Buffer.from(pair["protobuf"] as string, "base64"),
}));

test.each(written)("the metadata of a $kind has the bytes Go gives it", ({ metadata, bytes }) => {
  const [first] = [...readFields(readEnvelope(bytes).raw)].filter(({ number }) => number === 1);
  const expected = message((w) => {
    w.bytes(1, bytesOf(first!));
  });
  expect(encodePartialMetadata(metadata).toString("hex")).toBe(expected.toString("hex"));
});

test("owners, finalizers and an end that is near have the bytes Go gives them", () => {
  const bytes = encodePartialMetadata({
    name: "a",
    generation: 2,
    deletionTimestamp: "2026-01-02T03:04:05Z",
    deletionGracePeriodSeconds: 0,
    ownerReferences: [{ apiVersion: "v1", kind: "K", name: "o", uid: "u", controller: false }],
    finalizers: ["x/y", ""],
  });
  const time = "\x08¥ëÜÊ\x06\x10\x00";
  const meta = [
    '\n\x01a\x12\x00\x1a\x00"\x00*\x002\x008\x02B\x00',
    `J\x08${time}P\x00`,
    'j\x0f\n\x01K\x1a\x01o"\x01u*\x02v10\x00',
    "r\x03x/yr\x00",
  ].join("");
  expect(bytes.toString("latin1")).toBe(`\n${String.fromCharCode(meta.length)}${meta}`);
});

test("a list says what it is before its items, how many remain only where that is known", () => {
  const item = encodePartialMetadata({ name: "a" });
  const list = encodePartialList({ resourceVersion: "7", continue: "", remainingItemCount: 3 }, [item, item]);
  expect(list.toString("latin1")).toBe(
    `\n\x09\n\x00\x12\x017\x1a\x00 \x03${`\x12${String.fromCharCode(item.length)}${item.toString("latin1")}`.repeat(2)}`,
  );
  expect(encodePartialList({ resourceVersion: "", continue: "c" }, []).toString("latin1")).toBe(
    "\n\x07\n\x00\x12\x00\x1a\x01c",
  );
});

const name = fc.string({ minLength: 1 });
const map = fc.dictionary(fc.oneof(name, fc.constant("__proto__")), fc.string(), { noNullPrototype: true });
const optional = { requiredKeys: [] };
const time = fc
  .integer({ min: 1, max: 4_000_000_000 })
  .map((seconds) => new Date(seconds * 1000).toISOString().replace(".000", ""));

test("whatever metadata says is read back from its bytes", () => {
  const metadata = fc.record(
    {
      name,
      uid: name,
      resourceVersion: name,
      generation: fc.oneof(fc.integer({ min: 1 }), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n })),
      creationTimestamp: time,
      deletionGracePeriodSeconds: fc.integer(),
      labels: map.filter((entries) => Object.keys(entries).length > 0),
      finalizers: fc.array(fc.string(), { minLength: 1 }),
      ownerReferences: fc.array(
        fc.record(
          { apiVersion: fc.string(), kind: fc.string(), name, uid: name, blockOwnerDeletion: fc.boolean() },
          { requiredKeys: ["apiVersion", "kind", "name", "uid"] },
        ),
        { minLength: 1 },
      ),
      managedFields: fc.array(
        fc.record({ manager: name, operation: name, time, fieldsV1: fc.constant({ "f:spec": { ".": {} } }) }),
        { minLength: 1 },
      ),
    },
    optional,
  );
  fc.assert(
    fc.property(metadata, (sample) => {
      // A ConfigMap without data has the shape of metadata alone.
      const raw = encodePartialMetadata(sample);
      const read = decodeProtobuf(writeEnvelope({ apiVersion: "v1", kind: "ConfigMap", raw }));
      expect(read?.["metadata"]).toEqual(sample);
    }),
  );
});
