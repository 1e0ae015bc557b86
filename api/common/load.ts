import { printFieldError } from "../../machinery/field/error.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { parseStructural } from "../../machinery/schema/parse.ts";
import type { Structural } from "../../machinery/schema/structural.ts";

/** The structural form of a generated schema; throws when the committed file is not structural, which is a bug. */
export function loadSchema(generated: unknown, what: string): Structural {
  const { schema, errors } = parseStructural(generated as JsonValue);
  if (errors.length > 0) {
    throw new Error(
      `the generated schema of ${what} is not structural: ${errors.map(printFieldError).join("; ")}`,
    );
  }
  return schema;
}
