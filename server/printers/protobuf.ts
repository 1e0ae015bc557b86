/** Answers in protobuf, asked for by metadata clients: metadata of objects and lists, and nothing that has no message. */
import { notAcceptableForm } from "../../api/errors/catalogue.ts";
import type { Status } from "../../api/errors/status.ts";
import { toStatus } from "../../api/errors/status.ts";
import type { BytesResponse } from "../http/api-request.ts";
import type { Transform } from "../negotiation/accept.ts";
import { contentTypeOf } from "../negotiation/accept.ts";
import { encodeStatus } from "../protobuf/encode-status.ts";
import { writeEnvelope } from "../protobuf/envelope.ts";

/** The message of what was asked for, in its envelope. A Table has none: that is refused, whatever was done before. */
export function respondMessage(transform: Transform, raw: () => Buffer, status: number): BytesResponse {
  if (transform.kind === "Table") return respondStatusMessage(toStatus(noMessage()), 406);
  return bytes(typedMessage(transform, raw()), status);
}

/** A Status in protobuf. */
export const respondStatusMessage = (status: Status, code: number): BytesResponse =>
  bytes(encodeStatus(status), code);

/** The message of a transformed object with its type. */
export const typedMessage = ({ kind, version }: Transform, raw: Buffer): Buffer =>
  writeEnvelope({ apiVersion: `meta.k8s.io/${version}`, kind, raw });

/** Why there is no Table in protobuf. */
export const noMessage = (): Error =>
  notAcceptableForm(
    "object *v1.Table does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message",
  );

const bytes = (body: Buffer, status: number): BytesResponse => ({
  status,
  headers: { "Content-Type": contentTypeOf("protobuf") },
  body,
});
