/** Why an image could not be read. */
export type RegistryFailure =
  /** The administrator does not want this registry asked. */
  | "denied"
  /** The registry wants other credentials, or knows nothing of the image, which some say alike. */
  | "unauthorized"
  | "not-found"
  /** It could not be reached, took too long or is out of order: the same may work later. */
  | "unavailable"
  /** It answered, and the answer is wrong: too large, not the digest, no image. */
  | "malformed";

/** A failure to read an image. The message names the image and what was asked, never a credential or an answer. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly failure: RegistryFailure;

  constructor(failure: RegistryFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

/** Whether something thrown is a registry's failure. */
export const isRegistryError = (error: unknown): error is RegistryError => error instanceof RegistryError;
