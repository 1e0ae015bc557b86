import { expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { shareParameters } from "./shared-parameters.ts";

const namespace = {
  description: "object name and auth scope, such as for teams and projects",
  in: "path",
  name: "namespace",
  required: true,
  type: "string",
  uniqueItems: true,
};
const name = { ...namespace, name: "name", description: "name of the Widget" };
const query = (key: string, description: string): JsonObject => ({
  description,
  in: "query",
  name: key,
  type: "string",
  uniqueItems: true,
});
const body = (kind: string, required?: true): JsonObject => ({
  in: "body",
  name: "body",
  ...(required ? { required } : {}),
  schema: { $ref: `#/definitions/${kind}` },
});
const options = body("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");

test("what speaks of no kind is shared under the names Kubernetes has for it", () => {
  const paths: JsonObject = {
    "/widgets/{name}": {
      parameters: [name, namespace],
      delete: { parameters: [options, query("dryRun", "d"), query("timeoutSeconds", "t")] },
      put: { parameters: [body("com.example.lab.v1.Widget", true), query("fieldValidation", "f")] },
      get: {},
    },
  };
  const shared = shareParameters(paths);
  expect(Object.keys(shared)).toEqual([
    "namespace-vgWSWtn3",
    "body-2Y1dVQaQ",
    expect.stringMatching(/^timeoutSeconds-.{8}$/),
  ]);
  expect(shared["namespace-vgWSWtn3"]).toEqual(namespace);
  expect(shared["body-2Y1dVQaQ"]).toEqual(options);
  expect(paths["/widgets/{name}"]).toEqual({
    parameters: [name, { $ref: "#/parameters/namespace-vgWSWtn3" }],
    delete: {
      parameters: [
        { $ref: "#/parameters/body-2Y1dVQaQ" },
        query("dryRun", "d"),
        { $ref: `#/parameters/${Object.keys(shared)[2] ?? ""}` },
      ],
    },
    put: { parameters: [body("com.example.lab.v1.Widget", true), query("fieldValidation", "f")] },
    get: {},
  });
});

test("what says something else has another name", () => {
  const paths = { "/a": { get: { parameters: [query("limit", "a"), query("limit", "b")] } } };
  expect(Object.keys(shareParameters(paths))).toHaveLength(2);
});
