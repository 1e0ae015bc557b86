import { badRequest } from "../../api/errors/catalogue.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ApiRequest } from "../http/api-request.ts";
import type { ObjectMediaType } from "../negotiation/content-type.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { decodeBody, defaultVersion, unhandled } from "./decode-body.ts";
import { reportStrict } from "./field-validation.ts";
import { textOf } from "./type-meta.ts";
import type { FieldValidation } from "./write-options.ts";

/**
 * The object of a request's body. What strict validation refuses is told as the client asked, and only then is the wrong
 * apiVersion refused; the wrong kind is left to validation.
 */
export function readObject(
  version: ServedVersion,
  request: ApiRequest,
  { mediaType, mode }: { readonly mediaType: ObjectMediaType; readonly mode: FieldValidation },
): JsonObject {
  const { object, strict } = decodeBody(version, request.body, mediaType, mode === "Ignore");
  reportStrict(request, strict, mode, (why) =>
    unhandled(textOf(object, "kind"), defaultVersion(object, version), version.gvk.kind, why),
  );
  const apiVersion = textOf(object, "apiVersion");
  if (apiVersion !== version.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${version.apiVersion})`,
    );
  }
  return object;
}
