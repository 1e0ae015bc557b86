import { expect, test } from "vitest";
import { warningHeaders } from "./warning.ts";

test.each<[string, string[], string[]]>([
  ["quotes and backslashes are escaped", ['a "b" \\c'], ['299 - "a \\"b\\" \\\\c"']],
  ["repeats are left out", ["a", "b", "a"], ['299 - "a"', '299 - "b"']],
  ["empty and unprintable texts are left out", ["", "a\nb", "\ud800"], []],
])("%s", (_says, texts, headers) => {
  expect(warningHeaders(texts)).toEqual(headers);
});

test("each is cut to 256 characters when all together are longer than 4096", () => {
  const long = Array.from({ length: 10 }, (_, i) => `${i}${"é".repeat(600)}`);
  const headers = warningHeaders(long).map((header) => Buffer.from(header, "latin1").toString("utf8"));
  expect(headers).toHaveLength(10);
  expect(headers[3]).toBe(`299 - "3${"é".repeat(255)}"`);
  expect(warningHeaders(Array.from({ length: 100 }, (_, i) => `${i}${"x".repeat(300)}`))).toHaveLength(16);
});
