import { Ajv } from "ajv";
import formats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, isObject, setKey } from "../../machinery/json/value.ts";
import { compileValidator } from "../../machinery/schema/validate.ts";
import { loadSchema } from "../common/load.ts";
import inferenceProvider from "../generated/inferenceprovider.v1alpha1.json" with { type: "json" };
import v1alpha1 from "../generated/modeldeployment.v1alpha1.json" with { type: "json" };
import v1alpha2 from "../generated/modeldeployment.v1alpha2.json" with { type: "json" };
import { arbitraryObject } from "./arbitrary.ts";

/** Ajv as a second opinion on types, bounds, enums and patterns; list types and rules are beyond JSON Schema. */
function oracle(schema: unknown): (value: unknown) => boolean {
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  formats.default(ajv, ["date-time"]);
  for (const name of ["int32", "int64"]) ajv.addFormat(name, true);
  const validate = ajv.compile(schema as object);
  return (value) => validate(value);
}

const odd: readonly JsonValue[] = [
  "",
  "x",
  "-1",
  "1Gi",
  0,
  -1,
  1.5,
  70000,
  true,
  [],
  {},
  [1],
  { a: 1 },
  ["a"],
  "x".repeat(600),
];

/** Every place of a value, so that one of them can be replaced. */
function places(value: JsonValue, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (Array.isArray(value)) return [at, ...value.flatMap((item, i) => places(item, [...at, i]))];
  if (isObject(value))
    return [at, ...Object.entries(value).flatMap(([key, item]) => places(item, [...at, key]))];
  return [at];
}

function replaced(object: JsonObject, path: readonly (string | number)[], value: JsonValue): JsonObject {
  const copy = cloneJson(object);
  let at: JsonValue = copy;
  for (const key of path.slice(0, -1)) at = (at as Record<string | number, JsonValue>)[key]!;
  const last = path.at(-1);
  if (typeof last === "number") (at as JsonValue[])[last] = value;
  else if (last !== undefined) setKey(at as JsonObject, last, value);
  return copy;
}

describe.each([
  ["ModelDeployment v1alpha1", v1alpha1],
  ["ModelDeployment v1alpha2", v1alpha2],
  ["InferenceProvider v1alpha1", inferenceProvider],
])("%s", (what, generated) => {
  const schema = loadSchema(generated, what);
  const validator = compileValidator(schema, { withoutRules: true });
  const agrees = oracle(generated);

  test("what the schema describes is valid", () => {
    fc.assert(
      fc.property(arbitraryObject(schema), (object) => {
        expect(validator.validate(object)).toEqual([]);
        expect(agrees(object)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("both validators agree on objects with one odd value", () => {
    let refused = 0;
    fc.assert(
      fc.property(arbitraryObject(schema), fc.nat(), fc.constantFrom(...odd), (object, n, value) => {
        const all = places(object);
        const broken = replaced(object, all[n % all.length]!, value);
        const errors = validator.validate(broken).filter((e) => e.type !== "FieldValueDuplicate");
        if (errors.length > 0) refused += 1;
        // As in kube-apiserver, a list passes for a text with a format.
        if (Array.isArray(value) && errors.length === 0) return;
        expect(errors.length === 0).toBe(agrees(broken));
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});
