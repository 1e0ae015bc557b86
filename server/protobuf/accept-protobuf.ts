import { badRequest } from "../../api/errors/catalogue.ts";
import { isBuiltInGroup } from "../../api/meta/types.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { ApiRequest, Handler } from "../http/api-request.ts";
import { decodeProtobuf, ProtobufError } from "./decode.ts";

const protobufType = "application/vnd.kubernetes.protobuf";

/**
 * Lets a handler that reads JSON take built-in kinds in protobuf: the body arrives at it as JSON. Bodies of other
 * kinds are passed on as they are, to be refused with what they are a body of.
 */
export function acceptProtobuf(next: Handler): Handler {
  const decoded: Handler = async (request) => {
    const object = decodeOrRefuse(request);
    return next(object === undefined ? request : withJson(request, Buffer.from(encodeJson(object))));
  };
  return (request) => (isProtobuf(request) ? decoded(request) : next(request));
}

function isProtobuf(request: ApiRequest): boolean {
  if (request.body.length === 0) return false;
  const type = request.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== protobufType) return false;
  // No patch is protobuf, and a request without a name where one is needed is told so first.
  if (request.method === "PATCH" || (request.method === "PUT" && request.info.name === "")) return false;
  // Other than built-in kinds, options of a deletion are read in protobuf for every kind.
  return isBuiltInGroup(request.info.group) || request.method === "DELETE";
}

function decodeOrRefuse({ body }: ApiRequest): ReturnType<typeof decodeProtobuf> {
  try {
    return decodeProtobuf(body);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw badRequest(error.message, error);
  }
}

/** The same request with another body; everything else, also what is a method, is that of the original. */
function withJson(request: ApiRequest, body: Buffer): ApiRequest {
  return {
    method: request.method,
    url: request.url,
    path: request.path,
    query: request.query,
    header: (name) => (name.toLowerCase() === "content-type" ? "application/json" : request.header(name)),
    body,
    user: request.user,
    info: request.info,
    auditId: request.auditId,
    signal: request.signal,
    receivedAt: request.receivedAt,
    warn: (text) => {
      request.warn(text);
    },
    annotate: (key, value) => {
      request.annotate(key, value);
    },
  };
}
