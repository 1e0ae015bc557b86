import type { FieldError } from "../../../machinery/field/error.ts";

/** Why no configuration came out; the reasons of condition ConfigGenerated. */
export type FailureReason =
  "ConfigGenerationFailed" | "BaseConfigRequired" | "UnsupportedConfigVersion" | "MissingProviderForResource";

export interface Failure {
  readonly reason: FailureReason;
  /** What is wrong, with the path of the field that can be changed. */
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
  /** Whether it may turn out well without a change of the spec: what is in the image has not been read. */
  readonly isUndecided?: boolean;
}

/** An environment variable that comes from a Secret; a missing key keeps the pod from starting. */
export interface SecretVariable {
  readonly name: string;
  readonly valueFrom: {
    readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional: false };
  };
}

/** A Secret the spec refers to, and where. */
export interface SecretUse {
  readonly path: string;
  readonly name: string;
  readonly key: string;
}

/**
 * What the container works out from a secret before the server starts, because the server has no field for the form
 * the secret is in: the parts of a connection URL, or a password made fit to stand in a URL.
 */
export type Unpacked =
  | {
      readonly kind: "connection-url";
      readonly from: string;
      readonly prefix: string;
      /** The field that names the Secret. */
      readonly path: string;
    }
  | { readonly kind: "percent-encoded"; readonly from: string; readonly to: string };

export interface Generated {
  /** The text of config.yaml; equal input gives equal bytes. */
  readonly yaml: string;
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
  /** Sorted by name. */
  readonly env: readonly SecretVariable[];
  readonly secrets: readonly SecretUse[];
  readonly unpack: readonly Unpacked[];
  /** Variables nobody has set so far and without which the server does not start, sorted. */
  readonly needs: readonly string[];
  /** Providers in the whole configuration. */
  readonly providerCount: number;
  /** Models, tools and shields the spec names. */
  readonly resourceCount: number;
  readonly configVersion: number;
  readonly warnings: readonly string[];
}

/** Whether something failed. */
export const isFailure = (result: object): result is Failure => "reason" in result;
