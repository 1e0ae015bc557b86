import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import { encodeYaml } from "../machinery/yaml/encode.ts";
import { transformerOf, transformers } from "./registry.ts";
import { goldens } from "./testing/goldens.ts";

const asText = (resources: readonly KubeObject[]): string =>
  resources.map((resource) => encodeYaml(asJson(resource))).join("---\n");
const folder = (provider: string): string => join(import.meta.dirname, provider, "testdata");

describe.each(goldens)("$provider: $name", ({ provider, name, apiVersion, deployment }) => {
  test("is rendered as it was", async () => {
    const rendered = transformerOf(provider)?.render(deployment, { apiVersion });
    expect(rendered?.errors).toEqual([]);
    await expect(asText(rendered?.resources ?? [])).toMatchFileSnapshot(
      join(folder(provider), `${name}.golden`),
    );
  });
});

test("every provider has every case, and every version it writes", () => {
  for (const { name, apiVersions, defaults } of transformers) {
    const own = goldens.filter(({ provider }) => provider === name);
    const canDisaggregate = defaults.capabilities?.engines?.some(({ servingModes }) =>
      servingModes?.includes("disaggregated"),
    );
    for (const each of [
      ...["minimal", "full", "multi-gpu", "token", "storage", "overrides", "pod-template"],
      ...(canDisaggregate === true ? ["disaggregated"] : []),
    ]) {
      expect([name, each, own.some((golden) => golden.name.endsWith(each))]).toEqual([name, each, true]);
    }
    expect(new Set(own.map(({ apiVersion }) => apiVersion))).toEqual(new Set(apiVersions));
  }
});

test("no golden file is left over", () => {
  for (const { name } of transformers) {
    const files = readdirSync(folder(name)).filter((file) => file.endsWith(".golden"));
    const known = goldens
      .filter(({ provider }) => provider === name)
      .map((golden) => `${golden.name}.golden`);
    expect(files.filter((file) => !known.includes(file))).toEqual([]);
  }
});
