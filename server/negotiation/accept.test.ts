import { describe, expect, test } from "vitest";
import { toStatus } from "../../api/errors/status.ts";
import { parseQuery } from "../http/query.ts";
import type { NegotiateOptions } from "./accept.ts";
import { checkTransform, negotiate, negotiateError, prefersPretty } from "./accept.ts";
import { bodyMediaType, objectMediaType, patchTypeOf } from "./content-type.ts";

const object: NegotiateOptions = { allowTable: true, allowPartial: true, isWatch: false };
const list = object;
const watch = { ...list, isWatch: true };
const meta = "g=meta.k8s.io;v=v1";
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    const { code, message } = toStatus(error);
    return `${code} ${message ?? ""}`;
  }
  throw new Error("nothing was thrown");
};
const plain406 =
  "406 only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";

describe("the form of an answer", () => {
  test.each<[string | undefined, "json" | "yaml"]>([
    [undefined, "json"],
    ["", "json"],
    ["*/*", "json"],
    ["application/*", "json"],
    ["application/json", "json"],
    ["application/json; charset=utf-8", "json"],
    ["application/yaml", "yaml"],
    ["application/yaml, application/json", "yaml"],
    ["application/yaml;q=0.5, application/json;q=0.6", "json"],
    ["application/json;q=0.1, */*;q=0.1", "json"],
    ["application/vnd.kubernetes.protobuf, application/json", "json"],
    ["application/vnd.kubernetes.protobuf, */*", "json"],
    ["application/vnd.kubernetes.protobuf;as=Unknown;g=meta.k8s.io;v=v1, application/yaml", "yaml"],
    ["application/json;as=Unknown;g=meta.k8s.io;v=v1, application/yaml", "yaml"],
    ["text/html, application/json;q=0", "json"],
  ])("%j is %s", (accept, mediaType) => {
    expect(negotiate(accept, object)).toEqual({ mediaType, pretty: false });
  });

  test.each([
    "text/plain",
    "application/vnd.kubernetes.protobuf",
    `application/vnd.kubernetes.protobuf;as=Table;${meta}`,
    `application/json;as=Unknown;${meta}`,
    "nonsense",
  ])("%j is refused", (accept) => {
    expect(refusal(() => negotiate(accept, object))).toBe(plain406);
  });

  test.each<[string, NegotiateOptions, object]>([
    [`application/json;as=Table;v=v1;g=meta.k8s.io`, list, { kind: "Table", version: "v1" }],
    [
      `application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`,
      object,
      { kind: "Table", version: "v1beta1" },
    ],
    [
      `application/json;as=PartialObjectMetadata;${meta}`,
      object,
      { kind: "PartialObjectMetadata", version: "v1" },
    ],
    [
      `application/json;as=PartialObjectMetadata;${meta}`,
      watch,
      { kind: "PartialObjectMetadata", version: "v1" },
    ],
    [
      `application/json;as=PartialObjectMetadataList;${meta}`,
      list,
      { kind: "PartialObjectMetadataList", version: "v1" },
    ],
  ])("%j transforms", (accept, options, transform) => {
    expect(negotiate(accept, options)).toEqual({ mediaType: "json", transform, pretty: false });
  });

  test.each<[string, NegotiateOptions, object]>([
    [
      `application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;${meta},application/json`,
      object,
      { kind: "PartialObjectMetadata", version: "v1" },
    ],
    [
      `application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1;stream=watch`,
      watch,
      { kind: "PartialObjectMetadata", version: "v1beta1" },
    ],
    [
      `application/vnd.kubernetes.protobuf,application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;${meta}`,
      list,
      { kind: "PartialObjectMetadataList", version: "v1" },
    ],
  ])("%j is metadata in protobuf", (accept, options, transform) => {
    expect(negotiate(accept, options)).toEqual({ mediaType: "protobuf", transform, pretty: false });
  });

  test("a table falls back to what comes next where tables are not offered", () => {
    const accept = `application/json;as=Table;${meta},application/json`;
    expect(negotiate(accept, { ...list, allowTable: false })).toEqual({ mediaType: "json", pretty: false });
  });

  test("a single object's metadata cannot be asked of a list", () => {
    const { transform } = negotiate(`application/json;as=PartialObjectMetadata;${meta}`, list);
    expect(
      refusal(() => {
        checkTransform(transform, true);
      }),
    ).toBe(
      "406 you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)",
    );
  });

  test("a list of metadata cannot be asked of an object", () => {
    const { transform } = negotiate(`application/json;as=PartialObjectMetadataList;${meta}`, object);
    expect(
      refusal(() => {
        checkTransform(transform, false);
      }),
    ).toBe("500 content is not a list");
  });

  test("watches have no YAML", () => {
    expect(refusal(() => negotiate("application/yaml", watch))).toBe(
      "406 only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
    );
    expect(negotiate("application/json;stream=watch", watch)).toEqual({ mediaType: "json", pretty: false });
  });

  test.each<[string | undefined, boolean]>([
    ["application/json", false],
    [`application/json;as=Table;${meta}`, true],
    [`application/json;as=Table;${meta},application/json`, false],
    ["text/plain", true],
    [undefined, false],
  ])("an error for %j is indented: %s", (accept, pretty) => {
    expect(negotiateError(accept, false)).toEqual({ mediaType: "json", pretty });
  });

  test.each<[string, string | undefined, boolean]>([
    ["", "kubectl/v1.35.0", false],
    ["", "curl/8.0", true],
    ["pretty=false", "curl/8.0", false],
    ["pretty", "Wget/1", true],
    ["pretty=1", undefined, true],
    ["pretty=yes", "Mozilla/5.0 (X11)", false],
  ])("?%s from %s is pretty: %s", (query, agent, pretty) => {
    expect(prefersPretty(parseQuery(query), agent)).toBe(pretty);
  });
});

