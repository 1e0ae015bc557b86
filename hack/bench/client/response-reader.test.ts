import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ResponseReader } from "./response-reader.ts";

const reading = (): { reader: ResponseReader; answers: { status: number; body: string }[] } => {
  const answers: { status: number; body: string }[] = [];
  let body = "";
  const reader = new ResponseReader({
    body: (slice) => {
      body += slice.toString("latin1");
    },
    end: (status) => {
      answers.push({ status, body });
      body = "";
    },
  });
  return { reader, answers };
};

const plain = (status: number, body: string): string =>
  `HTTP/1.1 ${String(status)} X\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
const chunked = (...chunks: readonly string[]): string => {
  const parts = [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${parts.join("")}`;
};

describe("responses are told apart", () => {
  test.each([
    {
      says: "of one length after the other",
      wire: plain(200, "abc") + plain(404, "no"),
      is: ["200 abc", "404 no"],
    },
    { says: "in chunks", wire: chunked("ab", "c\r\nd"), is: ["200 abc\r\nd"] },
    {
      says: "without a body",
      wire: plain(201, "") + chunked() + plain(200, "x"),
      is: ["201 ", "200 ", "200 x"],
    },
  ])("$says", ({ wire, is }) => {
    const { reader, answers } = reading();
    reader.push(Buffer.from(wire, "latin1"));
    expect(answers.map(({ status, body }) => `${String(status)} ${body}`)).toEqual(is);
  });
});

test("it does not matter where the bytes are cut", () => {
  const wire = Buffer.from(plain(200, "abc") + chunked("12345", "6", "\r\n") + plain(500, "") + chunked("z"));
  const whole = reading();
  whole.reader.push(wire);
  fc.assert(
    fc.property(fc.array(fc.nat(wire.length)), (cuts) => {
      const { reader, answers } = reading();
      const at = [0, ...[...cuts].sort((a, b) => a - b), wire.length];
      at.slice(1).forEach((end, i) => {
        reader.push(wire.subarray(at[i], end));
      });
      expect(answers).toEqual(whole.answers);
    }),
  );
});
