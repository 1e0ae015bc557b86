/** An explicit false or zero is a value of its own: whoever writes it, in whichever version, gets it back. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Transport } from "../../../cluster/transport.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import { clientFor } from "../../support/client.ts";
import { eventually } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;
let http: ReturnType<typeof clientFor>;

beforeAll(async () => {
  server = await startStandalone({ flags: ["--simulator"] });
  http = clientFor(server.kubeconfig);
});
afterAll(async () => {
  await http.close();
  await server.stop();
  removeDirectory(server.dataDir);
});

const versions = ["v1alpha2", "v1alpha1"] as const;
type Version = (typeof versions)[number];

interface Field {
  readonly name: string;
  readonly at: Readonly<Record<Version, readonly string[]>>;
  readonly value: false | 0;
  readonly opposite: JsonValue;
  readonly provider?: JsonObject;
}

const same = (...path: string[]): Field["at"] => ({ v1alpha2: path, v1alpha1: path });

const fields: readonly Field[] = [
  {
    name: "replicas",
    at: { v1alpha2: ["serving", "replicas"], v1alpha1: ["scaling", "replicas"] },
    value: 0,
    opposite: 2,
  },
  {
    name: "enablePrefixCaching",
    at: same("engine", "enablePrefixCaching"),
    value: false,
    opposite: true,
  },
  { name: "trustRemoteCode", at: same("engine", "trustRemoteCode"), value: false, opposite: true },
  { name: "enforceEager", at: same("engine", "enforceEager"), value: false, opposite: true },
  {
    name: "gateway.enabled",
    at: { v1alpha2: ["networking", "gateway", "enabled"], v1alpha1: ["gateway", "enabled"] },
    value: false,
    opposite: true,
  },
  {
    name: "gpu.count",
    at: {
      v1alpha2: ["serving", "resources", "gpu", "count"],
      v1alpha1: ["resources", "gpu", "count"],
    },
    value: 0,
    opposite: 1,
    provider: { engine: { type: "llamacpp", image: "runner:1" }, provider: { name: "kaito" } },
  },
];

/** `{a: {b: value}}` for the path a, b. */
const nested = (path: readonly string[], value: JsonValue): JsonObject =>
  path.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value) as JsonObject;

function merged(a: JsonObject, b: JsonObject): JsonObject {
  const out: JsonObject = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const old = out[key];
    const isBoth = typeof old === "object" && typeof value === "object" && old !== null && value !== null;
    out[key] = isBoth ? merged(old as JsonObject, value as JsonObject) : value;
  }
  return out;
}

const deployment = (field: Field, version: Version, name: string, value: JsonValue): JsonObject => ({
  apiVersion: `hawsepipe.dev/${version}`,
  kind: "ModelDeployment",
  metadata: { name, namespace: "default" },
  spec: merged(
    {
      model: { id: "org/m" },
      ...(field.provider ?? { engine: { type: "vllm" }, provider: { name: "vllm" } }),
    },
    nested(field.at[version], value),
  ),
});

const collection = (version: Version): string =>
  `/apis/hawsepipe.dev/${version}/namespaces/default/modeldeployments`;

