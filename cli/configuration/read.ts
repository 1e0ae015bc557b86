import { readFileSync } from "node:fs";
import path from "node:path";
import { printFieldError } from "../../machinery/field/error.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, isObject } from "../../machinery/json/value.ts";
import { parseStructural } from "../../machinery/schema/parse.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { compileValidator } from "../../machinery/schema/validate.ts";
import { decodeYaml, printDuplicateKey } from "../../machinery/yaml/decode.ts";
import type { Configured, Flag, Flags } from "../flags.ts";
import { UsageError } from "../flags.ts";
import { configurableFlags, configurationKind, configurationSchema, fieldOf } from "./schema.ts";

/**
 * The values a configuration file gives to flags; paths are made absolute, from the folder of the file. Strict: a field
 * nobody knows, one that stands twice and a value of another type are refused with their path. Throws UsageError.
 */
export function readConfiguration(flags: Flags, file: string): Configured {
  const document = decode(file);
  const { schema } = parseStructural(configurationSchema(flags));
  // Pruning keeps the metadata any object may have; this document has none.
  const unknown = [
    ...prune(cloneJson<JsonObject>(document), schema),
    ...(Object.hasOwn(document, "metadata") ? ["metadata"] : []),
  ];
  const problems = [
    ...unknown.map((field) => `unknown field "${field}"`),
    ...compileValidator(schema, { withoutRules: true }).validate(document).map(printFieldError),
  ];
  if (problems.length > 0) throw new UsageError(`${file}: ${configurationKind}: ${problems.join("; ")}`);
  const values = new Map<string, string | boolean | readonly string[]>();
  for (const [name, flag] of configurableFlags(flags)) {
    const value = getKey(document, fieldOf(name));
    if (value !== undefined) values.set(name, flagValue(flag, value, path.dirname(file)));
  }
  return values;
}

function decode(file: string): JsonObject {
  try {
    const { value, duplicates } = decodeYaml(readFileSync(file, "utf8"));
    if (!isObject(value)) throw new Error("the document is not an object");
    const [twice] = duplicates;
    if (twice !== undefined) throw new Error(printDuplicateKey(twice));
    return value;
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The value as the command line would have it; the schema has said of which type it is. */
function flagValue(flag: Flag, value: JsonValue, folder: string): string | boolean | readonly string[] {
  const text = (item: JsonValue): string => {
    const plain = typeof item === "string" ? item : JSON.stringify(item);
    return flag.isPath === true ? path.resolve(folder, plain) : plain;
  };
  if (Array.isArray(value)) return flag.isList === true ? value.map(text).join(",") : value.map(text);
  return flag.type === "boolean" ? value === true : text(value);
}
