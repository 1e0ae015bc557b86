/**
 * Which form an answer takes: the media type and, for kubectl and metadata clients, a transformation of the object into
 * a Table or a PartialObjectMetadata. In protobuf there is only what has messages: errors and metadata. A client that
 * lists it first gets its next choice for all else.
 */
import { notAcceptable, notAcceptableForm, untyped } from "../../api/errors/catalogue.ts";
import type { Query } from "../http/query.ts";
import type { MediaRange } from "./media-range.ts";
import { parseAccept } from "./media-range.ts";

export type MediaType = "json" | "yaml";
/** The form of an answer. */
export type AnswerType = MediaType | "protobuf";

/** The object is to be answered as this kind of `meta.k8s.io`. */
export interface Transform {
  readonly kind: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  readonly version: "v1" | "v1beta1";
}

export interface Negotiated {
  /** Protobuf only of metadata. */
  readonly mediaType: AnswerType;
  readonly transform?: Transform;
  /** Two spaces of indentation and no newline at the end; only JSON has it. */
  readonly pretty: boolean;
}

/** What the endpoint can do. */
export interface NegotiateOptions {
  readonly allowTable: boolean;
  readonly allowPartial: boolean;
  readonly isWatch: boolean;
  /** From `prefersPretty`; a `pretty=1` parameter of the clause adds to it. */
  readonly pretty?: boolean;
}

const offered: readonly AnswerType[] = ["json", "yaml", "protobuf"];
/** What a 406 lists: kube-apiserver's words, though whole custom resources have no protobuf. */
export const outputMediaTypes: readonly string[] = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
];
const streamMediaTypes: readonly string[] = [
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];

const subtypes: Readonly<Record<AnswerType, string>> = {
  json: "json",
  yaml: "yaml",
  protobuf: "vnd.kubernetes.protobuf",
};

/** The Content-Type of an answer in this form. */
export const contentTypeOf = (mediaType: AnswerType): string => `application/${subtypes[mediaType]}`;

/** Chooses the form of an answer; throws NotAcceptable. */
export function negotiate(accept: string | undefined, options: NegotiateOptions): Negotiated {
  const pretty = options.pretty ?? false;
  if (accept === undefined || accept === "" || accept === "application/json" || accept === "*/*") {
    return { mediaType: "json", pretty };
  }
  for (const range of parseAccept(accept)) {
    for (const mediaType of offered) {
      if (!covers(range, mediaType)) continue;
      const form = acceptRange(range, mediaType, options);
      if (form === undefined || (mediaType === "protobuf" && form.transform === undefined)) continue;
      if (options.isWatch && mediaType === "yaml") throw notAcceptable(streamMediaTypes);
      return { ...form, pretty: pretty || form.pretty };
    }
  }
  throw notAcceptable(outputMediaTypes);
}

/** The form of an error. */
export interface ErrorForm {
  readonly mediaType: AnswerType;
  readonly pretty: boolean;
}

/**
 * The form of an error: transformations do not count, and where nothing plain is acceptable the Status is pretty JSON.
 * Never throws.
 */
export function negotiateError(accept: string | undefined, pretty: boolean): ErrorForm {
  if (accept === undefined || accept === "" || accept === "application/json" || accept === "*/*") {
    return { mediaType: "json", pretty };
  }
  for (const range of parseAccept(accept)) {
    for (const mediaType of offered) {
      if (!covers(range, mediaType)) continue;
      const form = acceptRange(range, mediaType, { allowTable: false, allowPartial: false });
      if (form !== undefined) return { mediaType, pretty: pretty || form.pretty };
    }
  }
  return { mediaType: "json", pretty: true };
}

/** Whether a person is likely to read the answer: `?pretty=`, else the User-Agent of a browser or a command-line tool. */
export function prefersPretty(query: Query, userAgent: string | undefined): boolean {
  const asked = query.get("pretty");
  if (asked !== undefined && asked !== "") return goTrue.has(asked);
  if (userAgent === undefined) return false;
  return userAgent.startsWith("curl") || userAgent.startsWith("Wget") || userAgent.startsWith("Mozilla/5.0");
}

const goTrue: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

function covers(range: MediaRange, mediaType: AnswerType): boolean {
  if (range.type === "*") return range.subtype === "*";
  return range.type === "application" && (range.subtype === "*" || range.subtype === subtypes[mediaType]);
}

function acceptRange(
  range: MediaRange,
  mediaType: AnswerType,
  options: Pick<NegotiateOptions, "allowTable" | "allowPartial">,
): Negotiated | undefined {
  const { parameters } = range;
  if (parameters.size === 0) return { mediaType, pretty: false };
  const stream = parameters.get("stream") ?? "";
  if (stream !== "" && (stream !== "watch" || mediaType === "yaml")) return undefined;
  if ((parameters.get("sv") ?? "") !== "") return undefined;
  const pretty = parameters.get("pretty") === "1";
  const kind = parameters.get("as");
  const group = parameters.get("g");
  const version = parameters.get("v");
  if (kind === undefined && group === undefined && version === undefined) return { mediaType, pretty };
  if (group !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return undefined;
  if (kind === "Table") {
    // A Table has no message.
    const isOffered = options.allowTable && mediaType !== "protobuf";
    return isOffered ? { mediaType, transform: { kind, version }, pretty } : undefined;
  }
  if (kind === "PartialObjectMetadata" || kind === "PartialObjectMetadataList") {
    return options.allowPartial ? { mediaType, transform: { kind, version }, pretty } : undefined;
  }
  return undefined;
}

/** Refuses a transformation that what is to be answered cannot take. Only asked when there is something to answer. */
export function checkTransform(transform: Transform | undefined, isList: boolean): void {
  if (transform?.kind === "PartialObjectMetadata" && isList) {
    throw notAcceptableForm(
      "you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)",
    );
  }
  if (transform?.kind === "PartialObjectMetadataList" && !isList) throw untyped("content is not a list");
}
