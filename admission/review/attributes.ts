import type { ReviewRequest } from "../../api/admission/review.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { AdmissionAttributes } from "../../server/admission/plugin.ts";
import { reviewUser } from "./decode.ts";
import type { Remarks, ReviewCall } from "./respond.ts";
import type { ReviewedKind } from "./reviewed-kinds.ts";

/** The objects of a review in the hub version. */
export interface HubObjects {
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
}

/** A review as plugins see any other write. `requestVersion` is what the client speaks, whatever the webhook got. */
export function attributesOf(
  request: ReviewRequest,
  reviewed: ReviewedKind,
  { object, oldObject }: HubObjects,
  { remarks, call }: { readonly remarks: Remarks; readonly call: ReviewCall },
): AdmissionAttributes {
  const { definition, hub } = reviewed;
  const { group, plural, kind, converter } = definition;
  const spoken = (request.requestResource ?? request.resource).version;
  return {
    operation: request.operation,
    user: reviewUser(request),
    resource: { group, version: hub.name, resource: plural },
    kind: { group, version: hub.name, kind },
    subresource: request.subResource ?? "",
    namespace: request.namespace ?? "",
    name: request.name ?? "",
    ...(object === undefined ? {} : { object }),
    ...(oldObject === undefined ? {} : { oldObject }),
    options: request.options ?? {},
    dryRun: request.dryRun === true,
    requestVersion: spoken,
    clientPath: (path) =>
      spoken === hub.name ? path : (converter?.translatePath?.(path, hub.name, spoken) ?? path),
    warn: remarks.warn,
    annotate: remarks.annotate,
    call,
  };
}
