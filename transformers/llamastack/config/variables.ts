import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import { conditionOf } from "./draft.ts";

const bare = /\$\{env\.([A-Z0-9_]+)\}/g;

/**
 * The variables a configuration refers to without saying what is meant where they are not set, sorted: the server does
 * not start without one of them. A provider that is tied to a variable which is not `set` is not looked at by the server
 * either.
 */
export function neededVariables(config: JsonObject, set: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>();
  const visit = (value: JsonValue | undefined): void => {
    if (typeof value === "string") {
      for (const [, name = ""] of value.matchAll(bare)) found.add(name);
    } else if (Array.isArray(value)) value.forEach(visit);
    else if (isObject(value)) {
      const condition = conditionOf(getKey(value, "provider_id"));
      if (condition === undefined || set.has(condition)) Object.values(value).forEach(visit);
    }
  };
  visit(config);
  return [...found].sort();
}
