import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { BytesResponse } from "../http/api-request.ts";
import { parseQuery } from "../http/api-request.ts";
import { Discovery } from "./discovery.ts";
import { compareVersions } from "./served.ts";
import { namespaceLikeDefinition, widgetDefinition } from "./testing/widget.ts";

const discovery = (): Discovery =>
  new Discovery([widgetDefinition(), namespaceLikeDefinition()], {
    paths: ["/healthz"],
    serverAddress: "127.0.0.1:6443",
  });

function get(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  query = "",
  method = "GET",
): BytesResponse | undefined {
  return discovery().serve({
    method,
    path,
    query: parseQuery(query),
    header: (name) => headers[name.toLowerCase()],
  });
}

const json = (response: BytesResponse | undefined): JsonObject =>
  JSON.parse(String(response?.body)) as JsonObject;

const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

describe("discovery", () => {
  test("lists the resources of a version, its subresources after them, byte for byte", () => {
    const verbs = '["delete","deletecollection","get","list","patch","create","update","watch"]';
    const change = '["get","patch","update"]';
    const hash = createHash("sha256")
      .update("lab.example.com/v1/Widget")
      .digest()
      .subarray(0, 8)
      .toString("base64");
    expect(String(get("/apis/lab.example.com/v1")?.body)).toBe(
      '{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"lab.example.com/v1","resources":[' +
        `{"name":"widgets","singularName":"widget","namespaced":true,"kind":"Widget","verbs":${verbs},` +
        `"shortNames":["wd"],"categories":["all","lab"],"storageVersionHash":"${hash}"},` +
        `{"name":"widgets/status","singularName":"","namespaced":true,"kind":"Widget","verbs":${change}},` +
        `{"name":"widgets/scale","singularName":"","namespaced":true,"group":"autoscaling","version":"v1","kind":"Scale","verbs":${change}},` +
        '{"name":"widgets/manifests","singularName":"","namespaced":true,"kind":"WidgetManifests","verbs":["get"]},' +
        '{"name":"widgets/reconcile","singularName":"","namespaced":true,"kind":"WidgetReconcile","verbs":["create"]}]}\n',
    );
  });

  test("gives the hash of the version that is stored, whichever is asked", () => {
    const hashes = ["v1", "v1beta1"].map((version) => {
      const [first] = json(get(`/apis/lab.example.com/${version}`))["resources"] as JsonObject[];
      return first?.["storageVersionHash"];
    });
    expect(hashes[0]).toMatch(/^[A-Za-z0-9+/]{11}=$/);
    expect(hashes[1]).toBe(hashes[0]);
  });

  test("knows the storage version hashes of Kubernetes", () => {
    const configMap = {
      ...namespaceLikeDefinition(),
      kind: "ConfigMap",
      plural: "configmaps",
      singular: "configmap",
    };
    const [first] = json(
      new Discovery([configMap]).serve({
        method: "GET",
        path: "/api/v1",
        query: parseQuery(""),
        header: () => undefined,
      }),
    )["resources"] as JsonObject[];
    expect(first?.["storageVersionHash"]).toBe("qFsyl6wFWjQ=");
  });

  test.each([
    {
      path: "/apis",
      body: '{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"lab.example.com","versions":[{"groupVersion":"lab.example.com/v1","version":"v1"},{"groupVersion":"lab.example.com/v1beta1","version":"v1beta1"}],"preferredVersion":{"groupVersion":"lab.example.com/v1","version":"v1"}}]}\n',
    },
    {
      path: "/apis/lab.example.com/",
      body: '{"kind":"APIGroup","apiVersion":"v1","name":"lab.example.com","versions":[{"groupVersion":"lab.example.com/v1","version":"v1"},{"groupVersion":"lab.example.com/v1beta1","version":"v1beta1"}],"preferredVersion":{"groupVersion":"lab.example.com/v1","version":"v1"}}\n',
    },
    {
      path: "/api",
      body: '{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":"127.0.0.1:6443"}]}\n',
    },
    {
      path: "/",
      body: JSON.stringify(
        {
          paths: [
            "/api",
            "/api/v1",
            "/apis",
            "/apis/lab.example.com",
            "/apis/lab.example.com/v1",
            "/apis/lab.example.com/v1beta1",
            "/healthz",
          ],
        },
        null,
        2,
      ),
    },
  ])("answers $path with its document", ({ path, body }) => {
    const response = get(path);
    expect(response?.headers["Content-Type"]).toBe("application/json");
    expect(String(response?.body)).toBe(body);
  });

  test.each(["/api", "/api/v1"])("refuses to change %s", (path) => {
    expect(() => get(path, {}, "", "DELETE")).toThrow(
      "the server does not allow this method on the requested resource",
    );
  });

  test.each(["/apis", "/apis/lab.example.com", "/apis/lab.example.com/v1"])(
    "answers any method for %s, as kube-apiserver does where kinds are custom",
    (path) => {
      expect(get(path, {}, "", "DELETE")?.status).toBe(200);
    },
  );

  test("tells nothing about groups and versions that are not served", () => {
    expect(get("/apis/lab.example.com/v1alpha1")).toBeUndefined();
    expect(get("/apis/other.example.com")).toBeUndefined();
    expect(discovery().has("/apis/lab.example.com/v1/widgets")).toBe(false);
  });

  test("lists the core group without an apiVersion, as kube-apiserver does", () => {
    expect(String(get("/api/v1")?.body)).toMatch(
      /^\{"kind":"APIResourceList","groupVersion":"v1","resources":\[/,
    );
  });

  test.each(["v2", "v2beta1"])("aggregates everything in %s for who asks", (version) => {
    const response = get("/apis", { accept: `${aggregated(version)},application/json;q=0.9` });
    expect(response?.headers["Content-Type"]).toBe(aggregated(version));
    const document = json(response);
    expect(document["apiVersion"]).toBe(`apidiscovery.k8s.io/${version}`);
    const [group] = document["items"] as JsonObject[];
    expect(group?.["metadata"]).toEqual({ name: "lab.example.com" });
    const [v1, v1beta1] = group?.["versions"] as JsonObject[];
    expect(v1beta1?.["version"]).toBe("v1beta1");
    expect(v1).toMatchObject({ version: "v1", freshness: "Current" });
    const own = { group: "lab.example.com", version: "v1", kind: "Widget" };
    expect((v1?.["resources"] as JsonObject[])[0]).toEqual({
      resource: "widgets",
      responseKind: own,
      scope: "Namespaced",
      singularResource: "widget",
      verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
      shortNames: ["wd"],
      categories: ["all", "lab"],
      subresources: [
        { subresource: "status", responseKind: own, verbs: ["get", "patch", "update"] },
        {
          subresource: "scale",
          responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
          verbs: ["get", "patch", "update"],
        },
        { subresource: "manifests", responseKind: { ...own, kind: "WidgetManifests" }, verbs: ["get"] },
        { subresource: "reconcile", responseKind: { ...own, kind: "WidgetReconcile" }, verbs: ["create"] },
      ],
    });
  });

  test("falls through protobuf to the JSON clause", () => {
    const protobuf =
      "application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const response = get("/apis", { accept: `${protobuf},${aggregated("v2")},application/json` });
    expect(response?.headers["Content-Type"]).toBe(aggregated("v2"));
    const plain = get("/apis/lab.example.com/v1", {
      accept: "application/vnd.kubernetes.protobuf,application/json",
    });
    expect(plain?.headers["Content-Type"]).toBe("application/json");
  });

  test("answers 304 without a body while the aggregated document is the same", () => {
    const first = get("/apis", { accept: aggregated("v2") });
    const etag = first?.headers["ETag"] ?? "";
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
    expect(first?.headers).toMatchObject({ Vary: "Accept", "Cache-Control": "public" });
    const second = get("/apis", { accept: aggregated("v2"), "if-none-match": etag });
    expect(second).toMatchObject({ status: 304, body: "" });
    const other = new Discovery([widgetDefinition({ shortNames: ["other"] })]).serve({
      method: "GET",
      path: "/apis",
      query: parseQuery(""),
      header: (name) => ({ accept: aggregated("v2"), "if-none-match": etag })[name],
    });
    expect(other?.status).toBe(200);
    expect(other?.headers["ETag"]).not.toBe(etag);
  });

  test("refuses with 406 what it cannot write", () => {
    expect(() => get("/apis/lab.example.com/v1", { accept: "application/vnd.kubernetes.protobuf" })).toThrow(
      /only the following media types are accepted/,
    );
  });

  test("indents for people", () => {
    expect(String(get("/api", { "user-agent": "curl/8.0" })?.body)).toMatch(
      /^\{\n {2}"kind": "APIVersions",\n/,
    );
    expect(String(get("/api", {}, "pretty=true")?.body)).toMatch(/^\{\n/);
    expect(String(get("/api", { "user-agent": "curl/8.0" }, "pretty=false")?.body)).toMatch(/^\{"kind"/);
  });

  test("orders versions as Kubernetes does", () => {
    const versions = [
      "foo10",
      "v1alpha1",
      "v10",
      "v2",
      "v11beta2",
      "v3beta1",
      "v12alpha1",
      "v10beta3",
      "foo1",
      "v11alpha2",
      "v1",
    ];
    expect(versions.sort(compareVersions)).toEqual([
      "v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "v1alpha1", "foo1", "foo10",
    ]); // prettier-ignore
  });
});
