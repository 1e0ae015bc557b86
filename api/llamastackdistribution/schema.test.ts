import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { llamaStackDistributionConverter } from "../../conversion/llamastackdistribution/converter.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getPath } from "../../machinery/json/value.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { compileValidator } from "../../machinery/schema/validate.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { llamaStackDistributionDefinition } from "./definition.ts";

const definition = llamaStackDistributionDefinition(llamaStackDistributionConverter);
const versions = new Map(
  definition.versions.map((v) => [v.name, { schema: v.schema, validator: compileValidator(v.schema) }]),
);

/** A spec on its way into the server: canonical, pruned, defaulted, validated. */
function read(
  spec: JsonObject,
  version = "v1alpha2",
): { spec: unknown; unknown: string[]; errors: string[] } {
  const { schema, validator } = versions.get(version)!;
  const object = definition.canonicalize!({ spec: cloneJson(spec) }, version);
  const unknown = prune(object, schema);
  applyDefaults(object, schema);
  return { spec: object["spec"], unknown, errors: validator.validate(object).map(printFieldError) };
}

const distribution = { name: "starter" };
const secretKeyRef = { name: "s", key: "k" };

describe("forms people write", () => {
  test.each<{ says: string; written: JsonObject; means: JsonObject }>([
    {
      says: "a lone provider is a list of one",
      written: { providers: { inference: { provider: "vllm" } } },
      means: { providers: { inference: [{ provider: "vllm" }] } },
    },
    {
      says: "a list of providers stays one",
      written: { providers: { safety: [{ provider: "llama-guard" }] } },
      means: { providers: { safety: [{ provider: "llama-guard" }] } },
    },
    {
      says: "a name is a model",
      written: { resources: { models: ["m", { name: "n", provider: "p" }] } },
      means: { resources: { models: [{ name: "m" }, { name: "n", provider: "p" }] } },
    },
    {
      says: "true exposes",
      written: { networking: { expose: true } },
      means: { networking: { expose: { enabled: true } } },
    },
    {
      says: "false does not",
      written: { networking: { expose: false } },
      means: { networking: { expose: { enabled: false } } },
    },
    {
      says: "an empty expose stays empty",
      written: { networking: { expose: {} } },
      means: { networking: { expose: {} } },
    },
    {
      says: "a flat reference to a Secret is a nested one, wherever it stands",
      written: {
        providers: {
          inference: {
            provider: "vllm",
            apiKey: secretKeyRef,
            secretRefs: { host: secretKeyRef, __proto__x: { secretKeyRef } },
          },
        },
        storage: {
          kv: { type: "redis", endpoint: "r:6379", password: secretKeyRef },
          sql: { type: "postgres", connectionString: secretKeyRef },
        },
      },
      means: {
        providers: {
          inference: [
            {
              provider: "vllm",
              apiKey: { secretKeyRef },
              secretRefs: { host: { secretKeyRef }, __proto__x: { secretKeyRef } },
            },
          ],
        },
        storage: {
          kv: { type: "redis", endpoint: "r:6379", password: { secretKeyRef } },
          sql: { type: "postgres", connectionString: { secretKeyRef } },
        },
      },
    },
    {
      says: "settings are left alone, whatever they look like",
      written: {
        providers: { inference: { provider: "p", settings: { apiKey: secretKeyRef, n: null, z: 0 } } },
      },
      means: {
        providers: { inference: [{ provider: "p", settings: { apiKey: secretKeyRef, n: null, z: 0 } }] },
      },
    },
    {
      says: "all of networking",
      written: {
        networking: {
          port: 9443,
          tls: {
            enabled: true,
            secretName: "t",
            caBundle: { configMapName: "c", configMapNamespace: "n", configMapKeys: ["k"] },
          },
          expose: { enabled: true, hostname: "h.example", className: "nginx" },
          allowedFrom: { namespaces: ["a"], labels: ["team"] },
        },
      },
      means: {
        networking: {
          port: 9443,
          tls: {
            enabled: true,
            secretName: "t",
            caBundle: { configMapName: "c", configMapNamespace: "n", configMapKeys: ["k"] },
          },
          expose: { enabled: true, hostname: "h.example", className: "nginx" },
          allowedFrom: { namespaces: ["a"], labels: ["team"] },
        },
      },
    },
    {
      says: "a store without a type is SQLite",
      written: { storage: { kv: {}, sql: {} } },
      means: { storage: { kv: { type: "sqlite" }, sql: { type: "sqlite" } } },
    },
  ])("$says", ({ written, means }) => {
    expect(read({ distribution, ...written })).toEqual({
      spec: { distribution, ...means },
      unknown: [],
      errors: [],
    });
  });

  test("a key named __proto__ among secretRefs is data", () => {
    const written = JSON.parse(
      '{"provider":"p","secretRefs":{"__proto__":{"name":"s","key":"k"}}}',
    ) as JsonObject;
    const { spec, errors } = read({ distribution, providers: { inference: written } });
    expect(errors).toEqual([]);
    expect(JSON.stringify(spec)).toContain('"__proto__":{"secretKeyRef":{"name":"s","key":"k"}}');
  });

  test("v1alpha1 has one form only", () => {
    expect(read({ server: { distribution, userConfig: "c" } }, "v1alpha1").errors).not.toEqual([]);
  });

  test("a section nobody knows is unknown", () => {
    expect(read({ distribution, providers: { foo: [] } }).unknown).toEqual(["spec.providers.foo"]);
  });
});

