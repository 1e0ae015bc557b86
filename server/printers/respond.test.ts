import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Answer, Rig } from "../testing/rig.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";
import { decodeProtobuf } from "../protobuf/decode.ts";
import { readEnvelope, writeEnvelope } from "../protobuf/envelope.ts";
import { bytesOf, readFields } from "../protobuf/reader.ts";
import { humanDuration } from "./age.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const uid = "00000000-0000-4000-8000-000000000003";
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  const metadata = { name: "fw", labels: { "10": "b", "2": "a" }, finalizers: ["a.io/b"] };
  await rig.call("POST", `${widgets}?fieldManager=seed`, {
    body: aWidget("fw", { metadata, spec: { tags: ["a", "b"] } }),
  });
});
afterEach(async () => {
  await rig.close();
});

const get = (path: string, accept?: string): Promise<Answer> =>
  rig.call("GET", `${widgets}${path}`, accept === undefined ? {} : { accept });

/** A ConfigMap without data has the shape of metadata alone. */
const metadataOf = (raw: Buffer): unknown =>
  decodeProtobuf(writeEnvelope({ apiVersion: "v1", kind: "ConfigMap", raw }))?.["metadata"];

const metadata = `"metadata":{"name":"fw","namespace":"default","uid":"${uid}","resourceVersion":"4","generation":1,"creationTimestamp":"2026-01-02T03:04:05Z","labels":{"10":"b","2":"a"},"finalizers":["a.io/b"],"managedFields":[{"manager":"seed","operation":"Update","apiVersion":"lab.example.com/v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:finalizers":{".":{},"v:\\"a.io/b\\"":{}},"f:labels":{".":{},"f:10":{},"f:2":{}}},"f:spec":{".":{},"f:color":{},"f:enabled":{},"f:replicas":{},"f:tags":{".":{},"v:\\"a\\"":{},"v:\\"b\\"":{}}}}}]}`;

