import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFields } from "./reader.ts";
import { MessageWriter } from "./writer.ts";

describe("the protobuf writer", () => {
  test.each([
    [
      "a small number",
      (w: MessageWriter) => {
        w.varint(1, 150);
      },
      "089601",
    ],
    [
      "zero",
      (w: MessageWriter) => {
        w.varint(1, 0);
      },
      "0800",
    ],
    [
      "a negative number",
      (w: MessageWriter) => {
        w.varint(1, -1);
      },
      "08ffffffffffffffffff01",
    ],
    [
      "a number above 2^53",
      (w: MessageWriter) => {
        w.varint(2, 9223372036854775807n);
      },
      "10ffffffffffffffff7f",
    ],
    [
      "a double",
      (w: MessageWriter) => {
        w.double(3, 1.5);
      },
      "19000000000000f83f",
    ],
    [
      "a text of two bytes a letter",
      (w: MessageWriter) => {
        w.bytes(2, "é");
      },
      "1202c3a9",
    ],
    [
      "an empty message",
      (w: MessageWriter) => {
        w.bytes(4, Buffer.alloc(0));
      },
      "2200",
    ],
    [
      "a field number of two bytes",
      (w: MessageWriter) => {
        w.bytes(31, "a");
      },
      "fa010161",
    ],
  ])("writes %s", (_name, write, want) => {
    const writer = new MessageWriter();
    write(writer);
    expect(writer.finish().toString("hex")).toBe(want);
  });

  test("writes what the reader reads", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 29 - 1 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.uint8Array({ maxLength: 300 }),
        (number, integer, content) => {
          const writer = new MessageWriter();
          writer.varint(number, integer);
          writer.bytes(number, Buffer.from(content));
          const [first, second, ...rest] = [...readFields(writer.finish())];
          expect(rest).toEqual([]);
          expect([first?.number, first?.value, second?.number]).toEqual([number, integer, number]);
          expect(Buffer.from(content).equals(second?.value as Buffer)).toBe(true);
        },
      ),
    );
  });
});
