import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { llamaStackDistributionDefinition } from "../../api/llamastackdistribution/definition.ts";
import { arbitraryObject } from "../../api/testing/arbitrary.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getPath, setPath } from "../../machinery/json/value.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { incompleteness, stashAnnotation } from "../lossless.ts";
import type { Version } from "../moves.ts";
import { omittedStash } from "../stash.ts";
import { convertLlamaStackDistribution, llamaStackDistributionConverter } from "./converter.ts";

const definition = llamaStackDistributionDefinition(llamaStackDistributionConverter);
const schemaOf = (version: string) => definition.versions.find((v) => v.name === version)!.schema;
const convert = (object: JsonObject, to: Version) => convertLlamaStackDistribution(object, to).object;
const distribution = (version: Version, spec: JsonObject, annotations?: JsonObject): JsonObject => ({
  apiVersion: `hawsepipe.dev/${version}`,
  kind: "LlamaStackDistribution",
  metadata: { name: "s", ...(annotations === undefined ? {} : { annotations }) },
  spec,
});
const older = (spec: JsonObject, annotations?: JsonObject) => distribution("v1alpha1", spec, annotations);
const hub = (spec: JsonObject, annotations?: JsonObject) => distribution("v1alpha2", spec, annotations);
const stashes = (object: JsonObject) =>
  Object.keys((getPath(object, "metadata", "annotations") ?? {}) as JsonObject).filter((key) =>
    key.endsWith("-stash"),
  );
const starter = { name: "starter" };

const valid = (version: Version): fc.Arbitrary<JsonObject> =>
  fc.tuple(arbitraryObject(schemaOf(version)), fc.boolean()).map(([object, isDefaulted]) => {
    const full: JsonObject = {
      apiVersion: `hawsepipe.dev/${version}`,
      kind: "LlamaStackDistribution",
      metadata: { name: "s" },
      ...object,
    };
    if (isDefaulted) applyDefaults(full, schemaOf(version));
    return full;
  });

