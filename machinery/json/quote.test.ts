import { expect, test } from "vitest";
import { goQuote } from "./quote.ts";

test.each([
  ["plain text", '"plain text"'],
  ['a "b" \\', '"a \\"b\\" \\\\"'],
  ["\0\u001f\u007f", '"\\x00\\x1f\\x7f"'],
  ["\u0007\b\t\n\v\f\r", '"\\a\\b\\t\\n\\v\\f\\r"'],
  ["é日🦜", '"é日🦜"'],
  ["\u00a0\u2028\u{e0001}", '"\\u00a0\\u2028\\U000e0001"'],
  ["\ud800", '"�"'],
  ["a\udc80\udcffé", '"a\\x80\\xffé"'],
])("%j is quoted as Go quotes it", (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
});
