import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { reviewKinds } from "../authz/reviews/reviews.ts";
import { servedGroups } from "../discovery/served.ts";
import { namespaceLikeDefinition, widgetDefinition } from "../discovery/testing/widget.ts";
import type { BytesResponse } from "../http/api-request.ts";
import { parseQuery } from "../http/api-request.ts";
import { definitionName } from "./names.ts";
import { OpenApi } from "./openapi.ts";

const receivedAt = new Date("2026-03-01T00:00:00Z");

function openApi(): OpenApi {
  const reviews = reviewKinds({
    authorizer: { authorize: () => ({ decision: "NoOpinion", reason: "" }) },
    rules: { rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }) },
    now: () => receivedAt,
  }).map(({ definition }) => definition);
  return new OpenApi(servedGroups([widgetDefinition(), namespaceLikeDefinition(), ...reviews]), {
    info: { title: "Test", version: "v1" },
    since: new Date("2026-01-01T00:00:00Z"),
  });
}

function get(path: string, headers: Readonly<Record<string, string>> = {}, query = ""): BytesResponse {
  return openApi().serve({
    path,
    query: parseQuery(query),
    header: (name) => headers[name.toLowerCase()],
    receivedAt,
  });
}

const json = (response: BytesResponse): JsonObject => JSON.parse(String(response.body)) as JsonObject;
const widgetPath = "/openapi/v3/apis/lab.example.com/v1";
const v3 = (): JsonObject => json(get(widgetPath));
const v2 = (): JsonObject => json(get("/openapi/v2"));
const paths = (document: JsonObject): [string, JsonObject][] =>
  Object.entries(document["paths"] as Record<string, JsonObject>);

const methods = ["get", "put", "post", "delete", "patch"];
const operations = (document: JsonObject): JsonObject[] =>
  paths(document).flatMap(([, path]) =>
    methods.flatMap((method) => (path[method] === undefined ? [] : [path[method] as JsonObject])),
  );

function* nodes(value: JsonValue): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value) yield* nodes(item);
  else if (typeof value === "object" && value !== null) {
    yield value;
    for (const child of Object.values(value)) yield* nodes(child);
  }
}

const documents = (): { name: string; document: JsonObject }[] => [
  { name: "v2", document: v2() },
  ...Object.keys(json(get("/openapi/v3"))["paths"] as JsonObject).map((name) => ({
    name,
    document: json(get(`/openapi/v3/${name}`)),
  })),
];

const referredTo = (document: JsonObject, reference: string): JsonObject =>
  getPath(document, ...reference.slice(2).split("/")) as JsonObject;

describe("every OpenAPI document", () => {
  test.each(documents())("$name has no dangling reference", ({ document }) => {
    const references = [...nodes(document)]
      .map((node) => node["$ref"])
      .filter((ref) => typeof ref === "string");
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      expect(getPath(document, ...reference.slice(2).split("/")), reference).toBeDefined();
    }
  });

  test.each(documents())("$name has unique operation ids, each with its markers", ({ document }) => {
    const all = operations(document);
    const ids = all.map((operation) => operation["operationId"]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const operation of all) {
      expect(operation["x-kubernetes-action"]).toBeTypeOf("string");
      expect(operation["x-kubernetes-group-version-kind"]).toMatchObject({
        kind: expect.any(String) as string,
      });
    }
  });

  test.each(documents())("$name declares every parameter of its paths", ({ document }) => {
    for (const [path, item] of paths(document)) {
      const declared = (item["parameters"] as JsonObject[])
        .map((p) => (typeof p["$ref"] === "string" ? referredTo(document, p["$ref"]) : p))
        .filter((p) => p["in"] === "path")
        .map((p) => p["name"]);
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(declared.sort(), path).toEqual(wanted.sort());
    }
  });

  test("v2 says nothing v2 cannot say", () => {
    for (const node of nodes(v2()["definitions"] ?? null)) {
      expect(Object.keys(node)).not.toEqual(expect.arrayContaining(["nullable"]));
      for (const keyword of ["oneOf", "anyOf", "not", "allOf"]) expect(node[keyword]).toBeUndefined();
      if (node["x-kubernetes-int-or-string"] === true) expect(node["type"]).toBeUndefined();
      if (node["$ref"] !== undefined) expect(Object.keys(node).length).toBeLessThanOrEqual(2);
    }
  });
});

