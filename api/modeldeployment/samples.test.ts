import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  convertModelDeployment,
  modelDeploymentConverter,
} from "../../conversion/modeldeployment/converter.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getPath } from "../../machinery/json/value.ts";
import { dns1123Label } from "../../machinery/names/names.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { compileValidator } from "../../machinery/schema/validate.ts";
import { overrideBans as overrideBansOf } from "../../transformers/override-bans.ts";
import { transformers } from "../../transformers/registry.ts";
import { validateObjectMeta } from "../meta/validation.ts";
import { parseApiVersion } from "../meta/types.ts";
import { defaultModelDeployment } from "./defaults.ts";
import { modelDeploymentDefinition } from "./definition.ts";
import type { ModelDeployment } from "./v1alpha2/types.ts";
import { validateModelDeployment } from "./validation/validate.ts";

const overrideBans = overrideBansOf(transformers);
const root = join(import.meta.dirname, "../..");
const definition = modelDeploymentDefinition(modelDeploymentConverter);
const versions = new Map(
  definition.versions.map((v) => [v.name, { schema: v.schema, validator: compileValidator(v.schema) }]),
);

interface Sample {
  readonly file: string;
  readonly text: string;
  readonly object: JsonObject;
}

const samplesIn = (folder: string): Sample[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => {
      const text = readFileSync(join(root, folder, file), "utf8");
      return parseAllDocuments(text).map((document) => ({
        file,
        text,
        object: document.toJS() as JsonObject,
      }));
    })
    .filter(({ object }) => object["kind"] === "ModelDeployment");

/** The way of an object through the server as far as it is pure; errors in the words of the version it was written in. */
function check(input: JsonObject): { errors: string[]; pruned: string[]; hub: JsonObject } {
  const object = cloneJson(input);
  const version = parseApiVersion(object["apiVersion"] as string).version;
  const own = versions.get(version)!;
  const pruned = prune(object, own.schema);
  applyDefaults(object, own.schema);
  const meta = validateObjectMeta(object["metadata"] as JsonObject, {
    namespaced: false,
    validateName: dns1123Label,
    isCreate: true,
  });
  const print = (e: FieldError) =>
    printFieldError({ ...e, path: modelDeploymentConverter.translatePath!(e.path, "v1alpha2", version) });
  const schemaErrors = [...meta, ...own.validator.validate(object)].map(printFieldError);
  const hub = convertModelDeployment(object, "v1alpha2").object;
  if (schemaErrors.length > 0) return { errors: schemaErrors, pruned, hub };
  applyDefaults(hub, versions.get("v1alpha2")!.schema);
  defaultModelDeployment(hub as unknown as ModelDeployment);
  const hubErrors = versions.get("v1alpha2")!.validator.validate(hub);
  return {
    errors: [
      ...hubErrors,
      ...validateModelDeployment(hub as unknown as ModelDeployment, { overrideBans }),
    ].map(print),
    pruned,
    hub,
  };
}

const withoutNamespace = ({ object }: Sample): JsonObject => {
  const copy = cloneJson(object);
  delete (copy["metadata"] as JsonObject)["namespace"];
  return copy;
};

describe("samples", () => {
  const samples = [...samplesIn("manifests/samples"), ...samplesIn("test/fixtures/airunway")];
  test.each(samples)("$file is valid, loses no field and survives both versions", (sample) => {
    const { errors, pruned, hub } = check(withoutNamespace(sample));
    expect(errors).toEqual([]);
    expect(pruned).toEqual([]);
    const older = convertModelDeployment(hub, "v1alpha1").object;
    expect(convertModelDeployment(older, "v1alpha2").object).toEqual(hub);
  });

  test("there are samples of both versions and of both providers", () => {
    const kinds = samplesIn("manifests/samples").map(({ object }) => [
      object["apiVersion"],
      getPath(object, "spec", "provider", "name"),
    ]);
    for (const version of ["v1alpha1", "v1alpha2"]) {
      for (const provider of ["vllm", "kaito"]) {
        expect(kinds.filter(([v, p]) => v === `hawsepipe.dev/${version}` && p === provider)).toHaveLength(2);
      }
    }
  });

  test("there is a sample of every provider, and of disaggregated serving on each that can", () => {
    const found = samplesIn("manifests/samples").map(({ object }) => ({
      provider: getPath(object, "spec", "provider", "name"),
      mode: getPath(object, "spec", "serving", "mode"),
    }));
    for (const provider of ["dynamo", "kuberay", "llmd"]) {
      expect(found).toContainEqual({ provider, mode: "disaggregated" });
      expect(found.filter((each) => each.provider === provider).length).toBeGreaterThan(1);
    }
  });

  test("a paused object of the former system is paused, and its explicit zero stays", () => {
    const exported = samples.find(({ file }) => file === "paused-exported.yaml")!;
    const { hub } = check(withoutNamespace(exported));
    expect(getPath(hub, "spec", "paused")).toBe(true);
    expect(getPath(hub, "spec", "serving", "replicas")).toBe(0);
  });
});

describe("invalid samples", () => {
  test.each(samplesIn("manifests/invalid-samples"))(
    "$file gets the message in its first line",
    ({ text, object }) => {
      const want = /^# expect: (.+)\n/.exec(text)?.[1];
      expect(want).toBeDefined();
      expect(check(object).errors.join("\n")).toContain(want);
    },
  );
});
