/** Turns objects and lists into responses in the negotiated form. Bodies are made of bytes kept with the objects. */
import type { Status } from "../../api/errors/status.ts";
import { decodeStored } from "../../machinery/json/decode.ts";
import { encodeOrdered, encodePretty } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { ApiRequest, BytesResponse } from "../http/api-request.ts";
import type { Negotiated } from "../negotiation/accept.ts";
import { checkTransform, contentTypeOf, negotiate, prefersPretty } from "../negotiation/accept.ts";
import { encodePartialList } from "../protobuf/encode-metadata.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { inTurns } from "./in-turns.ts";
import type { ListMeta } from "./list-meta.ts";
import { encodeSortedListMeta, encodeTypedListMeta } from "./list-meta.ts";
import { objectBytes, partialBytes, passingPartialBytes, partialMessage } from "./object-bytes.ts";
import { respondMessage, respondStatusMessage } from "./protobuf.ts";
import { includeObjectOf, tableEnd, tableHead, tableOf, tableRow } from "./table.ts";

const newline = Buffer.from("\n");
const comma = Buffer.from(",");

/** The form the client wants for an answer of this shape; throws NotAcceptable. Called before any work is done. */
export function formOf(
  request: ApiRequest,
  shape: { readonly isWatch?: boolean; readonly allowTransforms?: boolean } = {},
): Negotiated {
  const allow = shape.allowTransforms ?? true;
  return negotiate(request.header("accept"), {
    allowTable: allow,
    allowPartial: allow,
    isWatch: shape.isWatch ?? false,
    pretty: prefersPretty(request.query, request.header("user-agent")),
  });
}

export interface RespondOptions {
  readonly request: ApiRequest;
  readonly form: Negotiated;
  readonly now: Date;
}

/** One object. */
export function respondObject(
  version: ServedVersion,
  object: CachedObject,
  options: RespondOptions & { readonly status?: number },
): BytesResponse {
  const { form, request, now } = options;
  const status = options.status ?? 200;
  const { transform } = form;
  checkTransform(transform, false);
  if (transform !== undefined && form.mediaType === "protobuf") {
    return respondMessage(transform, partialMessage(version, object), status);
  }
  if (transform === undefined) return respondJson([objectBytes(version, object)], form, status);
  if (transform.kind === "Table") {
    const meta = { resourceVersion: object.revision === 0 ? "" : String(object.revision), continue: "" };
    const include = includeObjectOf(request.query);
    const table = tableOf(version, object, meta, {
      metaVersion: transform.version,
      include,
      now: now.getTime(),
    });
    return respondJson(table, form, status);
  }
  return respondJson([passingPartialBytes(version, object, transform.version)], form, status);
}

/** A list of objects of one kind. Others have their turn while the forms of many objects are put together. */
export async function respondList(
  version: ServedVersion,
  items: readonly CachedObject[],
  meta: ListMeta,
  options: RespondOptions,
): Promise<BytesResponse> {
  const { form, request, now } = options;
  const { transform } = form;
  checkTransform(transform, true);
  if (transform !== undefined && form.mediaType === "protobuf") {
    const messages: Buffer[] = [];
    await inTurns(items, (item) => {
      messages.push(partialMessage(version, item));
    });
    return respondMessage(transform, encodePartialList(meta, messages), 200);
  }
  if (transform?.kind === "Table") {
    const include = includeObjectOf(request.query);
    const metaVersion = transform.version;
    const row = { metaVersion, include, now: now.getTime() };
    const parts: Buffer[] = [Buffer.from(tableHead(version.columns, meta, metaVersion))];
    await inTurns(items, (item, i) => {
      parts.push(...tableRow(version, item, row, i > 0));
    });
    parts.push(tableEnd);
    return respondJson(parts, form, 200);
  }
  if (transform !== undefined) {
    // Go writes a list that was never appended to as null.
    if (items.length === 0)
      return respondJson([Buffer.from(`${metadataListHead(transform, meta)}null}`)], form, 200);
    const head = `${metadataListHead(transform, meta)}[`;
    const parts = await joined(head, items, (item) => partialBytes(version, item, transform.version));
    parts.push(Buffer.from("]}"));
    return respondJson(parts, form, 200);
  }
  const { listKind } = version.resource.definition;
  const parts = await joined(`{"apiVersion":${JSON.stringify(version.apiVersion)},"items":[`, items, (item) =>
    objectBytes(version, item),
  );
  parts.push(Buffer.from(`],"kind":${JSON.stringify(listKind)},"metadata":${encodeSortedListMeta(meta)}}`));
  return respondJson(parts, form, 200);
}

function metadataListHead(transform: { readonly version: string }, meta: ListMeta): string {
  return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${transform.version}","metadata":${encodeTypedListMeta(meta)},"items":`;
}

/** What became of a request, in the negotiated form. A Status has no form but its own. */
export function respondStatus(status: Status, { mediaType, pretty }: Negotiated): BytesResponse {
  if (mediaType === "protobuf") return respondStatusMessage(status);
  return respondText(encodeOrdered(status as unknown as JsonValue), { mediaType, pretty });
}

/** JSON text of a typed object, in the negotiated form: JSON or YAML. */
export function respondText(json: string, form: Negotiated, status = 200): BytesResponse {
  return respondJson([Buffer.from(json)], form, status, false);
}

async function joined(
  head: string,
  items: readonly CachedObject[],
  bytes: (item: CachedObject) => Buffer,
): Promise<Buffer[]> {
  const parts: Buffer[] = [Buffer.from(head)];
  await inTurns(items, (item, i) => {
    if (i > 0) parts.push(comma);
    parts.push(bytes(item));
  });
  return parts;
}

/** Custom resources have sorted keys, typed objects those of their struct; only indented JSON has to know. */
function respondJson(
  parts: Buffer[],
  form: Negotiated,
  status: number,
  sorted = form.transform === undefined,
): BytesResponse {
  const headers = { "Content-Type": contentTypeOf(form.mediaType) };
  if (form.mediaType === "yaml") {
    return { status, headers, body: encodeYaml(decodeStored(Buffer.concat(parts))) };
  }
  if (form.pretty) {
    const value = decodeStored(Buffer.concat(parts)) as JsonObject;
    return { status, headers, body: encodePretty(value, { sorted }) };
  }
  parts.push(newline);
  return { status, headers, body: parts };
}
