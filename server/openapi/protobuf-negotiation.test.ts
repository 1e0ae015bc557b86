import { describe, expect, test } from "vitest";
import { decodeStored } from "../../machinery/json/decode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { servedGroups } from "../discovery/served.ts";
import { widgetDefinition } from "../discovery/testing/widget.ts";
import type { BytesResponse } from "../http/api-request.ts";
import { parseQuery } from "../http/api-request.ts";
import { OpenApi } from "./openapi.ts";
import { openApiV2Protobuf } from "./protobuf.ts";

const openApi = new OpenApi(servedGroups([widgetDefinition()]), {
  info: { title: "Test", version: "v1" },
  since: new Date("2026-01-01T00:00:00Z"),
});

function get(headers: Readonly<Record<string, string>>, path = "/openapi/v2"): BytesResponse {
  return openApi.serve({
    path,
    query: parseQuery(""),
    header: (name) => headers[name.toLowerCase()],
    receivedAt: new Date("2026-03-01T00:00:00Z"),
  });
}

const json = "application/json";
const kubectls = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

describe("/openapi/v2", () => {
  test.each([
    { accept: "", type: json },
    { accept: "*/*", type: json },
    { accept: "application/*", type: json },
    { accept: json, type: json },
    { accept: kubectls, type: protobuf },
    { accept: protobuf, type: protobuf },
    { accept: `${json}, ${kubectls}`, type: json },
    { accept: `${kubectls}, ${json}`, type: protobuf },
    { accept: `${json};q=0.5, ${kubectls}`, type: protobuf },
    { accept: `${kubectls};q=0.5, ${json};q=0.9`, type: json },
    { accept: `*/*;q=0.1, ${protobuf}`, type: protobuf },
    { accept: `application/yaml, ${kubectls}`, type: protobuf },
  ])("answers Accept: $accept with $type", ({ accept, type }) => {
    const { status, headers } = get({ accept });
    expect([status, headers["Content-Type"], headers["Vary"]]).toEqual([
      200,
      type,
      "Accept-Encoding, Accept",
    ]);
  });

  test.each(["application/yaml", "application/vnd.kubernetes.protobuf", `${kubectls};q=0`])(
    "refuses Accept: %s",
    (accept) => {
      expect(get({ accept })).toMatchObject({ status: 406, headers: { Vary: "Accept-Encoding, Accept" } });
    },
  );

  test("is the same document in both forms", () => {
    const document = decodeStored(get({ accept: json }).body as Buffer) as JsonObject;
    expect(get({ accept: kubectls }).body).toEqual(openApiV2Protobuf(document));
  });

  test("is built once", () => {
    expect(get({ accept: kubectls }).body).toBe(get({ accept: protobuf }).body);
  });

  test("has one ETag for both forms, and none is sent again to a client that has it", () => {
    const tag = get({ accept: kubectls }).headers["ETag"] ?? "";
    expect(tag).toBe(get({ accept: json }).headers["ETag"]);
    expect(tag).toMatch(/^"[0-9A-F]{128}"$/);
    const again = get({ accept: kubectls, "if-none-match": tag });
    expect([again.status, again.body, again.headers["Content-Type"]]).toEqual([304, "", undefined]);
  });
});

test("/openapi/v3 has no protobuf of version 2", () => {
  expect(get({ accept: kubectls }, "/openapi/v3/apis/lab.example.com/v1").status).toBe(406);
});