describe("forms of an answer", () => {
  test("PartialObjectMetadata has the order of the Go structs", async () => {
    expect((await get("/fw", partial)).text).toBe(
      `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",${metadata}}\n`,
    );
    expect((await get("", partial.replace("PartialObjectMetadata", "PartialObjectMetadataList"))).text).toBe(
      `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"4"},"items":[{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",${metadata}}]}\n`,
    );
  });

  test.each([
    { kind: "PartialObjectMetadata", path: "/fw" },
    { kind: "PartialObjectMetadataList", path: "" },
  ])("$kind says in protobuf what it says in JSON", async ({ kind, path }) => {
    const accept = partial.replace("PartialObjectMetadata", kind);
    const { bytes, headers } = await get(path, accept.replace("json", "vnd.kubernetes.protobuf"));
    expect(headers["Content-Type"]).toBe("application/vnd.kubernetes.protobuf");
    const { raw, ...type } = readEnvelope(bytes);
    expect(type).toEqual({ apiVersion: "meta.k8s.io/v1", kind });
    const fields = [...readFields(raw)];
    const item = kind === "PartialObjectMetadata" ? raw : bytesOf(fields[1]!);
    expect(metadataOf(item)).toEqual((await get("/fw", partial)).json["metadata"]);
    expect(fields.map(({ number }) => number)).toEqual(kind === "PartialObjectMetadata" ? [1] : [1, 2]);
  });

  test("an object that is gone is a Status in protobuf for who asked for metadata in it", async () => {
    const accept = partial.replace("json", "vnd.kubernetes.protobuf");
    await rig.call("PATCH", `${widgets}/fw`, {
      body: { metadata: { finalizers: null } },
      type: "application/merge-patch+json",
    });
    const { bytes, status } = await rig.call("DELETE", `${widgets}/fw`, { accept });
    expect(status).toBe(200);
    expect(readEnvelope(bytes)).toMatchObject({ apiVersion: "v1", kind: "Status" });
    expect(bytes.toString()).toContain("Success");
  });

  test("a Table has columns, cells and metadata rows; ages grow", async () => {
    await rig.clock.advance(29 * 60_000);
    const { text, json } = await get("", table);
    expect(text).toContain(
      '{"name":"Color","type":"string","format":"","description":"paint","priority":0},{"name":"Replicas","type":"integer","format":"","description":"Custom resource definition column (in JSONPath format): .spec.replicas","priority":0}',
    );
    expect(text).toMatch(
      /^\{"kind":"Table","apiVersion":"meta\.k8s\.io\/v1","metadata":\{"resourceVersion":"4"\},"columnDefinitions":\[\{"name":"Name","type":"string","format":"name",/,
    );
    expect(text).toContain(
      `"rows":[{"cells":["fw","red",1,"[\\"a\\",\\"b\\"]","29m"],"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",${metadata}}}]}\n`,
    );
    await rig.clock.advance(2 * 60 * 60_000);
    const later = (await get("/fw", table)).json;
    expect((later["rows"] as JsonObject[])[0]?.["cells"]).toEqual(["fw", "red", 1, '["a","b"]', "149m"]);
    expect(json["kind"]).toBe("Table");
  });

  test("a Table carries what includeObject asks for", async () => {
    const row = async (query: string): Promise<unknown> =>
      ((await get(query, table)).json["rows"] as JsonObject[])[0]?.["object"];
    expect(await row("?includeObject=None")).toBeNull();
    expect(await row("/fw?includeObject=Object")).toEqual((await get("/fw")).json);
    expect((await get("?includeObject=Foo", table)).json["message"]).toBe(
      "Unable to convert to Table as requested: includeObject: Invalid value: \"Foo\": must be 'Metadata', 'Object', 'None', or empty",
    );
  });

  test("an empty Table has no rows", async () => {
    expect((await get("?labelSelector=x", table)).text).toMatch(/"rows":\[\]\}\n$/);
  });

  test("YAML and indented JSON say the same", async () => {
    const yaml = await get("/fw", "application/yaml");
    expect(yaml.headers["Content-Type"]).toBe("application/yaml");
    expect(yaml.text).toContain("spec:\n  color: red\n  enabled: true\n");
    const pretty = await get("/fw?pretty=1");
    expect(pretty.text).toMatch(/^\{\n {2}"apiVersion": "lab\.example\.com\/v1",\n/);
    expect(pretty.text.endsWith("}")).toBe(true);
    expect(pretty.text).toContain('"labels": {\n      "10": "b",\n      "2": "a"\n    }');
    expect(pretty.json).toEqual((await get("/fw")).json);
  });

  test("a deprecated version warns and speaks for itself", async () => {
    const answer = await rig.call("GET", `${widgets.replace("v1", "v1beta1")}/fw`);
    expect(answer.json["apiVersion"]).toBe("lab.example.com/v1beta1");
    expect(answer.warnings).toEqual([
      "lab.example.com/v1beta1 Widget is deprecated; use lab.example.com/v1 Widget",
    ]);
  });

  test.each([
    { path: "/apis/lab.example.com/v1/gadgets" },
    { path: "/apis/lab.example.com/v9/namespaces/default/widgets" },
    { path: "/apis/lab.example.com/v1/widgets/fw" },
    { path: "/api/v1/namespaces/default/namespaces" },
    { path: "/api/v1/namespaces/default/status/more" },
  ])("$path is nothing", async ({ path }) => {
    const answer = await rig.call("GET", path);
    expect([answer.status, answer.text]).toEqual([404, "404 page not found\n"]);
  });
});

test.each<[number, string]>([
  [-5_000, "<invalid>"],
  [-1_000, "0s"],
  [0, "0s"],
  [119_000, "119s"],
  [120_000, "2m"],
  [125_000, "2m5s"],
  [599_000, "9m59s"],
  [600_000, "10m"],
  [179 * 60_000, "179m"],
  [180 * 60_000, "3h"],
  [(7 * 60 + 59) * 60_000, "7h59m"],
  [8 * 3_600_000, "8h"],
  [47 * 3_600_000, "47h"],
  [48 * 3_600_000, "2d"],
  [49 * 3_600_000, "2d1h"],
  [8 * 24 * 3_600_000, "8d"],
  [(2 * 365 - 1) * 24 * 3_600_000, "729d"],
  [2 * 365 * 24 * 3_600_000, "2y"],
  [(2 * 365 + 11) * 24 * 3_600_000, "2y11d"],
  [8 * 365 * 24 * 3_600_000, "8y"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text);
});
