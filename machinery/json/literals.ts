/**
 * JSON whose scalars stay as they are written: each is the text of its literal, `1.50` and not 1.5, so that what is done
 * with the document can be told with the digits and escapes somebody sent. Only null is null.
 */
import { DEFAULT_MAX_DEPTH, decodeUtf8 } from "./decode.ts";
import { encodeJson, sortedKeys } from "./encode.ts";
import { JsonParser } from "./parser.ts";
import type { JsonValue } from "./value.ts";

/** Decodes one JSON document. Every string in the value is the text of a literal. Throws JsonSyntaxError. */
export function decodeLiterals(input: string | Buffer): JsonValue {
  const text = typeof input === "string" ? input : decodeUtf8(input);
  // What this server encoded itself may nest deeper than what it reads.
  return new JsonParser(text, 2 * DEFAULT_MAX_DEPTH, { keepsLiterals: true }).document();
}

/** Compact JSON of such a value: keys sorted, HTML characters escaped, all else in the literals as it was. */
export function encodeLiterals(value: JsonValue): string {
  if (typeof value !== "object") return String(value).replaceAll(/[<>&\u2028\u2029]/g, escaped);
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(encodeLiterals).join(",")}]`;
  const members = sortedKeys(value).map((key) => `${encodeJson(key)}:${encodeLiterals(value[key] ?? null)}`);
  return `{${members.join(",")}}`;
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
