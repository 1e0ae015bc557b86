/**
 * `/admission/mutate`: runs the plugins that may change an object and answers what they changed as a JSON patch, in the
 * version the object came in. The plugins are those of the aggregated server; they see the hub version.
 */
import type { ReviewRequest } from "../../api/admission/review.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, equalJson, getKey, isObject } from "../../machinery/json/value.ts";
import { diffJson } from "../../machinery/patch/diff.ts";
import type { JsonPatchOperation } from "../../machinery/patch/json-patch.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import { attributesOf } from "./attributes.ts";
import { readReview } from "./decode.ts";
import type { Reviewer } from "./respond.ts";
import { allow, deny, Remarks } from "./respond.ts";
import type { ReviewedKind } from "./reviewed-kinds.ts";
import { kindOfReview, reviewedKinds } from "./reviewed-kinds.ts";

export interface MutateOptions {
  readonly definitions: readonly ResourceDefinition[];
  /** In their order; those without `admit` are passed over. */
  readonly plugins: readonly AdmissionPlugin[];
}

/** A reviewer for a mutating webhook. */
export function mutatingReviewer({ definitions, plugins }: MutateOptions): Reviewer {
  const kinds = reviewedKinds(definitions);
  const admitting = plugins.filter((plugin) => plugin.admit !== undefined);
  return async (body, call) => {
    const request = readReview(body);
    if ("badRequest" in request) return request;
    const reviewed = kindOfReview(kinds, request);
    if ("badRequest" in reviewed) return reviewed;
    const remarks = new Remarks();
    // A scale cannot be changed here into anything but a scale; it is looked at when validated.
    if ((request.subResource ?? "") !== "") return allow(request, remarks);
    const work = new Work(request, reviewed);
    const attributes = attributesOf(request, reviewed, work, { remarks, call });
    try {
      for (const plugin of admitting) {
        if (!plugin.handles(attributes)) continue;
        await plugin.admit?.(attributes);
        work.isTouched ||= plugin.onlyRefuses !== true;
      }
    } catch (error) {
      return deny(request, remarks, error);
    }
    return allow(request, remarks, work.patch());
  };
}

/** The object plugins may change, and the one it came from. */
class Work {
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
  isTouched = false;
  readonly #request: ReviewRequest;
  readonly #reviewed: ReviewedKind;

  constructor(request: ReviewRequest, reviewed: ReviewedKind) {
    this.#request = request;
    this.#reviewed = reviewed;
    const { version } = request.resource;
    const hub = reviewed.hub.name;
    const { object, oldObject } = request;
    if (object !== undefined && object !== null) {
      const canonical = this.#canonical(object, version);
      this.object = version === hub ? copyOf(canonical) : reviewed.convert(canonical, version, hub);
    }
    if (oldObject !== undefined && oldObject !== null) {
      this.oldObject = reviewed.convert(oldObject, version, hub);
    }
  }

  /** kube-apiserver knows no other way to write an object than its schema, but hands on what has the wrong type. */
  #canonical(object: JsonObject, version: string): JsonObject {
    const { canonicalize } = this.#reviewed.definition;
    if (canonicalize === undefined) return object;
    const canonical = canonicalize(copyOf(object), version);
    this.isTouched = !equalJson(canonical, object);
    return canonical;
  }

  /** What has to be done to the object of the request. */
  patch(): JsonPatchOperation[] {
    const before = this.#request.object;
    if (!this.isTouched || this.object === undefined || before === undefined || before === null) return [];
    const { version } = this.#request.resource;
    return diffJson(before, this.#reviewed.convert(this.object, this.#reviewed.hub.name, version));
  }
}

/** A copy for plugins to change. Managed fields are large and none of theirs, so they are shared. */
function copyOf(object: JsonObject): JsonObject {
  const { metadata, ...rest } = object;
  const copy = cloneJson(rest);
  if (metadata === undefined) return copy;
  if (!isObject(metadata)) return { ...copy, metadata: cloneJson(metadata) };
  const { managedFields: _, ...own } = metadata;
  const managed = getKey(metadata, "managedFields");
  const copied = cloneJson(own);
  if (managed !== undefined) copied["managedFields"] = managed;
  return { ...copy, metadata: copied };
}
