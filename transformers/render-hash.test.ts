import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import { renderHash, renderHashes } from "./render-hash.ts";

const resource = (name: string): KubeObject => ({ metadata: { name }, kind: "Widget", apiVersion: "v1" });
const text = (name: string): string => `{"apiVersion":"v1","kind":"Widget","metadata":{"name":"${name}"}}`;
const sha256 = (of: string): string => createHash("sha256").update(of).digest("hex");

test.each([
  { says: "none", names: [] },
  { says: "one", names: ["a"] },
  { says: "several, in their order", names: ["b", "a", "ü<>"] },
])("the hash of $says is that of their canonical list", ({ names }) => {
  const resources = names.map(resource);
  const canonical = names.map((name) => text(name).replace("<", "\\u003c").replace(">", "\\u003e"));
  const all = sha256(`[${canonical.join(",")}]`);
  expect(renderHash(resources)).toBe(all);
  expect(renderHashes(resources)).toEqual({ all, each: canonical.map((one) => sha256(`[${one}]`)) });
});
