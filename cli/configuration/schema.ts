/**
 * The configuration file of a command, derived from its flags: one source for names, types, defaults and texts.
 */
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import type { Flag, Flags } from "../flags.ts";
import { listOf } from "../flags.ts";

export const configurationVersion = "config.hawsepipe.dev/v1alpha1";
export const configurationKind = "ServerConfiguration";

/** The field of a flag: `secure-port` is `securePort`. */
export const fieldOf = (flag: string): string =>
  flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The flags a file can hold: a file does not name a file to read instead. */
export const configurableFlags = (flags: Flags): readonly (readonly [string, Flag])[] =>
  Object.entries(flags).filter(([name]) => name !== "config");

/** The OpenAPI schema of the whole document. */
export function configurationSchema(flags: Flags): JsonObject {
  const fields = configurableFlags(flags).map(([name, flag]) => [fieldOf(name), fieldSchema(flag)] as const);
  return {
    type: "object",
    required: ["apiVersion", "kind"],
    properties: {
      apiVersion: { type: "string", enum: [configurationVersion] },
      kind: { type: "string", enum: [configurationKind] },
      ...Object.fromEntries(fields),
    },
  };
}

function fieldSchema(flag: Flag): JsonObject {
  const description = flag.help;
  const only: JsonObject = flag.oneOf === undefined ? {} : { enum: [...flag.oneOf] };
  if (flag.multiple === true) return { description, type: "array", items: { type: "string", ...only } };
  if (flag.isList === true) {
    return { description, type: "array", minItems: 1, items: { type: "string", ...only } };
  }
  if (flag.type === "boolean" || flag.format === "boolean") return { description, type: "boolean" };
  if (flag.format === "integer") {
    const maximum: JsonObject = flag.maximum === undefined ? {} : { maximum: flag.maximum };
    return { description, type: "integer", minimum: 0, ...maximum };
  }
  if (flag.format === "seconds") return { description, type: "number", minimum: 0 };
  return { description, type: "string", ...only };
}

/** The default of a flag as the document has it; undefined where there is none. */
export function defaultOf({ default: value, format, isList, type }: Flag): JsonValue | undefined {
  if (type === "boolean") return value ?? false;
  if (typeof value !== "string") return undefined;
  if (isList === true) return [...listOf(value)];
  if (format === "boolean") return value === "true";
  return format === undefined ? value : Number(value);
}
