import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { generate } from "./generate.ts";
import { firstDifference } from "./generate/difference.ts";
import { schemaJson } from "./generate/schema-json.ts";

const root = join(import.meta.dirname, "..");
const files = [...(await generate())];

test.each(files)("%s is committed as it would be generated now", (path, text) => {
  expect(firstDifference(readFileSync(join(root, path), "utf8"), text)).toBe("");
});

test("a CRD manifest names its kind, stores one version and has every subresource path in its schema", () => {
  const manifests = files.filter(([path]) => path.startsWith("manifests/crd/"));
  expect(manifests.map(([path]) => path)).toHaveLength(3);
  for (const [path, text] of manifests) {
    const { metadata, spec } = parse(text) as {
      metadata: { name: string };
      spec: { group: string; names: { plural: string }; versions: CrdVersion[] };
    };
    expect(metadata.name).toBe(`${spec.names.plural}.${spec.group}`);
    expect(path).toContain(spec.names.plural);
    expect(spec.versions.filter((v) => v.storage)).toHaveLength(1);
    for (const version of spec.versions) {
      const scale = version.subresources.scale;
      const jsonPaths = [
        ...(scale === undefined ? [] : Object.values(scale)),
        ...(version.selectableFields ?? []).map((f) => f.jsonPath),
        ...version.additionalPrinterColumns.map((c) => c.jsonPath.replace("[*]", ".items")),
      ].filter((p) => !p.startsWith(".metadata"));
      for (const jsonPath of jsonPaths)
        expect([jsonPath, fieldAt(version.schema.openAPIV3Schema, jsonPath)]).not.toContain(undefined);
    }
  }
});

interface CrdVersion {
  readonly storage: boolean;
  readonly schema: { readonly openAPIV3Schema: Node };
  readonly subresources: { readonly scale?: Record<string, string> };
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
  readonly additionalPrinterColumns: readonly { readonly jsonPath: string }[];
}
interface Node {
  readonly properties?: Record<string, Node>;
  readonly items?: Node;
}

const fieldAt = (schema: Node, jsonPath: string): Node | undefined =>
  jsonPath
    .split(".")
    .slice(1)
    .reduce<Node | undefined>(
      (at, name) => (at?.items !== undefined && name === "items" ? at.items : at?.properties?.[name]),
      schema,
    );

describe("a schema is refused", () => {
  test("when a field has no description", () => {
    expect(() =>
      schemaJson(Type.Object({ spec: Type.Object({ a: Type.String() }, { description: "d" }) })),
    ).toThrow("spec.a: no description");
  });
  test("when it uses what a structural schema does not have", () => {
    const union = Type.Union([Type.Literal("a"), Type.Literal("b")], { description: "d" });
    expect(() =>
      schemaJson(
        Type.Object({
          a: Type.Object({ b: Type.Array(Type.Literal("x"), { description: "d" }) }, { description: "d" }),
          union,
        }),
      ),
    ).toThrow("keyword const");
  });
});

test.each([
  ["a\nb", "a\nb", ""],
  ["a\nb", "a\nc", "@@ line 2 @@\n-b\n+c"],
  ["a", "a\nb", "@@ line 2 @@\n+b"],
])("the first difference of %j and %j is %j", (old, next, want) => {
  expect(firstDifference(old, next)).toBe(want);
});
