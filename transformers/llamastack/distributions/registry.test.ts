import { describe, expect, it, test } from "vitest";
import { readBase } from "../config/base.ts";
import type { Base } from "../config/base.ts";
import type { ConfigSpec } from "../config/input.ts";
import { neededVariables } from "../config/variables.ts";
import { isFailure } from "../config/result.ts";
import { resolveDistribution } from "../resolve.ts";
import { configSource } from "../source.ts";
import { exampleBase } from "../testing/worked-example.ts";
import { problemsOfBase } from "./check.ts";
import { isImageReference, problemsOfOverrides, resolveImage } from "./image.ts";
import { distributionNames, distributions } from "./registry.ts";

describe("the embedded base configurations", () => {
  it.each(distributionNames().map((name) => ({ name })))("$name can start a server", ({ name }) => {
    expect(problemsOfBase(distributions[name]!.base())).toEqual([]);
  });

  test.each([
    { name: "starter", needs: [] },
    { name: "remote-vllm", needs: [] },
    { name: "postgres-demo", needs: [] },
    // Its provider serves one model only, and has no other way to be told which.
    { name: "meta-reference-gpu", needs: ["INFERENCE_MODEL"] },
  ])("$name needs no variable but $needs", ({ name, needs }) => {
    expect(neededVariables(distributions[name]!.base(), new Set())).toEqual(needs);
  });

  it.each(distributionNames().map((name) => ({ name })))(
    "$name is pinned to the release of its image",
    ({ name }) => {
      const { image, release } = distributions[name]!;
      expect(image).toMatch(new RegExp(`:${release.replaceAll(".", "\\.")}$`));
    },
  );

  test.each<{ says: string; edit: (config: ReturnType<typeof exampleBase>) => void; want: string }>([
    {
      says: "an API nobody provides",
      edit: (c) => {
        c["apis"] = ["inference", "safety", "vector_io"];
      },
      want: "safety has no provider",
    },
    {
      says: "what depends on nothing there",
      edit: (c) => {
        c["apis"] = ["vector_io"];
      },
      want: "vector_io needs inference",
    },
    {
      says: "a resource of a provider that is not there",
      edit: (c) => {
        c["registered_resources"] = { models: [{ model_id: "m", provider_id: "gone" }] };
      },
      want: "registered_resources.models[0] names provider gone of inference",
    },
    {
      says: "a store without a backend",
      edit: (c) => {
        c["storage"] = { backends: {} };
      },
      want: "providers.vector_io[0].config.persistence.backend names no backend",
    },
  ])("the check finds $says", ({ edit, want }) => {
    const config = exampleBase();
    edit(config);
    expect(problemsOfBase(config)).toContain(want);
  });
});

describe("the image", () => {
  test.each([
    { distribution: { name: "starter" }, overrides: {}, want: distributions["starter"]!.image },
    {
      distribution: { name: "starter" },
      overrides: { starter: "mirror.local:5000/x/y:1" },
      want: "mirror.local:5000/x/y:1",
    },
    {
      distribution: { name: "starter" },
      overrides: { starter: "not an image" },
      want: distributions["starter"]!.image,
    },
    { distribution: { image: "own:1" }, overrides: { starter: "x" }, want: "own:1" },
    { distribution: { name: "constructor" }, overrides: {}, want: undefined },
  ])("of $distribution with $overrides is $want", ({ distribution, overrides, want }) => {
    expect(resolveImage(distribution, overrides)).toBe(want);
  });

  it("tells image references from other texts", () => {
    const digest = `x@sha256:${"a".repeat(64)}`;
    const good = ["a", "a/b:c", "h:1/a_b/c--d", "[::1]:5000/x", digest];
    const bad = ["", "A", "a b", "a:", "a/", "x@sha256:1", "a".repeat(600)];
    expect([good, bad].map((texts) => texts.map(isImageReference))).toEqual([
      good.map(() => true),
      bad.map(() => false),
    ]);
  });

  it("says which overrides have no effect", () => {
    expect(problemsOfOverrides({ starter: "ok:1", "starter-gpu": "x", "remote-vllm": "?" })).toEqual([
      expect.stringContaining(
        'image override for "starter-gpu": available distributions are meta-reference-gpu',
      ),
      'image override for remote-vllm: "?" is no image reference',
    ]);
  });
});

describe("the base configuration", () => {
  const labelled = readBase(exampleBase(), "labels") as Base;

  it("is the embedded one whatever registry the image comes from", () => {
    const plain = resolveDistribution({ distribution: { name: "starter" } });
    const mirrored = resolveDistribution(
      { distribution: { name: "starter" } },
      { imageOverrides: { starter: "mirror/x:1" } },
    );
    expect(plain).toMatchObject({
      configSource: "embedded",
      configHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    });
    expect(mirrored).toMatchObject({
      image: "mirror/x:1",
      configHash: isFailure(plain) ? "" : plain.configHash,
    });
  });

  it("is that of the image's labels where there is one", () => {
    for (const distribution of [{ name: "starter" }, { image: "own:1" }]) {
      expect(resolveDistribution({ distribution }, { labelled })).toMatchObject({
        configSource: "oci-label",
        base: labelled,
      });
    }
  });

  it("is required of an image without labels", () => {
    const failure = resolveDistribution({ distribution: { image: "own:1" } });
    expect(failure).toMatchObject({ reason: "BaseConfigRequired" });
    expect(JSON.stringify(failure)).toMatch(/overrideConfig.*io\.llamastack\.config/);
  });

  it("is of no use for a name nobody knows, and those there are are listed", () => {
    expect(resolveDistribution({ distribution: { name: "nope" } })).toMatchObject({
      errors: [
        {
          path: "spec.distribution.name",
          detail: expect.stringContaining(
            'Unknown distribution "nope": available distributions are meta-reference-gpu, postgres-demo, remote-vllm, starter',
          ) as string,
        },
      ],
    });
  });
});

describe("the source of the configuration", () => {
  test.each<{ says: string; spec: Partial<ConfigSpec>; want: string }>([
    { says: "a name alone", spec: {}, want: "DistributionDefault" },
    {
      says: "a name whose image knows nothing of it",
      spec: { distribution: { name: "remote-vllm" } },
      want: "Generated",
    },
    { says: "an image alone", spec: { distribution: { image: "x" } }, want: "DistributionDefault" },
    {
      says: "empty objects and lists",
      spec: { providers: { inference: [] }, resources: {}, storage: {}, disabled: [] },
      want: "DistributionDefault",
    },
    { says: "only networking", spec: { networking: { port: 9000 } }, want: "DistributionDefault" },
    { says: "a provider", spec: { providers: { safety: [{ provider: "x" }] } }, want: "Generated" },
    { says: "storage of the default type", spec: { storage: { kv: {} } }, want: "Generated" },
    { says: "a disabled API", spec: { disabled: ["eval"] }, want: "Generated" },
    {
      says: "an external provider",
      spec: { externalProviders: { eval: [{ providerId: "x", image: "y" }] } },
      want: "Generated",
    },
    {
      says: "a configuration of one's own",
      spec: { overrideConfig: { configMapName: "c" } },
      want: "Override",
    },
  ])("for $says is $want", ({ spec, want }) => {
    expect(configSource({ distribution: { name: "starter" }, ...spec })).toBe(want);
  });
});
