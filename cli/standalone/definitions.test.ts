import { describe, expect, test } from "vitest";
import { standaloneDefinitions } from "./definitions.ts";

const versions = standaloneDefinitions([]).flatMap(({ kind, versions: all }) =>
  all.map((version) => ({ kind, name: version.name, version })),
);

describe("the kinds of a standalone server", () => {
  test("are those of the providers, ours and the core kinds", () => {
    const kinds = new Set(versions.map(({ kind }) => kind));
    for (const kind of [
      "ConfigMap",
      "Deployment",
      "ClusterRole",
      "ModelDeployment",
      "Workspace",
      "RayService",
    ])
      expect(kinds).toContain(kind);
  });

  // It is read when it is first asked for, which must not be when it turns out to be wrong.
  test.each(versions)("have a schema: $kind in $name", ({ version }) => {
    const { schema } = version;
    expect(schema.type).toBe("object");
    expect(schema.properties?.size ?? 0).toBeGreaterThan(0);
    expect(version.schema).toBe(schema);
  });
});
