/** What Go's decoder looks at first: the version and the kind of what may be an object, before anything else of it. */
import { jsonTypeName } from "../../machinery/json/type-name.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";

const unreadable = (value: JsonValue, into: string): string =>
  `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeName(value)} into Go ${into}`;

const struct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Why something else than an object has no version and kind. */
export const whyNoObject = (value: JsonValue): string => unreadable(value, `value of type ${struct}`);

/** Why no version and kind can be read, in Go's words; undefined when they can, be they there or not. */
export function whyNoType(value: JsonValue): string | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) return whyNoObject(value);
  for (const field of ["apiVersion", "kind"]) {
    const text = getKey(value, field);
    if (text !== undefined && text !== null && typeof text !== "string")
      return unreadable(text, `struct field .${field} of type string`);
  }
  const apiVersion = textOf(value, "apiVersion");
  return apiVersion.split("/").length > 2 ? `unexpected GroupVersion string: ${apiVersion}` : undefined;
}

/** A text field of an object; empty when it is absent or no text. */
export function textOf(object: JsonObject, field: string): string {
  const text = getKey(object, field);
  return typeof text === "string" ? text : "";
}
