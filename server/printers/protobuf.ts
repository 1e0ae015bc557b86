/** Answers in protobuf, asked for by metadata clients: metadata of objects and lists, and what became of a request. */
import type { Status } from "../../api/errors/status.ts";
import type { BytesResponse } from "../http/api-request.ts";
import type { Transform } from "../negotiation/accept.ts";
import { contentTypeOf } from "../negotiation/accept.ts";
import { encodeStatus } from "../protobuf/encode-status.ts";
import { writeEnvelope } from "../protobuf/envelope.ts";

/** The message of what was asked for, in its envelope. */
export const respondMessage = (transform: Transform, raw: Buffer, status: number): BytesResponse =>
  bytes(typedMessage(transform, raw), status);

/** A Status in protobuf. */
export const respondStatusMessage = (status: Status): BytesResponse => bytes(encodeStatus(status), 200);

/** The message of a transformed object with its type. */
export const typedMessage = ({ kind, version }: Transform, raw: Buffer): Buffer =>
  writeEnvelope({ apiVersion: `meta.k8s.io/${version}`, kind, raw });

const bytes = (body: Buffer, status: number): BytesResponse => ({
  status,
  headers: { "Content-Type": contentTypeOf("protobuf") },
  body,
});