async function send(
  method: Parameters<Transport["request"]>[0]["method"],
  path: string,
  body?: JsonValue,
  type = "application/json",
): Promise<JsonObject> {
  const response = await http.transport.request({
    method,
    path,
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (response.status >= 300) throw new Error(`${method} ${path}: ${text}`);
  return JSON.parse(text) as JsonObject;
}

const mergePatch = "application/merge-patch+json";
const applyPatch = "application/apply-patch+yaml";

interface Way {
  readonly name: string;
  readonly version: Version;
  /** Whether the object is there before, with the opposite value. */
  readonly isChange: boolean;
  readonly only?: string;
  write(at: { field: Field; name: string; version: Version }): Promise<unknown>;
}

const inBoth = (way: Omit<Way, "version">): Way[] => versions.map((version) => ({ ...way, version }));

const ways: readonly Way[] = [
  ...inBoth({
    name: "create",
    isChange: false,
    write: ({ field, name, version }) =>
      send("POST", collection(version), deployment(field, version, name, field.value)),
  }),
  ...inBoth({
    name: "server-side apply of a new object",
    isChange: false,
    write: ({ field, name, version }) =>
      send(
        "PATCH",
        `${collection(version)}/${name}?fieldManager=a`,
        deployment(field, version, name, field.value),
        applyPatch,
      ),
  }),
  ...inBoth({
    name: "server-side apply over another value",
    isChange: true,
    write: ({ field, name, version }) =>
      send(
        "PATCH",
        `${collection(version)}/${name}?fieldManager=a&force=true`,
        deployment(field, version, name, field.value),
        applyPatch,
      ),
  }),
  ...inBoth({
    name: "merge patch",
    isChange: true,
    write: ({ field, name, version }) =>
      send(
        "PATCH",
        `${collection(version)}/${name}`,
        { spec: nested(field.at[version], field.value) },
        mergePatch,
      ),
  }),
  ...inBoth({
    name: "JSON patch",
    isChange: true,
    write: ({ field, name, version }) =>
      send(
        "PATCH",
        `${collection(version)}/${name}`,
        [{ op: "replace", path: `/spec/${field.at[version].join("/")}`, value: field.value }],
        "application/json-patch+json",
      ),
  }),
  ...inBoth({
    name: "update",
    isChange: true,
    write: async ({ field, name, version }) => {
      const path = `${collection(version)}/${name}`;
      const live = await send("GET", path);
      const spec = merged(live["spec"] as JsonObject, nested(field.at[version], field.value));
      const { resourceVersion: _, ...metadata } = live["metadata"] as JsonObject;
      return send("PUT", path, {
        ...live,
        metadata: { ...metadata, resourceVersion: await current(path) },
        spec,
      });
    },
  }),
  ...inBoth({
    name: "scale",
    isChange: true,
    only: "replicas",
    write: ({ name, version }) =>
      send("PATCH", `${collection(version)}/${name}/scale`, { spec: { replicas: 0 } }, mergePatch),
  }),
];

/** The reconciler writes status meanwhile; the newest version is the one to replace. */
async function current(path: string): Promise<JsonValue> {
  return getPath(await send("GET", path), "metadata", "resourceVersion") ?? "";
}

const rows = ways.flatMap((way) =>
  fields
    .filter(({ name }) => way.only === undefined || way.only === name)
    .map((field) => ({ way, field, what: `${way.name} in ${way.version}: ${field.name}` })),
);

describe("an explicit false or zero stays", () => {
  test.concurrent.each(rows.map((row, i) => ({ ...row, name: `m${String(i)}` })))(
    "$what",
    async ({ way, field, name }) => {
      const { version } = way;
      if (way.isChange) {
        await send("POST", collection(version), deployment(field, version, name, field.opposite));
      }
      await eventually("a write that meets no other", async () => {
        await way.write({ field, name, version });
        return true;
      });
      const values = async (): Promise<unknown[]> =>
        Promise.all(
          versions.map(async (each) =>
            getPath(await send("GET", `${collection(each)}/${name}`), "spec", ...field.at[each]),
          ),
        );
      expect(await values()).toEqual([field.value, field.value]);

      await eventually("the reconciler's word", async () => {
        const { metadata, status } = await send("GET", `${collection("v1alpha2")}/${name}`);
        const generation = getPath(metadata, "generation");
        return getPath(status ?? {}, "observedGeneration") === generation || undefined;
      });
      const other = { metadata: { labels: { touched: "yes" } }, spec: { model: { servedName: "s" } } };
      await send("PATCH", `${collection("v1alpha1")}/${name}`, other, mergePatch);
      await send("PATCH", `${collection("v1alpha2")}/${name}`, other, mergePatch);
      expect(await values()).toEqual([field.value, field.value]);
    },
  );

  test("and reaches what is rendered", async () => {
    const field = fields.find(({ name }) => name === "enablePrefixCaching") as Field;
    const body = deployment(field, "v1alpha1", "rendered", false);
    (body["spec"] as JsonObject)["scaling"] = { replicas: 0 };
    await send("POST", collection("v1alpha1"), body);
    const live = await eventually("the Deployment", () =>
      send("GET", "/apis/apps/v1/namespaces/default/deployments/rendered"),
    );
    expect(getPath(live, "spec", "replicas")).toBe(0);
    expect(JSON.stringify(live["spec"])).toContain("--no-enable-prefix-caching");
  });
});