describe("the form of a body", () => {
  test.each<[string | undefined, string]>([
    [undefined, "json"],
    ["", "json"],
    ["application/json", "json"],
    ["application/json; charset=utf-8", "json"],
    ['Application/JSON; a="b;c"', "json"],
    ["application/yaml", "yaml"],
  ])("%j is %s", (contentType, mediaType) => {
    expect(bodyMediaType(contentType)).toBe(mediaType);
  });

  test.each(["text/plain", "application/json; a=1; a=2", "application/vnd.kubernetes.protobuf", "json"])(
    "%j is not supported",
    (contentType) => {
      expect(refusal(() => bodyMediaType(contentType))).toMatch(
        /^415 the body of the request was in an unknown format - accepted media types include: application\/json, /,
      );
    },
  );

  test.each([
    ["application/vnd.kubernetes.protobuf", "protobuf"],
    ["application/vnd.kubernetes.protobuf; charset=utf-8", "protobuf"],
    ["application/yaml", "yaml"],
    [undefined, "json"],
  ])("the %j of an object is %s", (contentType, mediaType) => {
    expect(objectMediaType(contentType)).toBe(mediaType);
  });

  test.each([
    ["application/json-patch+json", "json"],
    ["application/merge-patch+json; charset=utf-8", "merge"],
    ["application/apply-patch+yaml", "apply"],
  ])("%j is a %s patch", (contentType, patch) => {
    expect(patchTypeOf(contentType, false)).toBe(patch);
  });

  test("strategic merge is for kinds that have it", () => {
    const type = "application/strategic-merge-patch+json";
    expect(patchTypeOf(type, true)).toBe("strategic");
    expect(refusal(() => patchTypeOf(type, false))).toBe(
      "415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    );
  });

  test.each([undefined, "application/json", "application/apply-patch+cbor"])(
    "%j is no patch",
    (contentType) => {
      expect(refusal(() => patchTypeOf(contentType, false))).toMatch(/^415 /);
    },
  );
});
