import { isApiError } from "../../../api/errors/api-error.ts";
import { isStorageError } from "../store.ts";

/** What the store asks the host for. */
export type Asked = "read" | "write";

/**
 * Tells of failures the caller is only told "unavailable" about: once per cause, until the host has done what it was asked
 * for again. Without a limit, every request while a right is missing would be a line in the log.
 */
export class FailureLog {
  readonly #onError: (error: unknown) => void;
  readonly #told: Readonly<Record<Asked, Set<string>>> = { read: new Set(), write: new Set() };

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Passes the promise on, and remembers how it ended. */
  async follow<T>(asked: Asked, work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#told[asked].clear();
      return result;
    } catch (error) {
      if (isStorageError(error, "Unavailable")) this.#tell(asked, error);
      throw error;
    }
  }

  #tell(asked: Asked, error: Error): void {
    const cause = causeOf(error);
    if (this.#told[asked].has(cause)) return;
    this.#told[asked].add(cause);
    this.#onError(error);
  }
}

/** Without keys and revisions, which make every failure another one. */
function causeOf({ cause }: Error): string {
  if (isApiError(cause)) return `${String(cause.code)} ${cause.reason}`;
  return cause instanceof Error ? cause.message : "";
}