/** Rules print the object they refuse, which says nothing new. */
const withoutObjects = (error: string): string =>
  error.replace(/Invalid value: [{[].*[}\]]: /, "Invalid value: ");
/** Once a value is of the wrong kind, rules are not looked at, and that is said too. */
const isOwn = (error: string): boolean => !error.startsWith("<nil>: ");

describe("what v1alpha2 refuses", () => {
  const provider = { provider: "vllm" };
  test.each<{ says: string; spec: JsonObject; error: string }>([
    {
      says: "name and image",
      spec: { distribution: { name: "starter", image: "i" } },
      error: "spec.distribution: Invalid value: only one of name or image may be set",
    },
    {
      says: "neither name nor image",
      spec: { distribution: {} },
      error: "spec.distribution: Required value: one of name or image is required",
    },
    ...["providers", "resources", "storage", "disabled"].map((field) => ({
      says: `a configuration of one's own beside ${field}`,
      spec: {
        distribution,
        overrideConfig: { configMapName: "c" },
        [field]: field === "disabled" ? ["eval"] : {},
      },
      error: `spec.${field}: Forbidden: overrideConfig and ${field} are mutually exclusive; a configuration of your own is not changed`,
    })),
    ...["inference", "safety", "vectorIo", "toolRuntime", "telemetry"].map((section) => ({
      says: `two providers of ${section}, one without id`,
      spec: { distribution, providers: { [section]: [{ id: "a", provider: "p" }, { provider: "q" }] } },
      error: `spec.providers.${section}: Invalid value: every provider needs an id when there is more than one`,
    })),
    {
      says: "one id in two APIs",
      spec: {
        distribution,
        providers: { inference: [{ id: "x", ...provider }], safety: [{ id: "x", ...provider }] },
      },
      error:
        "spec.providers: Invalid value: ids of providers must be unique over all APIs; a provider without id has its provider's name",
    },
    {
      says: "one derived id in two APIs",
      spec: {
        distribution,
        providers: { inference: [{ provider: "nvidia" }], safety: [{ provider: "nvidia" }] },
      },
      error:
        "spec.providers: Invalid value: ids of providers must be unique over all APIs; a provider without id has its provider's name",
    },
    {
      says: "an API that is configured and disabled in another spelling",
      spec: { distribution, providers: { vectorIo: [provider] }, disabled: ["vector_io"] },
      error:
        "spec.providers.vectorIo: Forbidden: disabled names the API vectorIo; remove it there, or remove providers.vectorIo",
    },
    {
      says: "TLS without a Secret",
      spec: { distribution, networking: { tls: { enabled: true } } },
      error: "spec.networking.tls.secretName: Required value: is required when tls is enabled",
    },
    {
      says: "Redis without an endpoint",
      spec: { distribution, storage: { kv: { type: "redis" } } },
      error: "spec.storage.kv.endpoint: Required value: is required for type redis",
    },
    {
      says: "PostgreSQL without a connection",
      spec: { distribution, storage: { sql: { type: "postgres" } } },
      error: "spec.storage.sql.connectionString: Required value: is required for type postgres",
    },
    {
      says: "a key-value store of another kind",
      spec: { distribution, storage: { kv: { type: "mongo" } } },
      error: 'spec.storage.kv.type: Unsupported value: "mongo": supported values: "sqlite", "redis"',
    },
    {
      says: "a SQL store of another kind",
      spec: { distribution, storage: { sql: { type: "mysql" } } },
      error: 'spec.storage.sql.type: Unsupported value: "mysql": supported values: "sqlite", "postgres"',
    },
    {
      says: "a provider without a type",
      spec: { distribution, providers: { inference: [{ id: "a" }] } },
      error: "spec.providers.inference[0].provider: Required value",
    },
    {
      says: "a model without a name",
      spec: { distribution, resources: { models: [{ provider: "p" }] } },
      error: "spec.resources.models[0].name: Required value",
    },
    {
      says: "a reference to a Secret without a key",
      spec: { distribution, providers: { inference: [{ provider: "p", apiKey: { name: "s" } }] } },
      error: "spec.providers.inference[0].apiKey.secretKeyRef.key: Required value",
    },
    {
      says: "fewer replicas at most than at least",
      spec: { distribution, workload: { autoscaling: { minReplicas: 3, maxReplicas: 2 } } },
      error:
        "spec.workload.autoscaling.maxReplicas: Invalid value: must be greater than or equal to minReplicas",
    },
    {
      says: "a disruption budget that says both",
      spec: { distribution, workload: { podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } } },
      error:
        "spec.workload.podDisruptionBudget: Invalid value: only one of minAvailable or maxUnavailable may be set",
    },
    {
      says: "a port the server does not take",
      spec: { distribution, networking: { port: 80 } },
      error:
        "spec.networking.port: Invalid value: 80: spec.networking.port in body should be greater than or equal to 1024",
    },
  ])("$says", ({ spec, error }) => {
    expect(read(spec).errors.map(withoutObjects).filter(isOwn)).toEqual([error]);
  });

  test.each<{ says: string; spec: JsonObject }>([
    {
      says: "authorities to trust without TLS",
      spec: { networking: { tls: { caBundle: { configMapName: "c" } } } },
    },
    { says: "a Secret for TLS that is off", spec: { networking: { tls: { secretName: "t" } } } },
    {
      says: "an address of a store that is SQLite",
      spec: { storage: { kv: { type: "sqlite", endpoint: "r:1" } } },
    },
    { says: "no replicas", spec: { workload: { replicas: 0 } } },
  ])("accepts $says", ({ spec }) => {
    expect(read({ distribution, ...spec }).errors).toEqual([]);
  });

  test("v1alpha1 takes a disruption budget that says both, as it always did", () => {
    const podDisruptionBudget = { minAvailable: 1, maxUnavailable: 1 };
    expect(read({ server: { distribution, podDisruptionBudget } }, "v1alpha1").errors).toEqual([]);
  });
});

describe("versions", () => {
  test("v1alpha2 is stored and both are served, by the server and by the definition for a cluster", () => {
    const file = "../../manifests/crd/hawsepipe.dev_llamastackdistributions.yaml";
    const { value } = decodeYaml(readFileSync(new URL(file, import.meta.url)));
    const inCluster = getPath(value, "spec", "versions") as JsonObject[];
    const said = (version: { name: string; served: boolean; storage: boolean }): string =>
      `${version.name} ${String(version.served)} ${String(version.storage)}`;
    const want = ["v1alpha1 true false", "v1alpha2 true true"];
    expect(definition.versions.map(said).sort()).toEqual(want);
    expect(inCluster.map((version) => said(version as never)).sort()).toEqual(want);
  });
});
