import { isApiError } from "../api/errors/api-error.ts";
import { internalError, serviceUnavailable } from "../api/errors/catalogue.ts";

/**
 * What to throw when the host could not be asked. Whatever ails it passes, so clients are told to come back; a timeout
 * and "too many requests" say so already. That it refuses Hawsepipe itself is not the client's fault and must not look
 * like it. A webhook of the host that does not work is answered as the host answers it, because coming back is no help.
 */
export function hostFailure(what: string, error: unknown): unknown {
  if (!isApiError(error)) return error;
  if (error.code < 500 && error.code !== 429) {
    return internalError(`the cluster refused ${what}: ${error.message}`, error);
  }
  if ([429, 503, 504].includes(error.code) || isBrokenWebhook(error.message)) return error;
  const { retryAfterSeconds } = error.details ?? {};
  return serviceUnavailable(`the cluster could not answer ${what}: ${error.message}`, retryAfterSeconds);
}

const isBrokenWebhook = (message: string): boolean => message.includes("failed calling webhook");
