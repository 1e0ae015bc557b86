/** The page docs/llamastack/reference.md tells what the code says. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { configLabels } from "../../admission/llamastack/bases/labels.ts";
import { settingsName } from "../../admission/llamastack/bases/follow-settings.ts";
import { settingsKeys } from "../../admission/llamastack/bases/settings.ts";
import { profileAnnotation, replaceAnnotation } from "./config/options.ts";
import { distributionNames, distributionOf } from "./distributions/registry.ts";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import { largeSpec } from "./testing/specs.ts";
import { isFailure } from "./config/result.ts";
import { renderLlamaStack } from "./render/render.ts";

const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/llamastack/reference.md"), "utf8");
const firstCells = (heading: string): string[] => {
  const section = page.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, cell = ""]) => cell);
};

describe("the reference of Llama Stack", () => {
  test("lists the distributions, with image and release", () => {
    expect(firstCells("Distributions").sort()).toEqual(distributionNames());
    for (const name of distributionNames()) {
      const { image = "", release = "" } = distributionOf(name) ?? {};
      const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
      expect(row.split("|").map((cell) => cell.trim())).toEqual(
        expect.arrayContaining([`\`${image}\``, release]),
      );
    }
  });

  test("lists labels and settings", () => {
    expect(firstCells("Labels of images").sort()).toEqual(Object.values(configLabels).sort());
    expect(firstCells("Settings").sort()).toEqual(Object.values(settingsKeys).sort());
    expect(page).toContain(settingsName);
  });

  test("lists the annotations the code knows", () => {
    const annotations = firstCells("Annotations");
    expect(annotations).toEqual(expect.arrayContaining([profileAnnotation, replaceAnnotation]));
    expect(annotations.filter((name) => name.startsWith("hawsepipe.dev/"))).toHaveLength(annotations.length);
  });

  test("lists every resource the largest distribution becomes", () => {
    const spec = {
      ...largeSpec(),
      networking: { expose: {}, allowedFrom: { namespaces: ["a"] } },
      workload: { replicas: 2, storage: {}, autoscaling: { maxReplicas: 3 } },
    };
    const distribution = {
      apiVersion: "hawsepipe.dev/v1alpha2",
      kind: "LlamaStackDistribution",
      metadata: { name: "<name>", namespace: "team" },
      spec,
    } as unknown as LlamaStackDistribution;
    const rendered = renderLlamaStack(distribution, { facts: { caBundle: "-----BEGIN CERTIFICATE-----\n" } });
    if (isFailure(rendered)) throw new Error(JSON.stringify(rendered));
    const listed = [...(page.split("## What is made")[1] ?? "").matchAll(/^\| (\w+) +\| `([^`]+)`/gm)].map(
      ([, kind = "", name = ""]) => `${kind} ${name}`,
    );
    const made = rendered.resources.map(
      ({ kind, metadata }) =>
        `${kind} ${(metadata.name ?? "").replace(/-config-[0-9a-f]{8}$/, "-config-<hash>")}`,
    );
    expect(listed.sort()).toEqual(made.sort());
  });
});
