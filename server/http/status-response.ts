/** Thrown things as responses: a Status in the form the client accepts, be it JSON, YAML or protobuf. */
import { isApiError } from "../../api/errors/api-error.ts";
import { toStatus } from "../../api/errors/status.ts";
import { encodeOrdered, encodePretty } from "../../machinery/json/encode.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import { contentTypeOf, negotiateError } from "../negotiation/accept.ts";
import { encodeStatus } from "../protobuf/encode-status.ts";
import type { BytesResponse } from "./api-request.ts";

/** The response for a thrown thing; `pretty` is the wish of the client, its Accept header may add to it. */
export function statusResponse(thrown: unknown, accept: string | undefined, pretty: boolean): BytesResponse {
  const status = toStatus(thrown);
  const form = negotiateError(accept, pretty);
  const value = status as unknown as JsonValue;
  const headers: Record<string, string> = { "content-type": contentTypeOf(form.mediaType) };
  const retryAfter = status.details?.retryAfterSeconds ?? 0;
  if (retryAfter > 0) headers["retry-after"] = String(retryAfter);
  if (isApiError(thrown) && thrown.isUnauthorizedRequest) headers["x-content-type-options"] = "nosniff";
  let body: string | Buffer;
  if (form.mediaType === "yaml") body = encodeYaml(value);
  else if (form.mediaType === "protobuf") body = encodeStatus(status);
  else body = form.pretty ? encodePretty(value, { sorted: false }) : `${encodeOrdered(value)}\n`;
  return { status: status.code, headers, body };
}
