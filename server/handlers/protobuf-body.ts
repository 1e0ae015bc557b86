/**
 * What is said of a custom object in protobuf, a form its schema has no numbers for. kube-apiserver offers to read it
 * and then cannot, and where it is to check fields too it panics; here the answer is the same with and without.
 */
import type { ApiError } from "../../api/errors/api-error.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import { ProtobufError } from "../protobuf/reader.ts";
import { readEnvelope } from "../protobuf/envelope.ts";

/** The words for both cases: that the body is none, and that it is one of this kind and version. */
export interface ProtobufRefusals {
  readonly unrecognized: (why: string, cause: unknown) => ApiError;
  readonly unhandled: (kind: string, version: string, why: string) => ApiError;
}

/** Why a body in protobuf cannot be an object of a kind that is known by its schema only. */
export function refuseProtobuf(
  body: Buffer,
  expected: { readonly kind: string; readonly version: string },
  { unrecognized, unhandled }: ProtobufRefusals,
): ApiError {
  try {
    const { apiVersion, kind } = readEnvelope(body);
    const { group, version } = parseApiVersion(apiVersion);
    return unhandled(
      kind === "" ? expected.kind : kind,
      version === "" && group === "" ? expected.version : version,
      "Object 'Kind' is missing in 'object has no kind field '",
    );
  } catch (error) {
    if (error instanceof ProtobufError) return unrecognized(error.message, error);
    throw error;
  }
}
