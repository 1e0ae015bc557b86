import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import type { Structural } from "../../machinery/schema/structural.ts";

/** A printer column of the Table form: either a JSONPath as in a CRD, or a function for what JSONPath cannot say. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "integer" | "number" | "string" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 0 is shown always, more only with `-o wide`. */
  readonly priority?: number;
  readonly jsonPath?: string;
  readonly cell?: (object: JsonObject) => JsonValue;
  /** Shows the name of the object, which then does not stand before all columns. No column of a CRD does. */
  readonly isName?: true;
}

/** `/scale`: JSONPaths under `.spec` and `.status`, as in a CRD. */
export interface ScaleSubresource {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** One version of a kind. Exactly one version of a definition has `storage`. */
export interface ResourceVersionDefinition {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  /**
   * The schema of the whole object, without apiVersion, kind and metadata being declared. It may be read from what is
   * kept only when it is first asked for, so whoever does not need it leaves it alone.
   */
  readonly schema: Structural;
  /** Empty: Name and Age. Name always comes first by itself. */
  readonly columns: readonly PrinterColumn[];
  /** JSONPaths usable in field selectors beside metadata.name and metadata.namespace. */
  readonly selectableFields?: readonly string[];
  readonly status?: boolean;
  readonly scale?: ScaleSubresource;
}

/**
 * Converts an object between served versions. Pure; input is not changed. Metadata other than labels and annotations
 * is passed through. Absent converter on a definition: only apiVersion changes (strategy None).
 */
export interface Converter {
  convert(object: JsonObject, toVersion: string): JsonObject;
  /** A field path of `fromVersion` in the words of `toVersion`, for error messages; unknown paths come back as they are. */
  translatePath?(path: string, fromVersion: string, toVersion: string): string;
}

/** Everything the generic server needs to serve a kind. Plain data apart from the hooks; the same for CRDs and our kinds. */
export interface ResourceDefinition {
  readonly group: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** In order of preference, the preferred one first. */
  readonly versions: readonly ResourceVersionDefinition[];
  readonly converter?: Converter;
  /** Makes polymorphic input canonical before anything else sees it; mutates and returns the decoded object. */
  readonly canonicalize?: (object: JsonObject, version: string) => JsonObject;
  /** Validation of names other than the default DNS-1123 subdomain; returns messages. */
  readonly validateName?: (name: string) => readonly string[];
  /** Core kinds take strategic merge patches, as their kubectl types send them. */
  readonly strategicMerge?: boolean;
  /**
   * What writes to the object leave alone (its status) is left alone in the managed fields of every version, as with
   * built-in kinds; for kinds of a CustomResourceDefinition kube-apiserver knows it only in the version of the request.
   */
  readonly resetsAllVersions?: boolean;
  /** Kinds that have no storage: create runs this and answers its result (reviews). */
  readonly review?: boolean;
  /** Extra subresources, e.g. `manifests`: which verbs they answer. The server is given a handler for each. */
  readonly connect?: readonly ConnectSubresource[];
  /** Verbs offered; absent means all eight. */
  readonly verbs?: readonly string[];
}

export interface ConnectSubresource {
  readonly name: string;
  /** `get` is answered to GET, `create` to POST. */
  readonly verbs: readonly ("get" | "create")[];
  /** The kind discovery announces for it. */
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
}
