/** Settings in overrides that are not merged into a resource but decide how it is rendered. */
import { forbidden, invalid } from "../machinery/field/error.ts";
import type { FieldPath } from "../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../machinery/json/value.ts";
import type { Findings } from "./findings.ts";

/** The fields of a map that may have these and no others. */
export function fieldsOf(
  value: JsonValue | undefined,
  path: FieldPath,
  known: readonly string[],
  findings: Findings,
): Record<string, JsonValue> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) {
    findings.error(invalid(path, value, "must be an object"));
    return {};
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      findings.error(forbidden(path.child(key), `is none of the fields known here: ${known.join(", ")}`));
    }
  }
  return Object.fromEntries(
    known.flatMap((key) => {
      const field = getKey(value, key);
      return field === undefined || field === null ? [] : [[key, field]];
    }),
  );
}

/** Amounts of CPU and memory, as text; they count against the ceilings. */
export function amountsAt(value: JsonValue | undefined, path: FieldPath, findings: Findings): JsonObject {
  const result: JsonObject = {};
  for (const [name, amount] of Object.entries(fieldsOf(value, path, ["cpu", "memory"], findings))) {
    const of = name === "cpu" ? "cpu" : "memory";
    findings.demands.push({ path: path.child(name).toString(), value: amount, of, amount });
    setKey(result, name, typeof amount === "number" ? String(amount) : amount);
  }
  return result;
}
