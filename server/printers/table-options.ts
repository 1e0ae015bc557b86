import type { ApiError } from "../../api/errors/api-error.ts";
import { badRequest } from "../../api/errors/catalogue.ts";
import { printValue } from "../../machinery/field/error.ts";

/** The refusal of an unknown `includeObject`. */
export function invalidTableOptions(value: string): ApiError {
  return badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${printValue(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}
