import type { ApiError } from "../../api/errors/api-error.ts";
import type { ApiRequest } from "../http/api-request.ts";
import type { FieldValidation } from "./write-options.ts";

/** Refuses, warns about or ignores duplicate and unknown fields, as the client asked. */
export function reportStrict(
  request: ApiRequest,
  strict: readonly string[],
  mode: FieldValidation,
  refuse: (why: string) => ApiError,
): void {
  if (strict.length === 0 || mode === "Ignore") return;
  if (mode === "Strict") throw refuse(`strict decoding error: ${printStrict(strict)}`);
  for (const text of strict) request.warn(text);
}

/** Repeated keys of YAML are one error with a line each, everything else is an error of its own. */
function printStrict(strict: readonly string[]): string {
  const lines = strict.filter((text) => /^line \d+: /.test(text));
  if (lines.length === 0) return strict.join(", ");
  const yaml = `yaml: unmarshal errors:${lines.map((line) => `\n  ${line}`).join("")}`;
  return [yaml, ...strict.slice(lines.length)].join(", ");
}
