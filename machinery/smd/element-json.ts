import { numberFromLiteral } from "../json/number.ts";
import type { JsonValue } from "../json/value.ts";

const hasLargeInteger = /(?:^|[^\d.eE+-])-?\d{16,}(?![\d.eE])/;

/**
 * Parses the small JSON inside a path element. Integers beyond 2^53 become bigint as far as they fit 64 bits. Throws SyntaxError.
 */
export function parseElementJson(text: string): JsonValue {
  if (!hasLargeInteger.test(text)) return JSON.parse(text) as JsonValue;
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    return typeof value === "number" &&
      !Number.isSafeInteger(value) &&
      source !== undefined &&
      /^-?\d+$/.test(source)
      ? numberFromLiteral(source)
      : value;
  }) as JsonValue;
}