describe("round trips", () => {
  test.each<[Version, Version]>([
    ["v1alpha1", "v1alpha2"],
    ["v1alpha2", "v1alpha1"],
  ])("5,000 objects of %s come back unchanged through %s, and the input is left alone", (from, through) => {
    fc.assert(
      fc.property(valid(from), (object) => {
        const before = cloneJson(object);
        const there = convert(object, through);
        expect(object).toEqual(before);
        const back = convert(there, from);
        expect(back).toEqual(before);
        expect(convert(back, through)).toEqual(there);
      }),
      { numRuns: 5000 },
    );
  });

  test.each<{ says: string; spec: JsonObject }>([
    { says: "the smallest object", spec: { server: { distribution: starter } } },
    { says: "neither name nor image", spec: { server: { distribution: {} } } },
    { says: "storage: {}", spec: { server: { distribution: starter, storage: {} } } },
    { says: "network: {}", spec: { server: { distribution: starter }, network: {} } },
    { says: "podOverrides: {}", spec: { server: { distribution: starter, podOverrides: {} } } },
    { says: "containerSpec: {}", spec: { server: { distribution: starter, containerSpec: {} } } },
    { says: "tlsConfig: {}", spec: { server: { distribution: starter, tlsConfig: {} } } },
    { says: "no replicas", spec: { replicas: 0, server: { distribution: starter } } },
    {
      says: "a grace period of 0",
      spec: { server: { distribution: starter, podOverrides: { terminationGracePeriodSeconds: 0 } } },
    },
    {
      says: "a userConfig of another namespace",
      spec: {
        server: { distribution: starter, userConfig: { configMapName: "c", configMapNamespace: "other" } },
      },
    },
    {
      says: "a caBundle with keys and namespace",
      spec: {
        server: {
          distribution: starter,
          tlsConfig: {
            caBundle: { configMapName: "ca", configMapNamespace: "trust", configMapKeys: ["a.crt", "b.crt"] },
          },
        },
      },
    },
    {
      says: "a disruption budget with both fields",
      spec: {
        server: { distribution: starter, podDisruptionBudget: { minAvailable: 1, maxUnavailable: "50%" } },
      },
    },
    {
      says: "another container name",
      spec: { server: { distribution: starter, containerSpec: { name: "stack", port: 8321 } } },
    },
  ])("v1alpha1 keeps $says", ({ spec }) => {
    expect(convert(convert(older(spec), "v1alpha2"), "v1alpha1")).toEqual(older(spec));
  });

  test.each<{ says: string; spec: JsonObject }>([
    {
      says: "providers, resources and state stores",
      spec: {
        distribution: starter,
        providers: {
          inference: [
            { id: "a", provider: "vllm", apiKey: { secretKeyRef: { name: "s", key: "k" } } },
            { id: "b", provider: "ollama", settings: { a: null, b: [1, 2.5, null], c: { d: 2n ** 60n } } },
          ],
        },
        resources: { models: [{ name: "m" }], tools: ["rag"] },
        storage: { kv: { type: "redis", endpoint: "r:6379" } },
        disabled: ["eval"],
      },
    },
    { says: "expose: {}", spec: { distribution: starter, networking: { expose: {} } } },
    {
      says: "expose: {enabled: true}",
      spec: { distribution: starter, networking: { expose: { enabled: true } } },
    },
    {
      says: "expose: {enabled: false}",
      spec: { distribution: starter, networking: { expose: { enabled: false } } },
    },
    { says: "an exposed host", spec: { distribution: starter, networking: { expose: { hostname: "h" } } } },
    {
      says: "a host that is not exposed",
      spec: { distribution: starter, networking: { expose: { enabled: false, hostname: "h" } } },
    },
    {
      says: "TLS",
      spec: { distribution: starter, networking: { tls: { enabled: true, secretName: "t" } } },
    },
    {
      says: "a quantity as it was written",
      spec: { distribution: starter, workload: { storage: { size: "10240Mi" } } },
    },
    {
      says: "external providers",
      spec: {
        distribution: starter,
        externalProviders: { inference: [{ providerId: "x", image: "i", config: { a: 1 } }] },
      },
    },
  ])("v1alpha2 keeps $says", ({ spec }) => {
    expect(convert(convert(hub(spec), "v1alpha1"), "v1alpha2")).toEqual(hub(spec));
  });

  test("a defaulted object of v1alpha1 whose fields exist in v1alpha2 needs no stash", () => {
    const object = older({
      server: { distribution: starter, containerSpec: { port: 8321, env: [{ name: "A", value: "1" }] } },
      network: { allowedFrom: { namespaces: ["*"] } },
    });
    applyDefaults(object, schemaOf("v1alpha1"));
    const there = convert(object, "v1alpha2");
    expect(stashes(there)).toEqual([]);
    expect(stashes(convert(there, "v1alpha1"))).toEqual([]);
  });
});

