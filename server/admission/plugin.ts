import type { GroupVersionKind, GroupVersionResource } from "../../api/meta/types.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import type { JsonObject } from "../../machinery/json/value.ts";

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** A Scale as it was sent and as it is, both with who owns the count. */
export interface SentScale {
  readonly sent: JsonObject;
  readonly live: JsonObject;
}

/** One write on its way to the store, as admission sees it. Objects are in the storage (hub) version. */
export interface AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly user: UserInfo;
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
  /** Empty for the main resource, else `status`, `scale` or a connect subresource. */
  readonly subresource: string;
  readonly namespace: string;
  /** Empty when the name is still to be generated. */
  readonly name: string;
  /** Absent for DELETE. Mutating plugins change it in place. */
  readonly object?: JsonObject;
  /** The stored object; absent for CREATE. Not to be changed. */
  readonly oldObject?: JsonObject;
  /** Of a write to `scale`, only while the object may still be changed. */
  readonly scale?: SentScale;
  /** CreateOptions, UpdateOptions, DeleteOptions as JSON. */
  readonly options: JsonObject;
  /** Nothing outside the request may change. */
  readonly dryRun: boolean;
  /** The version the client speaks. */
  readonly requestVersion: string;
  /** A field path of the hub version in the words of the version the client speaks. */
  clientPath(hubPath: string): string;
  /** Adds a Warning header. */
  warn(text: string): void;
  /** Adds an audit annotation. One that takes work is given as a function, which is called if it is written down. */
  annotate(key: string, value: string | (() => string)): void;
  /** The request it belongs to; its signal ends when the client went away or time ran out, and is made when it is read. */
  readonly call: { readonly signal: AbortSignal };
}

/**
 * A step of admission. `admit` may change the object, runs serially in order; `validate` runs after schema
 * validation and may only refuse. Both refuse by throwing an ApiError.
 */
export interface AdmissionPlugin {
  readonly name: string;
  /** `admit` never changes the object; it stands there to refuse early. Saves looking at the object again. */
  readonly onlyRefuses?: boolean;
  handles(attributes: AdmissionAttributes): boolean;
  admit?(attributes: AdmissionAttributes): Promise<void>;
  validate?(attributes: AdmissionAttributes): Promise<void>;
}
