/** Reads what a server answered: objects, Status failures as ApiErrors, warnings. */
import type { StatusReason } from "../api/errors/api-error.ts";
import { ApiError } from "../api/errors/api-error.ts";
import { serviceUnavailable } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { asKubeObject } from "../api/meta/types.ts";
import { decodeStored } from "../machinery/json/decode.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../machinery/json/value.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import type { TransportResponse } from "./transport.ts";

/** The whole body. */
export async function readBody(response: TransportResponse): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return chunks.length === 1 && Buffer.isBuffer(chunks[0]) ? chunks[0] : Buffer.concat(chunks);
}

/** The answered JSON, or the ApiError the server meant; a failure without a Status becomes ServiceUnavailable. */
export async function readJson(response: TransportResponse): Promise<JsonValue> {
  const body = await readBody(response);
  if (response.status >= 400) throw failureOf(response, body);
  return decodeStored(body);
}

/** A failure answer as an ApiError. A proxy's plain text keeps its words but never turns into NotFound. */
export function failureOf(response: TransportResponse, body: Buffer): ApiError {
  const { status } = response;
  let value: JsonValue;
  try {
    value = decodeStored(body);
  } catch {
    const text = body.toString("utf8", 0, 200).trim();
    // The path is not served: no group-version or no resource. It says nothing about an object, so no reason NotFound.
    if (status === 404) return new ApiError({ code: 404, reason: "", message: text });
    // Refused before any handler saw it, which is said in plain text.
    if (status === 429) {
      const seconds = retryAfterSeconds(response);
      const details = seconds === undefined ? {} : { details: { retryAfterSeconds: seconds } };
      return new ApiError({ code: 429, reason: "TooManyRequests", message: text, ...details });
    }
    return serviceUnavailable(`the server answered ${String(status)}: ${text}`);
  }
  if (!isObject(value) || value["kind"] !== "Status") {
    return serviceUnavailable(`the server answered ${String(status)} without a Status`);
  }
  return statusError(value, status);
}

/** A Status object, from a body or from an ERROR event of a watch, as an ApiError. */
export function statusError(status: JsonValue, code = 500): ApiError {
  const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
  const object = isObject(status) ? status : {};
  const details = getKey(object, "details");
  const given = getKey(object, "code");
  const continueToken = getPath(object, "metadata", "continue");
  return new ApiError({
    code: typeof given === "number" ? given : code,
    reason: text(getKey(object, "reason")) as StatusReason,
    message: text(getKey(object, "message")),
    ...(isObject(details) ? { details } : {}),
    ...(typeof continueToken === "string" && continueToken !== "" ? { continueToken } : {}),
  });
}

/** The answered JSON as an object of the API; anything else is a server that does not speak the protocol. */
export function objectOf(value: JsonValue): KubeObject {
  if (!isObject(value) || typeof value["kind"] !== "string" || typeof value["apiVersion"] !== "string") {
    throw serviceUnavailable("the server answered something that is not an object of the API");
  }
  if (!isObject(getKey(value, "metadata"))) value["metadata"] = {};
  return asKubeObject(value);
}

/** The texts of `Warning: 299 - "…"` headers. */
export function warningsOf(response: TransportResponse): readonly string[] {
  const header = response.headers["warning"];
  if (header === undefined) return [];
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    (text ?? "").replaceAll(/\\(.)/g, "$1"),
  );
}
