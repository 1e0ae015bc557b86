import { expect, test } from "vitest";
import { Template } from "./template.ts";

test.each([
  { text: "/plain", i: 7, filled: "/plain", isConstant: true },
  { text: "/ns-{n}/m-{i}", i: 47, filled: "/ns-7/m-47", isConstant: false },
  { text: '{"g":"{g}","s":"serial-{serial}"}', i: 47, filled: '{"g":"2","s":"serial-9"}', isConstant: false },
])("$text for object $i", ({ text, i, filled, isConstant }) => {
  const template = new Template(text);
  expect(template.fill(i, 9)).toBe(filled);
  expect(template.isConstant).toBe(isConstant);
});