describe("the table", () => {
  const env = [{ name: "A", value: "1" }];
  test.each<{ says: string; v1: JsonObject; v2: JsonObject }>([
    {
      says: "replicas move under workload, zero included",
      v1: { replicas: 0, server: { distribution: starter } },
      v2: { distribution: starter, workload: { replicas: 0 } },
    },
    {
      says: "an image stays an image",
      v1: { replicas: 1, server: { distribution: { image: "i:1" } } },
      v2: { distribution: { image: "i:1" }, workload: { replicas: 1 } },
    },
    {
      says: "the port moves under networking",
      v1: {
        replicas: 1,
        server: { distribution: starter, containerSpec: { name: "llama-stack", port: 9000 } },
      },
      v2: { distribution: starter, workload: { replicas: 1 }, networking: { port: 9000 } },
    },
    {
      says: "resources, env, command and arguments leave the container",
      v1: {
        replicas: 1,
        server: {
          distribution: starter,
          containerSpec: {
            name: "llama-stack",
            resources: { requests: { cpu: 2 } },
            env,
            command: ["a"],
            args: ["b"],
          },
        },
      },
      v2: {
        distribution: starter,
        workload: {
          replicas: 1,
          resources: { requests: { cpu: 2 } },
          overrides: { env, command: ["a"], args: ["b"] },
        },
      },
    },
    {
      says: "pod overrides move under workload",
      v1: {
        replicas: 1,
        server: {
          distribution: starter,
          podOverrides: {
            serviceAccountName: "sa",
            terminationGracePeriodSeconds: 5,
            volumes: [{ name: "v", emptyDir: {} }],
            volumeMounts: [{ name: "v", mountPath: "/v" }],
          },
        },
      },
      v2: {
        distribution: starter,
        workload: {
          replicas: 1,
          overrides: {
            serviceAccountName: "sa",
            terminationGracePeriodSeconds: 5,
            volumes: [{ name: "v", emptyDir: {} }],
            volumeMounts: [{ name: "v", mountPath: "/v" }],
          },
        },
      },
    },
    {
      says: "workers, autoscaling, storage, budget and spread move under workload",
      v1: {
        replicas: 2,
        server: {
          distribution: starter,
          workers: 2,
          autoscaling: { maxReplicas: 0 },
          storage: {},
          podDisruptionBudget: { maxUnavailable: 1 },
          topologySpreadConstraints: [
            { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
          ],
        },
      },
      v2: {
        distribution: starter,
        workload: {
          replicas: 2,
          workers: 2,
          autoscaling: { maxReplicas: 0 },
          storage: {},
          podDisruptionBudget: { maxUnavailable: 1 },
          topologySpreadConstraints: [
            { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
          ],
        },
      },
    },
    {
      says: "userConfig becomes overrideConfig",
      v1: { replicas: 1, server: { distribution: starter, userConfig: { configMapName: "c" } } },
      v2: { distribution: starter, workload: { replicas: 1 }, overrideConfig: { configMapName: "c" } },
    },
    {
      says: "an exposed route becomes expose, and callers move",
      v1: {
        replicas: 1,
        server: { distribution: starter },
        network: { exposeRoute: true, allowedFrom: { namespaces: ["a"], labels: ["team"] } },
      },
      v2: {
        distribution: starter,
        workload: { replicas: 1 },
        networking: { expose: { enabled: true }, allowedFrom: { namespaces: ["a"], labels: ["team"] } },
      },
    },
  ])("$says", ({ v1, v2 }) => {
    expect(convert(older(v1), "v1alpha2")).toEqual(hub(v2));
    expect(convert(hub(v2), "v1alpha1")).toEqual(older(v1));
  });

  test("status stays as it is, with conditions nobody knows", () => {
    const status: JsonObject = {
      phase: "Ready",
      resolvedDistribution: { image: "i" },
      conditions: [
        { type: "Odd", status: "True", reason: "R", message: "", lastTransitionTime: "2026-01-02T03:04:05Z" },
      ],
    };
    const object = { ...older({ server: { distribution: starter } }), status };
    expect(convert(object, "v1alpha2")["status"]).toEqual(status);
    expect(convert(convert(object, "v1alpha2"), "v1alpha1")).toEqual(object);
  });

  test.each([
    ["spec.server.containerSpec.env[0].value", "spec.workload.overrides.env[0].value"],
    ["spec.replicas", "spec.workload.replicas"],
    ["spec.server.userConfig.configMapName", "spec.overrideConfig.configMapName"],
    ["spec.network.exposeRoute", "spec.networking.expose"],
  ])("the path %s is %s in v1alpha2", (v1, v2) => {
    expect(llamaStackDistributionConverter.translatePath?.(v1, "v1alpha1", "v1alpha2")).toBe(v2);
    expect(llamaStackDistributionConverter.translatePath?.(v2, "v1alpha2", "v1alpha1")).toBe(v1);
  });

  test.each(["enabled", "hostname", "className"])("v1alpha1 says all of expose.%s in one field", (field) => {
    const path = `spec.networking.expose.${field}`;
    expect(llamaStackDistributionConverter.translatePath?.(path, "v1alpha2", "v1alpha1")).toBe(
      "spec.network.exposeRoute",
    );
  });
});

describe("what an upgrade must not change", () => {
  test("an object with an image alone still asks for nothing to be generated", () => {
    const there = convert(older({ server: { distribution: { image: "i" } } }), "v1alpha2");
    expect(Object.keys(there["spec"] as JsonObject)).toEqual(["distribution"]);
  });

  test("no port appears in an object that has none", () => {
    const object = hub({ distribution: starter, networking: { expose: {} } });
    applyDefaults(object, schemaOf("v1alpha2"));
    expect(getPath(convert(object, "v1alpha1"), "spec", "server", "containerSpec")).toBeUndefined();
  });

  test("authorities to trust do not turn TLS on", () => {
    const there = convert(
      older({ server: { distribution: starter, tlsConfig: { caBundle: { configMapName: "ca" } } } }),
      "v1alpha2",
    );
    applyDefaults(there, schemaOf("v1alpha2"));
    expect(getPath(there, "spec", "networking", "tls")).toEqual({ caBundle: { configMapName: "ca" } });
  });

  test("the claim is not taken for the state stores", () => {
    const there = convert(older({ server: { distribution: starter, storage: { size: "5Gi" } } }), "v1alpha2");
    expect(getPath(there, "spec", "workload", "storage")).toEqual({ size: "5Gi" });
    expect(getPath(there, "spec", "storage")).toBeUndefined();
  });

  test("the least number of replicas is not made up", () => {
    const there = convert(
      older({ replicas: 3, server: { distribution: starter, autoscaling: { maxReplicas: 5 } } }),
      "v1alpha2",
    );
    expect(getPath(there, "spec", "workload", "autoscaling")).toEqual({ maxReplicas: 5 });
  });
});

describe("edits in the other version", () => {
  const full = hub({
    distribution: starter,
    providers: { inference: [{ provider: "vllm" }] },
    networking: { expose: { hostname: "h" }, tls: { enabled: true, secretName: "t" } },
    workload: { replicas: 1 },
  });

  test("fields of v1alpha2 survive an edit in v1alpha1", () => {
    const view = convert(full, "v1alpha1");
    setPath(view, ["spec", "replicas"], 4);
    const want = cloneJson(full);
    setPath(want, ["spec", "workload", "replicas"], 4);
    expect(convert(view, "v1alpha2")).toEqual(want);
  });

  test("closing the route in v1alpha1 wins over what the stash remembers", () => {
    const view = convert(full, "v1alpha1");
    setPath(view, ["spec", "network", "exposeRoute"], false);
    expect(getPath(convert(view, "v1alpha2"), "spec", "networking")).toEqual({
      tls: { enabled: true, secretName: "t" },
    });
  });

  test.each<{ says: string; without: string[]; kept: string[] }>([
    {
      says: "the network block",
      without: ["spec", "network"],
      kept: ["spec", "networking", "tls", "secretName"],
    },
    {
      says: "the authorities",
      without: ["spec", "server", "tlsConfig"],
      kept: ["spec", "networking", "tls", "secretName"],
    },
  ])("removing $says in v1alpha1 leaves what only v1alpha2 says beside it", ({ without, kept }) => {
    const object = cloneJson(full);
    setPath(object, ["spec", "networking", "tls", "caBundle"], { configMapName: "ca" });
    const view = convert(object, "v1alpha1");
    Reflect.deleteProperty(getPath(view, ...without.slice(0, -1)) as JsonObject, without.at(-1)!);
    expect(getPath(convert(view, "v1alpha2"), ...kept)).toBe("t");
  });

  test("a container's name survives a change of its environment in v1alpha2", () => {
    const object = older({
      replicas: 1,
      server: { distribution: starter, containerSpec: { name: "stack", env: [{ name: "A" }] } },
    });
    const there = convert(object, "v1alpha2");
    setPath(there, ["spec", "workload", "overrides"], {});
    expect(getPath(convert(there, "v1alpha1"), "spec", "server", "containerSpec")).toEqual({ name: "stack" });
  });

  test("the namespace of a configuration goes with it", () => {
    const object = older({
      replicas: 1,
      server: { distribution: starter, userConfig: { configMapName: "c", configMapNamespace: "n" } },
    });
    const there = convert(object, "v1alpha2");
    Reflect.deleteProperty(there["spec"] as JsonObject, "overrideConfig");
    expect(getPath(convert(there, "v1alpha1"), "spec", "server", "userConfig")).toBeUndefined();
  });

  test("a configuration of one's own set in v1alpha1 meets the providers of v1alpha2, for validation to refuse", () => {
    const view = convert(full, "v1alpha1");
    setPath(view, ["spec", "server", "userConfig"], { configMapName: "c" });
    const back = convert(view, "v1alpha2");
    expect(getPath(back, "spec", "overrideConfig")).toEqual({ configMapName: "c" });
    expect(getPath(back, "spec", "providers")).toBeDefined();
  });

  test("a v1alpha1 write without the stash clears what only v1alpha2 has", () => {
    const view = convert(full, "v1alpha1");
    setPath(view, ["metadata", "annotations"], {});
    expect(getPath(convert(view, "v1alpha2"), "spec", "providers")).toBeUndefined();
  });

  test.each<JsonValue>([
    "{",
    3,
    "{}",
    '{"entries":[{"path":["status","phase"],"under":0,"original":"Ready"}]}',
  ])("a stash that says %j is dropped with a warning and converts all the same", (stash) => {
    const { object, warnings } = convertLlamaStackDistribution(
      older({ replicas: 1, server: { distribution: starter } }, { [stashAnnotation("v1alpha2")]: stash }),
      "v1alpha2",
    );
    expect(object).toEqual(hub({ distribution: starter, workload: { replicas: 1 } }));
    expect(warnings).toHaveLength(1);
  });
});

describe("more than annotations can carry", () => {
  const settings = (size: number): JsonObject => ({
    distribution: starter,
    providers: { inference: [{ provider: "vllm", settings: { text: "x".repeat(size) } }] },
  });
  const key = stashAnnotation("v1alpha2");
  const carried = (object: JsonObject): unknown => getPath(object, "metadata", "annotations", key);
  const limit = 256 * 1024;

  test("is left out, and the annotation says so", () => {
    const { object, warnings } = convertLlamaStackDistribution(hub(settings(limit)), "v1alpha1");
    expect(carried(object)).toBe(omittedStash);
    expect(warnings).toEqual([`metadata.annotations[${key}]: too large to be kept, and was left out`]);
  });

  test("stays marked on the way back, so that it can be refused", () => {
    const back = convert(convert(hub(settings(limit)), "v1alpha1"), "v1alpha2");
    expect(incompleteness(back)).toEqual({
      path: `metadata.annotations[${key}]`,
      detail: "the object holds more than v1alpha1 can carry; write it as v1alpha2",
    });
    expect(incompleteness(hub(settings(1)))).toBeUndefined();
  });

  test("starts where all annotations together are larger than kube-apiserver takes", () => {
    const whole = (others: JsonObject, size: number) => {
      const object = convert(hub(settings(size), others), "v1alpha1");
      const annotations = getPath(object, "metadata", "annotations") as Record<string, string>;
      return { annotations, isWhole: annotations[key] !== omittedStash };
    };
    const room = limit - 1000;
    expect(whole({}, room).isWhole).toBe(true);
    expect(whole({ note: "n".repeat(1000) }, room).isWhole).toBe(false);
    fc.assert(
      fc.property(fc.integer({ min: room, max: limit }), fc.nat(2000), (size, note) => {
        const { annotations } = whole({ note: "n".repeat(note) }, size);
        const bytes = Object.entries(annotations).map(([name, text]) => Buffer.byteLength(name + text));
        expect(bytes.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 20 },
    );
  });
});
