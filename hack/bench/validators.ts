/** Measures our compiled validator against Ajv on the schema of ModelDeployment; the numbers stand in docs/adr/0002. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { loadSchema } from "../../api/common/load.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { compileValidator } from "../../machinery/schema/validate.ts";

const root = join(import.meta.dirname, "../..");
const generated = JSON.parse(
  readFileSync(join(root, "api/generated/modeldeployment.v1alpha2.json"), "utf8"),
) as object;
const object = parse(readFileSync(join(root, "manifests/samples/11-vllm-full.yaml"), "utf8")) as JsonObject;

function time(rounds: number, run: () => void): number {
  for (let i = 0; i < rounds / 10; i += 1) run();
  const start = process.hrtime.bigint();
  for (let i = 0; i < rounds; i += 1) run();
  return Number(process.hrtime.bigint() - start) / rounds / 1000;
}

const compileAjv = () =>
  new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(generated);
const schema = loadSchema(generated, "ModelDeployment");
const compileOurs = () => compileValidator(schema, { withoutRules: true });
const ajv = compileAjv();
const ours = compileOurs();
if (!ajv(object) || ours.validate(object).length > 0) throw new Error("the sample must be valid");

const rows = {
  "Ajv: new instance and compilation": time(20, compileAjv),
  "ours: parse the JSON schema": time(20, () => loadSchema(generated, "ModelDeployment")),
  "ours: compilation": time(20, compileOurs),
  "Ajv: one object": time(100_000, () => ajv(object)),
  "ours: one object": time(100_000, () => ours.validate(object)),
};
for (const [what, microseconds] of Object.entries(rows)) {
  process.stdout.write(`${what.padEnd(36)}${microseconds.toFixed(1).padStart(10)} µs\n`);
}
