import { describe, expect, test } from "vitest";
import { parseQuery } from "./query.ts";
import { isLongRunning, resolveRequestInfo } from "./request-info.ts";

/** verb, group, version, namespace, resource, subresource, name; undefined is no resource request. */
type Short = string | undefined;

function short(method: string, url: string): Short {
  const [path = "", query = ""] = url.split("?");
  const info = resolveRequestInfo(method, path, parseQuery(query));
  if (!info.isResourceRequest) return undefined;
  const { verb, group, version, namespace, resource, subresource, name } = info;
  return [verb, group, version, namespace, resource, subresource, name].join("|");
}

describe("the request info of a path", () => {
  test.each<[string, string, Short]>([
    ["GET", "/api/v1/namespaces", "list||v1||namespaces||"],
    ["GET", "/api/v1/namespaces/other", "get||v1|other|namespaces||other"],
    ["GET", "/api/v1/namespaces/other/pods", "list||v1|other|pods||"],
    ["GET", "/api/v1/namespaces/other/pods/", "list||v1|other|pods||"],
    ["HEAD", "/api/v1/namespaces/other/pods", "list||v1|other|pods||"],
    ["GET", "/api/v1/namespaces/other/pods/foo", "get||v1|other|pods||foo"],
    ["GET", "/api/v1/namespaces/other/pods/foo/status", "get||v1|other|pods|status|foo"],
    ["GET", "/api/v1/pods", "list||v1||pods||"],
    ["PUT", "/api/v1/namespaces/other/status", "update||v1|other|namespaces|status|other"],
    ["PUT", "/api/v1/namespaces/other/finalize", "update||v1|other|namespaces|finalize|other"],
    ["POST", "/api/v1/namespaces/other/pods", "create||v1|other|pods||"],
    ["POST", "/api/v1/namespaces/other/pods/foo", "create||v1|other|pods||foo"],
    ["PATCH", "/apis/a.b/v1/namespaces/other/things/foo", "patch|a.b|v1|other|things||foo"],
    ["DELETE", "/apis/a.b/v1/namespaces/other/things", "deletecollection|a.b|v1|other|things||"],
    ["DELETE", "/apis/a.b/v1/things/foo", "delete|a.b|v1||things||foo"],
    ["OPTIONS", "/apis/a.b/v1/things/foo", "|a.b|v1||things||foo"],
    ["GET", "/api/v1/pods?watch", "watch||v1||pods||"],
    ["GET", "/api/v1/pods?watch=false", "list||v1||pods||"],
    ["GET", "/api/v1/namespaces/other/pods/foo?watch=1", "get||v1|other|pods||foo"],
    ["GET", "/api/v1/watch/namespaces/other/pods", "watch||v1|other|pods||"],
    ["GET", "/api/v1/watch/namespaces/other/pods/foo", "watch||v1|other|pods||foo"],
    ["GET", "/api/v1/pods?fieldSelector=metadata.name%3Dfoo", "list||v1||pods||foo"],
    ["GET", "/api/v1/pods?watch=1&fieldSelector=a%3Db,metadata.name%3Dfoo", "watch||v1||pods||foo"],
    ["GET", "/api/v1/pods?fieldSelector=metadata.name!%3Dfoo", "list||v1||pods||"],
    ["GET", "/api/v1/pods?fieldSelector=metadata.name%3Da%252Fb", "list||v1||pods||"],
    ["GET", "/api/v1/pods?limit=x&fieldSelector=metadata.name%3Dfoo", "list||v1||pods||"],
    ["DELETE", "/api/v1/pods?fieldSelector=metadata.name%3Dfoo", "deletecollection||v1||pods||"],
    ["GET", "/api/v1", undefined],
    ["GET", "/api", undefined],
    ["GET", "/apis/a.b/v1", undefined],
    ["GET", "/apis/a.b", undefined],
    ["GET", "/", undefined],
    ["GET", "/openapi/v3/apis/a.b/v1", undefined],
    ["GET", "/healthz", undefined],
  ])("%s %s", (method, url, want) => {
    expect(short(method, url)).toBe(want);
  });

  test("a path that is no resource has the method as its verb", () => {
    expect(resolveRequestInfo("POST", "/version", parseQuery(""))).toMatchObject({
      verb: "post",
      path: "/version",
    });
  });

  test("selectors are passed on where they select", () => {
    const query = parseQuery("labelSelector=a%3Db&fieldSelector=x%3Dy");
    expect(resolveRequestInfo("GET", "/api/v1/pods", query)).toMatchObject({
      labelSelector: "a=b",
      fieldSelector: "x=y",
    });
    expect(resolveRequestInfo("GET", "/api/v1/namespaces/x/pods/y", query)).not.toHaveProperty(
      "labelSelector",
    );
    expect(resolveRequestInfo("GET", "/api/v1/watch/pods", query)).not.toHaveProperty("fieldSelector");
  });

  test("a watch prefix without anything behind it cannot be read", () => {
    expect(() => resolveRequestInfo("GET", "/api/v1/watch", parseQuery(""))).toThrow(
      "unable to determine kind",
    );
  });

  test("only watches last", () => {
    const lasts = (url: string): boolean =>
      isLongRunning(resolveRequestInfo("GET", url, parseQuery("watch=1")));
    expect(["/api/v1/pods", "/api/v1/namespaces/x/pods/y", "/healthz"].map(lasts)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
