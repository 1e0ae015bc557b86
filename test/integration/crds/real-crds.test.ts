import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { printFieldError } from "../../../machinery/field/error.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { isObject } from "../../../machinery/json/value.ts";
import { applyDefaults } from "../../../machinery/schema/defaults.ts";
import { parseStructural } from "../../../machinery/schema/parse.ts";
import { prune } from "../../../machinery/schema/prune.ts";
import { structuralToOpenApi } from "../../../machinery/schema/to-open-api.ts";
import { compileValidator } from "../../../machinery/schema/validate.ts";
import { decodeYamlDocuments } from "../../../machinery/yaml/decode.ts";
import { loadCustomResourceDefinition } from "../../../server/crds/load.ts";

// The providers' real definitions are not part of this repository; HAWSEPIPE_CRDS names a folder with them.
const folder = process.env["HAWSEPIPE_CRDS"];
if (folder === undefined) console.warn("HAWSEPIPE_CRDS is not set: the real CRDs are not loaded");

const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith(".yaml"));

function manifests(file: string): JsonObject[] {
  const text = readFileSync(join(folder ?? "", file), "utf8");
  return decodeYamlDocuments(text)
    .map((one) => one.value)
    .filter(isObject)
    .filter((one) => one["kind"] === "CustomResourceDefinition");
}

describe.skipIf(folder === undefined)("the providers' real CRDs", () => {
  test.each(files)("%s loads without an error and its schemas survive a round trip", (file) => {
    const objects = manifests(file);
    expect(objects.length).toBeGreaterThan(0);
    for (const manifest of objects) {
      const start = performance.now();
      const { definition, errors } = loadCustomResourceDefinition(manifest);
      console.info(`${file}: loaded in ${(performance.now() - start).toFixed(0)} ms`);
      expect(errors.map(printFieldError)).toEqual([]);
      for (const version of definition?.versions ?? []) {
        const again = parseStructural(structuralToOpenApi(version.schema));
        expect(again.errors).toEqual([]);
        expect(again.schema).toEqual(version.schema);
      }
    }
  });

  test.each(files)("%s defaults, prunes and validates an empty spec without failing", (file) => {
    for (const manifest of manifests(file)) {
      const { definition } = loadCustomResourceDefinition(manifest);
      for (const version of definition?.versions ?? []) {
        const object: JsonObject = {
          apiVersion: "x/v1",
          kind: "X",
          metadata: { name: "x" },
          spec: { bogus: 1 },
        };
        prune(object, version.schema);
        applyDefaults(object, version.schema);
        const validator = compileValidator(version.schema);
        const internal = validator.validate(object).filter((e) => e.detail.includes("compile error"));
        expect(internal).toEqual([]);
        expect(prune(object, version.schema)).toEqual([]);
      }
    }
  });
});
