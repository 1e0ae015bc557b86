import { isApiError } from "../api/errors/api-error.ts";
import { internalError } from "../api/errors/catalogue.ts";

/**
 * What to throw when the host could not be asked. Its overload and absence are passed on, so that clients try again;
 * that it refuses Hawsepipe itself is not the client's fault and must not look like it.
 */
export function hostFailure(what: string, error: unknown): unknown {
  if (!isApiError(error)) return error;
  if (error.code >= 500 || error.code === 429) return error;
  return internalError(`the cluster refused ${what}: ${error.message}`, error);
}
