import type { Status } from "../../api/errors/status.ts";
import { writeEnvelope } from "./envelope.ts";
import { message } from "./writer.ts";

/** A Status as kube-apiserver writes it in protobuf: every text is there, also the empty ones, behind the magic `k8s`. */
export function encodeStatus(status: Status): Buffer {
  const { details } = status;
  const raw = message((w) => {
    w.bytes(1, texts(undefined, undefined, status.metadata.continue));
    w.bytes(2, status.status);
    w.bytes(3, status.message ?? "");
    w.bytes(4, status.reason ?? "");
    if (details !== undefined) w.bytes(5, encodeDetails(details));
    w.varint(6, status.code ?? 0);
  });
  return writeEnvelope({ apiVersion: status.apiVersion, kind: status.kind, raw });
}

function encodeDetails(details: NonNullable<Status["details"]>): Buffer {
  return message((w) => {
    w.bytes(1, details.name ?? "");
    w.bytes(2, details.group ?? "");
    w.bytes(3, details.kind ?? "");
    for (const { reason, message: text, field } of details.causes ?? [])
      w.bytes(4, texts(reason, text, field));
    w.varint(5, details.retryAfterSeconds ?? 0);
    w.bytes(6, details.uid ?? "");
  });
}

/** A message of nothing but texts, numbered from 1. */
const texts = (...fields: readonly (string | undefined)[]): Buffer =>
  message((w) => {
    fields.forEach((text, i) => {
      w.bytes(i + 1, text ?? "");
    });
  });
