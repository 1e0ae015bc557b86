import { expect, test } from "vitest";
import { FieldPath } from "./path.ts";

test.each([
  { path: FieldPath.of(), want: "<nil>" },
  { path: FieldPath.of("spec", "replicas"), want: "spec.replicas" },
  { path: FieldPath.of().child("spec").child("items").index(0).child("name"), want: "spec.items[0].name" },
  { path: FieldPath.of("metadata", "labels").key("a.b/c"), want: "metadata.labels[a.b/c]" },
  { path: FieldPath.of().index(2), want: "[2]" },
  { path: FieldPath.of("a").index(0).index(1).key("").child("b"), want: "a[0][1][].b" },
])("a path prints as $want, however often", ({ path, want }) => {
  expect([path.toString(), path.toString()]).toEqual([want, want]);
});

test("paths of one parent do not know each other, printed before or not", () => {
  const spec = FieldPath.of("spec");
  const before = spec.child("a");
  expect(String(spec)).toBe("spec");
  expect([before, spec.child("b"), before.child("c")].map(String)).toEqual(["spec.a", "spec.b", "spec.a.c"]);
});

test("a very deep path prints", () => {
  let path = FieldPath.of();
  for (let i = 0; i < 100_000; i += 1) path = path.child("a");
  expect(path.toString()).toHaveLength(199_999);
});
