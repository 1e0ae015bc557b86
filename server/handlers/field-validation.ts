import type { ApiRequest } from "../http/api-request.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { cannotBeHandled } from "./decode-body.ts";
import type { FieldValidation } from "./write-options.ts";

/** Refuses, warns about or ignores duplicate and unknown fields, as the client asked. */
export function reportStrict(
  version: ServedVersion,
  request: ApiRequest,
  strict: readonly string[],
  mode: FieldValidation,
): void {
  if (strict.length === 0 || mode === "Ignore") return;
  if (mode === "Strict") throw cannotBeHandled(version, `strict decoding error: ${strict.join(", ")}`);
  for (const text of strict) request.warn(text);
}
