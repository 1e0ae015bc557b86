import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../machinery/json/value.ts";
import { decodeYamlDocuments } from "../machinery/yaml/decode.ts";
import { renderOffline } from "./offline.ts";
import { now, written } from "./testing/admission-rig.ts";

const options = { now: () => now };
const samples = (folder: string) => {
  const root = join(import.meta.dirname, "..", "manifests", folder);
  return readdirSync(root).map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return { file, text, objects: decodeYamlDocuments(text).map(({ value }) => value as JsonObject) };
  });
};

describe("samples", () => {
  test.each(samples("samples"))(
    "$file renders without errors and without a loss",
    async ({ text, objects }) => {
      const announced = [...text.matchAll(/^# warns: (.+)$/gm)].map(
        ([, words = ""]) => expect.stringContaining(words) as unknown,
      );
      for (const result of await renderOffline(objects, options)) {
        expect([result.errors, result.warnings]).toEqual([[], announced]);
        expect(result.resources.length).toBeGreaterThan(0);
      }
    },
  );

  test.each(samples("invalid-samples"))(
    "$file gets the message in its first line",
    async ({ text, objects }) => {
      const [result] = await renderOffline(objects, options);
      const errors = result?.errors.map(({ path, detail }) => `${path}: ${detail}`).join("\n");
      expect(errors).toContain(/^# expect: (.+)\n/.exec(text)?.[1]);
      expect(result?.resources).toEqual([]);
    },
  );
});

test("objects of other kinds are left out", async () => {
  expect(
    await renderOffline([{ apiVersion: "v1", kind: "Secret", metadata: { name: "s" } }], options),
  ).toEqual([]);
});

test("unknown fields and versions are errors", async () => {
  const typo = { ...written(), typo: 1 } as unknown as JsonObject;
  const future = { ...written(), apiVersion: "hawsepipe.dev/v9" } as unknown as JsonObject;
  const results = await renderOffline([typo, future], options);
  expect(results.map(({ errors }) => errors.map(({ path }) => path))).toEqual([["typo"], ["apiVersion"]]);
});

test("the input stays as it is", async () => {
  const object = written() as unknown as JsonObject;
  const before = structuredClone(object);
  await renderOffline([object], { ...options, namespace: "other" });
  expect(object).toEqual(before);
});