describe("OpenAPI v3", () => {
  test("has the operations of a custom resource under kube-apiserver's ids", () => {
    const ids = operations(v3()).map(
      (operation) => `${operation["x-kubernetes-action"] as string} ${operation["operationId"] as string}`,
    );
    expect(ids.sort()).toEqual([
      "connect connectLabExampleComV1GetNamespacedWidgetManifests",
      "connect connectLabExampleComV1PostNamespacedWidgetReconcile",
      "delete deleteLabExampleComV1NamespacedWidget",
      "deletecollection deleteLabExampleComV1CollectionNamespacedWidget",
      "get readLabExampleComV1NamespacedWidget",
      "get readLabExampleComV1NamespacedWidgetScale",
      "get readLabExampleComV1NamespacedWidgetStatus",
      "list listLabExampleComV1NamespacedWidget",
      "list listLabExampleComV1WidgetForAllNamespaces",
      "patch patchLabExampleComV1NamespacedWidget",
      "patch patchLabExampleComV1NamespacedWidgetScale",
      "patch patchLabExampleComV1NamespacedWidgetStatus",
      "post createLabExampleComV1NamespacedWidget",
      "put replaceLabExampleComV1NamespacedWidget",
      "put replaceLabExampleComV1NamespacedWidgetScale",
      "put replaceLabExampleComV1NamespacedWidgetStatus",
    ]);
  });

  test("names and marks the schemas of a kind", () => {
    const schemas = getPath(v3(), "components", "schemas") as Record<string, JsonObject>;
    const widget = schemas["com.example.lab.v1.Widget"];
    expect(widget).toMatchObject({
      description: "Widget is something to test with",
      "x-kubernetes-group-version-kind": [{ group: "lab.example.com", version: "v1", kind: "Widget" }],
      "x-kubernetes-selectable-fields": [{ fieldPath: "spec.color" }],
      required: ["spec"],
      properties: {
        metadata: {
          description: expect.stringContaining("Standard object's metadata") as string,
          allOf: [{ $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" }],
        },
        spec: {
          properties: {
            port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
            color: { default: "red" },
            template: { required: ["kind", "apiVersion"], properties: { kind: { type: "string" } } },
            items: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
          },
          "x-kubernetes-validations": [{ rule: "!has(self.replicas) || self.replicas < 100" }],
        },
      },
    });
    expect(schemas["com.example.lab.v1.WidgetList"]).toMatchObject({
      required: ["items"],
      "x-kubernetes-group-version-kind": [{ kind: "WidgetList" }],
    });
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(["io.k8s.api.autoscaling.v1.Scale"]));
  });

  test("lets kubectl find out that patch takes fieldValidation, dryRun, fieldManager and force", () => {
    const patch = getPath(
      v3(),
      "paths",
      "/apis/lab.example.com/v1/namespaces/{namespace}/widgets/{name}",
      "patch",
    );
    const names = (getPath(patch, "parameters") as JsonObject[]).map((parameter) => parameter["name"]);
    expect(names).toEqual(["dryRun", "fieldManager", "fieldValidation", "force"]);
    expect(Object.keys(getPath(patch, "requestBody", "content") as JsonObject).sort()).toEqual([
      "application/apply-patch+yaml",
      "application/json-patch+json",
      "application/merge-patch+json",
    ]);
  });

  test("indexes the documents by hash and keeps what is asked by its hash for ever", () => {
    const index = json(get("/openapi/v3"))["paths"] as Record<string, JsonObject>;
    expect(Object.keys(index)).toEqual([
      "api/v1",
      "apis/authentication.k8s.io/v1",
      "apis/authorization.k8s.io/v1",
      "apis/lab.example.com/v1",
      "apis/lab.example.com/v1beta1",
    ]);
    const url = index["apis/lab.example.com/v1"]?.["serverRelativeURL"] as string;
    const [, hash = ""] =
      /^\/openapi\/v3\/apis\/lab\.example\.com\/v1\?hash=([0-9A-F]{128})$/.exec(url) ?? [];
    const named = get(widgetPath, {}, `hash=${hash}`);
    expect(named.status).toBe(200);
    expect(named.headers).toMatchObject({
      ETag: `"${hash}"`,
      Vary: "Accept",
      "Cache-Control": "public, immutable",
      Expires: "Mon, 01 Mar 2027 00:00:00 GMT",
      "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    });
    expect(get(widgetPath, {}, "hash=ABC")).toMatchObject({ status: 301, headers: { Location: url } });
    expect(get(widgetPath, { "if-none-match": `"${hash}"` })).toMatchObject({ status: 304, body: "" });
    expect(get(widgetPath).headers["Cache-Control"]).toBeUndefined();
  });

  test("answers an old hash with the document of now where the client cannot be redirected", () => {
    const isProxied = true;
    const answer = openApi().serve({
      path: widgetPath,
      query: parseQuery("hash=ABC"),
      header: () => undefined,
      receivedAt,
      isProxied,
    });
    expect(answer).toEqual(get(widgetPath));
  });

  test("answers 406 when JSON is not wanted and takes it when it is", () => {
    expect(
      get(widgetPath, { accept: "application/com.github.proto-openapi.spec.v3.v1.0+protobuf" }).status,
    ).toBe(406);
    expect(
      get(widgetPath, { accept: "application/com.github.proto-openapi.spec.v3.v1.0+protobuf, */*" }).status,
    ).toBe(200);
  });

  test("has no documents of versions that are not served", () => {
    expect(get("/openapi/v3/apis/lab.example.com/v1alpha1")).toMatchObject({ status: 404, body: "" });
  });

  test("offers only creation for reviews, and strategic merge for built-in kinds", () => {
    const reviews = operations(json(get("/openapi/v3/apis/authorization.k8s.io/v1"))).map(
      (o) => o["operationId"],
    );
    expect(reviews).toContain("createAuthorizationV1SelfSubjectAccessReview");
    expect(reviews).toContain("createAuthorizationV1NamespacedLocalSubjectAccessReview");
    expect(reviews).toHaveLength(4);
    const core = json(get("/openapi/v3/api/v1"));
    expect(
      getPath(
        core,
        "paths",
        "/api/v1/namespaces/{name}",
        "patch",
        "requestBody",
        "content",
        "application/strategic-merge-patch+json",
      ),
    ).toBeDefined();
    expect(getPath(core, "paths", "/api/v1/namespaces", "delete")).toBeUndefined();
  });
});

describe("OpenAPI v2", () => {
  test("narrows what v2 cannot say", () => {
    const widget = getPath(
      v2(),
      "definitions",
      "com.example.lab.v1.Widget",
      "properties",
      "spec",
      "properties",
    );
    expect(widget).toMatchObject({
      color: { type: "string", enum: ["red", "green"] },
      port: { "x-kubernetes-int-or-string": true },
      free: { "x-kubernetes-preserve-unknown-fields": true },
    });
    expect(getPath(widget, "free", "type")).toBeUndefined();
    expect(getPath(widget, "note", "type")).toBeUndefined();
    expect(getPath(widget, "color", "default")).toBeUndefined();
  });

  test("leaves a kind that takes anything without declared fields", () => {
    const [version] = widgetDefinition().versions;
    const open = widgetDefinition({
      versions: [{ ...version!, schema: { type: "object", preserveUnknownFields: true } }],
    });
    const document = json(
      new OpenApi(servedGroups([open]), { info: { title: "", version: "" }, since: receivedAt }).serve({
        path: "/openapi/v2",
        query: parseQuery(""),
        header: () => undefined,
        receivedAt,
      }),
    );
    expect(getPath(document, "definitions", "com.example.lab.v1.Widget", "properties")).toBeUndefined();
  });

  test("answers 304 to who has it", () => {
    const etag = get("/openapi/v2").headers["ETag"] ?? "";
    expect(get("/openapi/v2", { "if-none-match": etag }).status).toBe(304);
  });
});

test.each([
  [{ group: "", version: "v1", kind: "Secret" }, "io.k8s.api.core.v1.Secret"],
  [{ group: "apps", version: "v1", kind: "Deployment" }, "io.k8s.api.apps.v1.Deployment"],
  [{ group: "rbac.authorization.k8s.io", version: "v1", kind: "Role" }, "io.k8s.api.rbac.v1.Role"],
  [
    { group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute" },
    "io.k8s.networking.gateway.v1.HTTPRoute",
  ],
])("names the definition of %o %s", (gvk, name) => {
  expect(definitionName(gvk)).toBe(name);
});
