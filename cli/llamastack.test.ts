import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { encodeYaml } from "../machinery/yaml/encode.ts";
import { decodeYaml } from "../machinery/yaml/decode.ts";
import { exampleBase, exampleSpec } from "../transformers/llamastack/testing/worked-example.ts";
import { readBase } from "../transformers/llamastack/config/base.ts";
import type { Base } from "../transformers/llamastack/config/base.ts";
import { generateConfig } from "../transformers/llamastack/config/generate.ts";
import { main } from "./program.ts";
import { recordingIo } from "./testing/io.ts";

const directory = mkdtempSync(path.join(tmpdir(), "hawsepipe-llamastack-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, value: unknown): string {
  const target = path.join(directory, name);
  writeFileSync(target, typeof value === "string" ? value : JSON.stringify(value));
  return target;
}

const stack = (spec: unknown, more: object = {}): object => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "LlamaStackDistribution",
  metadata: { name: "demo" },
  spec,
  ...more,
});

async function config(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = recordingIo(directory);
  const code = await main(["llamastack", "config", ...args], io);
  return { code, stdout: io.stdout(), stderr: io.stderr() };
}

describe("hawsepipe llamastack config", () => {
  it("prints the bytes the cluster would hold, and beside them what they need", async () => {
    const base = file("base.yaml", encodeYaml(exampleBase()));
    const { code, stdout, stderr } = await config("-f", file("a.json", stack(exampleSpec())), "--base", base);
    expect(code).toBe(0);
    expect(stdout).toBe(
      (generateConfig(exampleSpec(), readBase(exampleBase(), "base") as Base) as { yaml: string }).yaml,
    );
    expect(stderr).toMatch(/ConfigMap demo-config-[0-9a-f]{8}, 4 providers, 1 resources, sha256:/);
    expect(stderr).toContain("LLSD_GPU_A_API_KEY comes from key tok of Secret gpu-a");
  });

  it("reads every form the API takes", async () => {
    const short = {
      distribution: { name: "starter" },
      providers: { inference: { provider: "vllm", apiKey: { name: "s", key: "k" } } },
      resources: { models: ["m"] },
    };
    const long = {
      distribution: { name: "starter" },
      providers: { inference: [{ provider: "vllm", apiKey: { secretKeyRef: { name: "s", key: "k" } } }] },
      resources: { models: [{ name: "m" }] },
    };
    const [a, b] = [await config(file("s.json", stack(short))), await config(file("l.json", stack(long)))];
    expect(a).toEqual(b);
    expect(a.code).toBe(0);
    expect(decodeYaml(a.stdout).value).toMatchObject({
      registered_resources: { models: [{ model_id: "m" }] },
    });
  });

  test.each([
    {
      says: "a type that is wrong",
      spec: { distribution: { name: "starter" }, disabled: "eval" },
      want: 'spec.disabled: Invalid value: "string": spec.disabled in body must be of type array: "string"',
    },
    {
      says: "a provider without a name",
      spec: { distribution: { name: "starter" }, providers: { safety: [{}] } },
      want: "spec.providers.safety[0].provider: Required value",
    },
    { says: "no spec", spec: null, want: "spec: Required value" },
    {
      says: "a field nobody knows",
      spec: { distribution: { name: "starter" }, disable: ["eval"] },
      want: "spec.disable: Invalid value: unknown field",
    },
    {
      says: "a rule that is broken",
      spec: {
        distribution: { name: "starter" },
        disabled: ["safety"],
        overrideConfig: { configMapName: "c" },
      },
      want: "spec.disabled: Forbidden: overrideConfig and disabled are mutually exclusive",
    },
    {
      says: "a distribution nobody knows",
      spec: { distribution: { name: "nope" }, disabled: ["eval"] },
      want: 'Unknown distribution "nope"',
    },
    {
      says: "an image without a base",
      spec: { distribution: { image: "x" }, disabled: ["eval"] },
      want: "spec.overrideConfig: Required value: image x carries no base",
    },
    {
      says: "what cannot be generated",
      spec: { distribution: { name: "starter" }, disabled: ["datasetIo"] },
      want: "spec.disabled[0]: Invalid value",
    },
  ])("fails with the path of $says", async ({ spec, want }) => {
    const { code, stdout, stderr } = await config(file("bad.json", stack(spec)));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(want);
  });

  it("says where the configuration comes from when none is generated", async () => {
    const plain = await config(file("plain.json", stack({ distribution: { name: "starter" } })));
    expect(plain).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining("the image's own") as string,
    });
    const override = stack({ distribution: { image: "x" }, overrideConfig: { configMapName: "c" } });
    expect((await config(file("override.json", override))).stderr).toContain("that of spec.overrideConfig");
  });

  it("reads the older version too", async () => {
    const server = { distribution: { name: "remote-vllm" }, storage: {} };
    const older = stack({ server }, { apiVersion: "hawsepipe.dev/v1alpha1" });
    const newer = stack({ distribution: server.distribution, workload: { replicas: 1, storage: {} } });
    const [a, b] = [await config(file("a1.json", older)), await config(file("a2.json", newer))];
    expect(a).toEqual(b);
    expect(a.stdout).toContain("distro_name: remote-vllm");
  });

  describe("what nobody is asked for without a cluster", () => {
    const image = "registry.example/house:1";
    const external = stack({
      distribution: { name: "starter" },
      externalProviders: { inference: [{ providerId: "house", image }] },
      networking: { expose: {} },
    });
    const providerPackage = {
      apiVersion: "llamastack.io/v1alpha1",
      kind: "ProviderPackage",
      metadata: { name: "house", version: "1.2.0" },
      spec: {
        packageName: "house_provider",
        providerType: "remote::house",
        api: "inference",
        wheelPath: "packages/house-1.2.0-py3-none-any.whl",
      },
    };
    const settings = (data: object) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "hawsepipe-llamastack" },
      data,
    });
    const left = "spec.externalProviders.inference[0]: image registry.example/house:1 has not been read";

    it("is left out with the warnings of render, word for word", async () => {
      const input = file("external.json", external);
      const io = recordingIo(directory);
      expect(await main(["render", "-f", input], io)).toBe(0);
      const { stdout, stderr } = await config(input);
      expect(stdout).not.toContain("house");
      const warnings = (text: string): string[] =>
        text
          .split("\n")
          .filter((line) => line.includes(": warning: "))
          .map((line) => line.slice(line.indexOf(": warning: ")));
      expect(warnings(stderr)).toEqual(warnings(io.stderr()));
      expect(warnings(stderr)).toContainEqual(expect.stringContaining(left));
      expect(warnings(stderr)).toContainEqual(expect.stringContaining("takes every host"));
    });

    it("can be said, and both commands then print what the cluster would hold", async () => {
      const flags = [
        ...["-f", file("external.json", external)],
        ...["--provider-package", `${image}=${file("package.json", providerPackage)}`],
        ...[
          "--settings",
          file(
            "settings.json",
            settings({
              "image-overrides": "starter: mirror.example/starter:1",
              "expose-domain": "apps.example.com",
            }),
          ),
        ],
      ];
      const { code, stdout, stderr } = await config(...flags);
      expect({ code, warnings: stderr.includes("warning") }).toEqual({ code: 0, warnings: false });
      expect(stdout).toContain("module: house_provider");
      expect(stderr).toContain("image mirror.example/starter:1");
      const io = recordingIo(directory);
      expect(await main(["render", ...flags, "-o", "json"], io)).toBe(0);
      const { items } = JSON.parse(io.stdout()) as { items: Record<string, unknown>[] };
      const of = (kind: string): object => items.find((item) => item["kind"] === kind) ?? {};
      expect(of("ConfigMap")).toMatchObject({ data: { "config.yaml": stdout } });
      expect(of("Ingress")).toMatchObject({ spec: { rules: [{ host: "demo-default.apps.example.com" }] } });
      expect(of("Deployment")).toMatchObject({
        spec: { template: { spec: { initContainers: [{ image }] } } },
      });
    });

    it("is said for the sample of an external provider", async () => {
      const samples = path.resolve(import.meta.dirname, "../docs/llamastack/samples");
      const provided = `registry.example/llama/house-provider:1.2.0=${path.join(samples, "lls-provider-spec.yaml")}`;
      const sample = path.join(samples, "external-provider.yaml");
      const { code, stdout, stderr } = await config("-f", sample, "--provider-package", provided);
      expect({ code, warnings: stderr.includes("warning") }).toEqual({ code: 0, warnings: false });
      expect(decodeYaml(stdout).value).toMatchObject({
        providers: {
          inference: expect.arrayContaining([
            {
              provider_id: "house",
              provider_type: "remote::house",
              module: "house_provider",
              config: { base_url: "http://house:8000/v1", api_key: "${env.HOUSE_API_KEY}" },
            },
          ]) as unknown,
        },
        registered_resources: { models: [{ model_id: "house/chat", provider_id: "house" }] },
      });
    });

    test.each([
      { says: "half of a package", flags: ["--provider-package", "x"], want: "must be IMAGE=FILE" },
      {
        says: "a package that is none",
        flags: ["--provider-package", `x=${file("none.json", {})}`],
        want: "none.json is not of kind ProviderPackage",
      },
      {
        says: "settings that are none",
        flags: ["--settings", file("other.json", { apiVersion: "v1", kind: "ConfigMap" })],
        want: "holds no ConfigMap hawsepipe-llamastack",
      },
      {
        says: "a setting without effect",
        flags: ["--settings", file("no-effect.json", settings({ "expose-domain": "-" }))],
        want: 'hawsepipe-llamastack: warning: expose-domain: "-" is no domain',
      },
    ])("says what is wrong with $says", async ({ flags, want }) => {
      expect((await config("-f", file("external.json", external), ...flags)).stderr).toContain(want);
    });
  });

  it("refuses a version nobody serves, a base that is none, input without such an object and other words", async () => {
    const good = file("good.json", stack({ distribution: { name: "starter" }, disabled: ["batches"] }));
    const old = file("old.json", stack({}, { apiVersion: "hawsepipe.dev/v9" }));
    expect((await config(old)).stderr).toContain('apiVersion: Unsupported value: "hawsepipe.dev/v9"');
    expect((await config(good, "--base", file("no.yaml", "version: 3"))).stderr).toContain(
      "Unsupported config.yaml version 3",
    );
    expect((await config(file("pod.json", { apiVersion: "v1", kind: "Pod" }))).stderr).toContain(
      "no LlamaStackDistribution",
    );
    expect(await main(["llamastack", "print", good], recordingIo(directory))).toBe(2);
  });
});
