import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson } from "../machinery/json/value.ts";
import type { Owner } from "../transformers/ownership.ts";
import { classify } from "./failure.ts";
import { fieldManager } from "./names.ts";
import type { Verdict } from "./verdict.ts";

/** An object whose status a reconciler writes. */
export interface Reported extends Owner {
  readonly status?: unknown;
}

export interface StatusWriterOptions {
  readonly client: Client;
  readonly resource: ResourceRef;
  /** Told before a status is written. */
  readonly onStatus: (object: Reported, status: object) => void;
  /** Told of the object as it was last written. */
  readonly onWritten: (object: Reported) => void;
}

/** Writes the status if it is another one; `isWritten` says whether it did. */
export async function writeStatus(
  object: Reported,
  status: object,
  { client, resource, onStatus, onWritten }: StatusWriterOptions,
): Promise<Verdict & { readonly isWritten: boolean }> {
  if (equalJson(asPlain(object.status), asPlain(status))) return { isWritten: false };
  onStatus(object, status);
  try {
    const body: KubeObject = { ...object, status };
    // Nobody changed the object meanwhile, or the answer were a conflict.
    const { object: answer } = await client.update(resource, body, {
      subresource: "status",
      fieldManager,
      answersMetadata: true,
    });
    onWritten({ ...body, metadata: answer.metadata });
    return { isWritten: true };
  } catch (error) {
    if (isApiError(error, "NotFound")) return { isWritten: false };
    return { isWritten: false, failure: classify(error), error };
  }
}

/** A status as JSON. */
export const asPlain = (status: unknown): JsonValue =>
  asJson({ apiVersion: "", kind: "", metadata: {}, status })["status"] ?? {};
