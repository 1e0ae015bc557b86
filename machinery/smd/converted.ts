import type { JsonValue } from "../json/value.ts";
import type { Versions } from "./updater.ts";
import { checkType, printProblems } from "./validate.ts";

/** An object that does not have the type of its version; ownership cannot be computed for it. */
export class TypedValueError extends Error {
  override readonly name = "TypedValueError";
}

/**
 * The object at another version; the same object when it is there already. `failure` begins the message of the
 * TypedValueError that is thrown when what comes out does not have the type of the version. Duplicates are not allowed.
 */
export function convertTyped(
  versions: Versions,
  object: JsonValue,
  { from, to, failure }: { readonly from: string; readonly to: string; readonly failure: string },
): JsonValue {
  if (from === to) return object;
  const converted = versions.convert(object, from, to);
  const type = versions.typeOf(to);
  const problems = type === undefined ? [] : checkType(converted, type);
  if (problems.length > 0) {
    throw new TypedValueError(`${failure === "" ? "" : `${failure}: `}${printProblems(problems)}`);
  }
  return converted;
}
