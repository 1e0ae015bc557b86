import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ApiRequest, ApiResponse } from "../http/api-request.ts";
import { parseQuery, resolveRequestInfo } from "../http/api-request.ts";
import { acceptProtobuf } from "./accept-protobuf.ts";

const secret = (
  JSON.parse(readFileSync(join(import.meta.dirname, "testing", "go-objects.json"), "utf8")) as {
    json: { kind: string };
    protobuf: string;
  }[]
).find(({ json }) => json.kind === "Secret");

const query = parseQuery("");
const secrets = "/api/v1/namespaces/ns/secrets";
const widgets = "/apis/example.com/v1/namespaces/ns/widgets";
function request(body: Buffer, contentType: string, warnings: string[] = [], path = secrets): ApiRequest {
  return {
    method: "POST",
    url: path,
    path,
    query,
    header: (name) => ({ "content-type": contentType, accept: "application/json" })[name.toLowerCase()],
    body,
    user: { name: "u", groups: [] },
    info: resolveRequestInfo("POST", path, query),
    auditId: "a",
    signal: new AbortController().signal,
    receivedAt: new Date(0),
    warn: (text) => void warnings.push(text),
    annotate: () => undefined,
  };
}

const seen = async (given: ApiRequest): Promise<ApiRequest> => {
  let at: ApiRequest | undefined;
  const answer: ApiResponse = { status: 200, headers: {}, body: "" };
  await acceptProtobuf(async (inner) => {
    at = inner;
    inner.warn("w");
    return answer;
  })(given);
  if (at === undefined) throw new Error("the handler was not called");
  return at;
};

const bytes = Buffer.from(secret?.protobuf ?? "", "base64");
const type = "application/vnd.kubernetes.protobuf";

test("a built-in kind in protobuf reaches the handler as JSON", async () => {
  const warnings: string[] = [];
  const inner = await seen(request(bytes, `${type}; x=y`, warnings));
  expect(inner.header("Content-Type")).toBe("application/json");
  expect(inner.header("accept")).toBe("application/json");
  expect(JSON.parse(inner.body.toString())).toMatchObject({
    kind: "Secret",
    type: "Opaque",
    data: { k: "AP8B" },
  });
  expect(warnings).toEqual(["w"]);
});

test.each<[string, Buffer, string, string?]>([
  ["JSON", Buffer.from("{}"), "application/json"],
  ["another kind in protobuf", Buffer.from("k8s\0\x0a\x0b\x0a\x03a/b\x12\x04Else", "latin1"), type],
  ["an empty body", Buffer.alloc(0), type],
  ["a built-in kind where a custom one is wanted", bytes, type, widgets],
  ["what is no protobuf where a custom kind is wanted", Buffer.from("{}"), type, widgets],
])("%s passes unchanged", async (_says, body, contentType, path = secrets) => {
  const given = request(body, contentType, [], path);
  expect(await seen(given)).toBe(given);
});

test("what is no protobuf is refused with 400", async () => {
  await expect(seen(request(Buffer.from("{}"), type))).rejects.toMatchObject({
    code: 400,
    reason: "BadRequest",
  });
});
