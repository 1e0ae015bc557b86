import type { KubeObject } from "../api/meta/types.ts";

/** Where objects of a kind live. `namespaced: false` ignores the namespace of a call. */
export interface ResourceRef {
  readonly group: string;
  readonly version: string;
  /** Plural, lower case. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  /** Objects come with metadata only, as kind PartialObjectMetadata. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface ObjectList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  /** Objects come with metadata only, as kind PartialObjectMetadata. */
  readonly metadataOnly?: boolean;
  /** Told when the server has accepted the watch, which may be long before the first event. */
  readonly onOpen?: () => void;
  readonly signal: AbortSignal;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** The answer has metadata only, as kind PartialObjectMetadata. */
  readonly answersMetadata?: boolean;
  readonly signal?: AbortSignal;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** What a write answered: the object, and the warnings that came with it. */
export interface WriteResult {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/**
 * Access to one Kubernetes API. Every refusal of the server is thrown as the ApiError the server meant (code, reason,
 * details); when the server cannot be reached or answers no Status, as ServiceUnavailable. Every request waits and is
 * repeated as Retry-After says, for a minute at most; a write only after a 429, never when it may have happened.
 */
export interface Client {
  get(resource: ResourceRef, ref: ObjectRef): Promise<KubeObject>;
  /** Metadata only: spec and data never leave the server. */
  getMetadata(resource: ResourceRef, ref: ObjectRef): Promise<KubeObject>;
  /** One page, or everything when no limit is given: all of one state, also when it expires between two pages. */
  list(resource: ResourceRef, options?: ListOptions): Promise<ObjectList>;
  /** Ends when the server ends it, the signal aborts, or with an ApiError (Expired included). */
  watch(resource: ResourceRef, options: WatchOptions): AsyncIterable<WatchEvent>;
  create(resource: ResourceRef, object: KubeObject, options?: WriteOptions): Promise<WriteResult>;
  update(
    resource: ResourceRef,
    object: KubeObject,
    options?: WriteOptions & { subresource?: string },
  ): Promise<WriteResult>;
  mergePatch(
    resource: ResourceRef,
    ref: ObjectRef,
    patch: object,
    options?: WriteOptions & { subresource?: string },
  ): Promise<WriteResult>;
  apply(
    resource: ResourceRef,
    object: KubeObject,
    options: ApplyOptions & { subresource?: string },
  ): Promise<WriteResult>;
  delete(resource: ResourceRef, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /**
   * Finds where a kind lives by discovery; undefined when it is not served. Finds are kept and a miss asks again;
   * `fresh` asks in any case, to notice a kind that is gone.
   */
  resolve(
    apiVersion: string,
    kind: string,
    options?: { readonly fresh?: boolean },
  ): Promise<ResourceRef | undefined>;
  /** Any GET, for discovery documents and health. */
  getRaw(path: string): Promise<unknown>;
}
