/** Why an image could not be read. */
export type RegistryFailure =
  /** It, or where it leads, is not to be asked: not public and not listed, or without TLS. */
  | "refused"
  /** The registry wants other credentials, or knows nothing of the image, which some say alike. */
  | "unauthorized"
  | "not-found"
  /** Nothing answered: there is no such host, no connection, no certificate that is trusted. */
  | "unreachable"
  /** It answers, and too slowly or with errors of its own: the same may work later. */
  | "unavailable"
  | "too-large"
  /** It answered, and the answer is wrong: not the digest, no image. */
  | "malformed";

const words: Readonly<Record<RegistryFailure, string>> = {
  refused: "its registry, or where that leads, is not public or not served over HTTPS, and is not listed",
  unauthorized: "the registry refuses access",
  "not-found": "the registry does not know it",
  unreachable: "the registry cannot be reached",
  unavailable: "the registry does not answer in time, or is out of order",
  "too-large": "what the registry has for it is too large",
  malformed: "what the registry has for it is no image that can be read",
};

/**
 * A failure to read an image. The message names the image and a coarse reason, because it is shown to whoever named the
 * image, and more would tell him about a network he is not in; `detail` is for the log. Neither holds a credential.
 */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly failure: RegistryFailure;
  readonly detail: string;

  constructor(
    failure: RegistryFailure,
    {
      image,
      detail,
      shown = "",
      cause,
    }: {
      readonly image: string;
      readonly detail: string;
      /** Added to the coarse reason. */
      readonly shown?: string;
      readonly cause?: unknown;
    },
  ) {
    super(`image ${image}: ${words[failure]}${shown}`, cause === undefined ? undefined : { cause });
    this.failure = failure;
    this.detail = detail;
  }
}

/** Whether something thrown is a registry's failure. */
export const isRegistryError = (error: unknown): error is RegistryError => error instanceof RegistryError;
