/**
 * `/admission/validate`: what the aggregated server checks beyond the schema, which kube-apiserver has checked by itself
 * against the CRD: the plugins that may only refuse. A scale is judged as the object it would make.
 */
import type { ReviewRequest } from "../../api/admission/review.ts";
import { notFound } from "../../api/errors/catalogue.ts";
import type { ResourceDefinition, ScaleSubresource } from "../../api/meta/resource-definition.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getPath, setPath } from "../../machinery/json/value.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import type { HubObjects } from "./attributes.ts";
import { attributesOf } from "./attributes.ts";
import { readReview } from "./decode.ts";
import type { Reviewer } from "./respond.ts";
import { allow, deny, Remarks } from "./respond.ts";
import type { ReviewedKind } from "./reviewed-kinds.ts";
import { kindOfReview, reviewedKinds } from "./reviewed-kinds.ts";

export interface ValidateOptions {
  readonly definitions: readonly ResourceDefinition[];
  /** In their order; those without `validate` are passed over. */
  readonly plugins: readonly AdmissionPlugin[];
  /** The stored object behind a scale, in the hub version; undefined when there is none. */
  readonly readParent: (parent: ParentRef) => Promise<JsonObject | undefined>;
}

/** The object a subresource belongs to. */
export interface ParentRef {
  readonly definition: ResourceDefinition;
  readonly namespace: string;
  readonly name: string;
}

/** A reviewer for a validating webhook. */
export function validatingReviewer({ definitions, plugins, readParent }: ValidateOptions): Reviewer {
  const kinds = reviewedKinds(definitions);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);
  return async (body, call) => {
    const request = readReview(body);
    if ("badRequest" in request) return request;
    const reviewed = kindOfReview(kinds, request);
    if ("badRequest" in reviewed) return reviewed;
    const remarks = new Remarks();
    try {
      const objects =
        request.subResource === "scale"
          ? await scaled(request, reviewed, readParent)
          : hubObjects(request, reviewed);
      const attributes = attributesOf(request, reviewed, objects, { remarks, call });
      for (const plugin of validating) {
        if (plugin.handles(attributes)) await plugin.validate?.(attributes);
      }
    } catch (error) {
      return deny(request, remarks, error);
    }
    return allow(request, remarks);
  };
}

function hubObjects(request: ReviewRequest, reviewed: ReviewedKind): HubObjects {
  const toHub = (object: JsonObject | null | undefined): JsonObject | undefined =>
    object === undefined || object === null
      ? undefined
      : reviewed.convert(object, request.resource.version, reviewed.hub.name);
  return { object: toHub(request.object), oldObject: toHub(request.oldObject) };
}

/** The parent before and after; the review itself only has the two scales. */
async function scaled(
  request: ReviewRequest,
  { definition, hub }: ReviewedKind,
  readParent: ValidateOptions["readParent"],
): Promise<HubObjects> {
  const { namespace = "", name = "" } = request;
  const parent = await readParent({ definition, namespace, name });
  if (parent === undefined) throw notFound({ group: definition.group, resource: definition.plural }, name);
  const replicas = getPath(request.object ?? undefined, "spec", "replicas") ?? 0;
  const object = cloneJson(parent);
  setPath(object, replicasPath(hub.scale), replicas);
  return { object, oldObject: parent };
}

/** `.spec.serving.replicas` as keys. */
const replicasPath = (scale: ScaleSubresource | undefined): string[] =>
  (scale?.specReplicasPath ?? ".spec.replicas").split(".").slice(1);
