import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { embeddedBase } from "../distributions/registry.ts";
import { generateConfig } from "./generate.ts";
import type { ConfigSpec } from "./input.ts";
import type { ProviderPackage } from "./provider-package.ts";
import { parseProviderPackage } from "./provider-package.ts";
import type { Failure, Generated } from "./result.ts";

const starter = embeddedBase("starter")!;
const list = (config: JsonObject, ...path: string[]): JsonObject[] =>
  (getPath(config, ...path) ?? []) as JsonObject[];

describe("external providers", () => {
  const spec: ConfigSpec = {
    distribution: { name: "starter" },
    externalProviders: {
      safety: [{ providerId: "llama-guard", image: "guard:1", config: { level: 2 } }],
      inference: [{ providerId: "house", image: "house:1" }],
    },
  };
  const house = {
    api: "inference",
    providerType: "remote::house",
    packageName: "house_provider",
    wheel: "/w.whl",
  };
  const guard = {
    api: "safety",
    providerType: "inline::guard",
    packageName: "guard_provider",
    wheel: "/w.whl",
  };
  const generate = (packages: ReadonlyMap<string, ProviderPackage>) =>
    generateConfig(spec, starter, { profile: "server", replace: [] }, packages);

  it("can serve a model before their type is known, and are warned of where they replace something", () => {
    const named = { ...spec, resources: { models: [{ name: "m", provider: "house" }] } };
    const { warnings, yaml } = generateConfig(named, starter) as Generated;
    const config = decodeYaml(yaml).value as JsonObject;
    expect(list(config, "registered_resources", "models")[0]?.["provider_id"]).toBe("house");
    expect(warnings).toEqual([
      "spec.externalProviders.safety[0]: external provider llama-guard (guard:1) replaces the safety provider of type inline::llama-guard",
    ]);
  });

  it("join the configuration; one with the id of another takes its place, with a warning", () => {
    const result = generate(
      new Map([
        ["house:1", house],
        ["guard:1", guard],
      ]),
    ) as Generated;
    expect(result.warnings).toEqual([
      "spec.externalProviders.safety[0]: external provider llama-guard (guard:1) replaces the safety provider of type inline::llama-guard with one of type inline::guard",
    ]);
    const config = decodeYaml(result.yaml).value as JsonObject;
    expect(list(config, "providers", "inference").at(-1)).toEqual({
      provider_id: "house",
      provider_type: "remote::house",
      module: "house_provider",
      config: {},
    });
    expect(list(config, "providers", "safety")).toEqual([
      expect.objectContaining({ provider_id: "code-scanner" }),
      {
        provider_id: "llama-guard",
        provider_type: "inline::guard",
        module: "guard_provider",
        config: { level: 2 },
      },
    ]);
  });

  it("are refused in a section of another API, with the right one", () => {
    const { errors } = generate(new Map([["house:1", { ...house, api: "tool_runtime" }]])) as Failure;
    expect(errors[0]?.detail).toContain("move it to spec.externalProviders.toolRuntime");
  });

  const file = (edit: (text: string) => string = (text) => text): ProviderPackage | string =>
    parseProviderPackage(
      edit(
        "apiVersion: llamastack.io/v1alpha1\nkind: ProviderPackage\nmetadata: {name: house, version: 1.2.0, vendor: us}\n" +
          "spec: {packageName: house_provider, providerType: remote::house, api: inference, wheelPath: packages/h-1.2.0-py3-none-any.whl}\n",
      ),
    );

  it("say what they are in a file of their image", () => {
    expect(file()).toEqual({ ...house, wheel: "/lls-provider/packages/h-1.2.0-py3-none-any.whl" });
    const absolute = file((text) => text.replace("packages/h", "/lls-provider/packages/sub/h"));
    expect(absolute).toMatchObject({ wheel: "/lls-provider/packages/sub/h-1.2.0-py3-none-any.whl" });
  });

  it.each([
    ["[", "is not YAML"],
    ["7", "is not a mapping"],
    ["kind: Pod", "is not of kind ProviderPackage"],
    ["kind: ProviderPackage", "lacks metadata.name, metadata.version, spec.packageName"],
  ])("whose file %j says nothing are refused", (text, want) => {
    expect(file(() => text)).toContain(want);
  });

  it.each([
    ["remote::house", "native::house", "neither remote::NAME nor inline::NAME"],
    ["house_provider", "os; import x", "is no module"],
    ["packages/h", "../../tmp/h", "no wheel below"],
    [".whl", ".tar.gz", "no wheel below"],
    ["packages/h", "--index-url=https://x/h", "no wheel below"],
  ])("that say %s as %s are refused", (from, to, want) => {
    expect(file((text) => text.replace(from, to))).toContain(want);
  });
});
