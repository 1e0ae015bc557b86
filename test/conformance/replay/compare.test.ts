import { expect, test } from "vitest";
import { isSameBody } from "./compare.ts";

const json = (...causes: readonly string[]): string =>
  JSON.stringify({
    kind: "Status",
    message: `is invalid: [${causes.join(", ")}]`,
    details: { causes: causes.map((field) => ({ field })) },
  });
const shown = (...managers: readonly string[]): string => {
  const object = { metadata: { managedFields: managers.map((manager) => ({ manager, time: "<now>" })) } };
  const message = `Invalid value: ${JSON.stringify(JSON.stringify(object))}: strict decoding error`;
  return JSON.stringify({ kind: "Status", message, details: { causes: [{ message, field: "patch" }] } });
};
const yaml = (...causes: readonly string[]): string =>
  [
    "details:",
    "  causes:",
    ...causes.map((field) => `  - field: ${field}`),
    "kind: Status",
    `message: 'is invalid: [${causes.join(", ")}]'`,
    "",
  ].join("\n");

test.each<{ says: string; real: string; ours: string; want: boolean }>([
  { says: "the order of causes does not count", real: json("a", "b"), ours: json("b", "a"), want: true },
  { says: "nor does it in YAML", real: yaml("a", "b"), ours: yaml("b", "a"), want: true },
  { says: "other causes are a difference", real: json("a", "b"), ours: json("a", "c"), want: false },
  { says: "other causes are one in YAML", real: yaml("a", "b"), ours: yaml("a", "c"), want: false },
  {
    says: "the order of managers does not count in an object a cause shows",
    real: shown("a", "b"),
    ours: shown("b", "a"),
    want: true,
  },
  { says: "other managers do", real: shown("a", "b"), ours: shown("a", "c"), want: false },
  { says: "the order of other lists counts", real: '{"items":[1,2]}', ours: '{"items":[2,1]}', want: false },
])("$says", ({ real, ours, want }) => {
  expect(isSameBody(real, ours)).toBe(want);
});
