import type { GroupResource } from "../../api/errors/catalogue.ts";
import {
  alreadyExists,
  conflict,
  expired,
  internalError,
  notFound,
  serviceUnavailable,
  untyped,
} from "../../api/errors/catalogue.ts";
import { isStorageError } from "./store.ts";

/**
 * The one place where a failure of the store becomes what a client sees. Returns what to throw: an ApiError for a
 * StorageError, anything else as it came.
 */
export function translateStorageError(error: unknown, resource: GroupResource, name: string): unknown {
  if (!isStorageError(error)) return error;
  switch (error.kind) {
    case "KeyNotFound":
      return notFound(resource, name);
    case "KeyExists":
      return alreadyExists(resource, name);
    case "Conflict":
      return conflict(resource, name);
    case "Compacted":
      return expired(error.message);
    case "TooLarge":
      return untyped(error.message);
    case "Unavailable":
      return serviceUnavailable("the storage is not available, please try again later");
    case "Corrupt":
      return internalError("the stored state could not be read", error);
  }
}
