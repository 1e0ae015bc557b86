/** The `/scale` subresource: the replica counts of an object in the form autoscalers know. */
import { isApiError } from "../../api/errors/api-error.ts";
import { badRequest, internalError } from "../../api/errors/catalogue.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, getPath, isObject } from "../../machinery/json/value.ts";
import type { SentScale } from "../admission/plugin.ts";
import { parseConfiguration, requireMap } from "./apply.ts";
import { withManagedFields } from "../managedfields/managed.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { objectMediaType, patchTypeOf } from "../negotiation/content-type.ts";
import { readObject } from "../printers/read-object.ts";
import { formOf } from "../printers/respond.ts";
import { respondScale } from "../printers/scale.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { freshObject, refuseExport } from "./get.ts";
import { requireName } from "./identity.ts";
import { metaText, setMeta } from "./object-metadata.ts";
import { applyPatch, readPatch } from "./patch.ts";
import { readPatchedScale, readScaleBody } from "./scale-body.ts";
import { requireReadable, requireScale, scaleValue } from "./scale-object.ts";
import type { Scope } from "./scope.ts";
import { uidMismatch, updateObject } from "./update-object.ts";
import type { WriteOptions } from "./write-options.ts";
import { managerOf, writeOptions } from "./write-options.ts";

/** GET of a scale. */
export async function handleGetScale(scope: Scope): Promise<ApiResponse> {
  const form = formOf(scope.request);
  refuseExport(scope.request.query);
  const cached = await freshObject(scope);
  try {
    return answer(scope, cached, form);
  } catch (error) {
    // Other than for a write, a count that is missing is an internal error of a read.
    if (isApiError(error, "")) throw internalError(error.message, error);
    throw error;
  }
}

/** PUT of a scale; without a resourceVersion it is unconditional. */
export async function handleUpdateScale(scope: Scope): Promise<ApiResponse> {
  const { request } = scope;
  if (scope.name === "") throw badRequest("name must be provided");
  const form = formOf(request);
  const options = writeOptions(request, "UpdateOptions");
  const mediaType = objectMediaType(request.header("content-type"));
  const { scale, unknown } = readScaleBody(request.body, mediaType, options.fieldValidation === "Strict");
  if (options.fieldValidation === "Warn") for (const text of unknown) request.warn(text);
  checkNamespace(scope, scale);
  requireName(scope, scale);
  checkName(scope, scale);
  return write(scope, options, form, (live, current) => {
    const uid = metaText(scale, "uid");
    if (uid !== "" && uid !== metaText(current, "uid")) {
      throw uidMismatch(scope, uid, metaText(current, "uid"));
    }
    return followed(scope, options, live, cloneJson(scale));
  });
}

/** PATCH of a scale, as JSON patch, merge patch or apply configuration. */
export async function handlePatchScale(scope: Scope): Promise<ApiResponse> {
  const { request } = scope;
  const type = patchTypeOf(request.header("content-type"), false);
  const form = formOf(request);
  const options = writeOptions(request, "PatchOptions", type === "apply");
  if (type === "apply") return applyScale(scope, options, form);
  let patch: ReturnType<typeof readPatch> | undefined;
  return write(scope, options, form, (live) => {
    patch ??= readPatch(request.body, type, options.fieldValidation);
    const patched = readPatchedScale(applyPatch(scope, patch, cloneJson(live)), patch.strict, {
      mode: options.fieldValidation,
      warn: (text) => {
        request.warn(text);
      },
    });
    checkIdentity(scope, patched);
    return followed(scope, options, live, patched);
  });
}

/** Server-side apply of a Scale. A count nobody owned is taken without a conflict. */
async function applyScale(
  scope: Scope,
  options: WriteOptions,
  form: ReturnType<typeof formOf>,
): Promise<ApiResponse> {
  const { version, request } = scope;
  return write(scope, options, form, (live) => {
    const { value } = parseConfiguration(request.body);
    const applied = version.resource.scaleFields.apply(live, requireMap(value), {
      manager: options.fieldManager,
      force: options.force === true,
    });
    checkIdentity(scope, applied);
    return applied;
  });
}

/** The Scale with who owns its count after the write. */
function followed(scope: Scope, options: WriteOptions, live: JsonObject, next: JsonObject): JsonObject {
  const { version, request } = scope;
  // What does not say that it is a Scale cannot be followed, and then nobody owns the count.
  if (getKey(next, "apiVersion") !== "autoscaling/v1" || getKey(next, "kind") !== "Scale") {
    return withManagedFields(next, undefined);
  }
  return version.resource.scaleFields.update(live, withoutZero(next), managerOf(request, options));
}

/** A Scale says zero by leaving the count out. */
function withoutZero(scale: JsonObject): JsonObject {
  const spec = getKey(scale, "spec");
  if (isObject(spec) && (spec["replicas"] === 0 || spec["replicas"] === null)) {
    Reflect.deleteProperty(spec, "replicas");
  }
  return scale;
}

/** Stands for a count that is not there, as in kube-apiserver: a patch can see it, but it cannot be what is written. */
const noCount = -(2 ** 31);

async function write(
  scope: Scope,
  options: WriteOptions,
  form: ReturnType<typeof formOf>,
  scaleOf: (live: JsonObject, current: JsonObject) => JsonObject,
): Promise<ApiResponse> {
  const { version } = scope;
  const fields = version.resource.scaleFields;
  let scales: SentScale | undefined;
  const outcome = await updateObject(scope, {
    options,
    hasManagedFields: true,
    scale: () => scales,
    next: (current) => {
      requireReadable(requireScale(version), current);
      const live = fields.ofParent(scaleValue(version, current, noCount), current);
      const scale = scaleOf(live, current);
      const replicas = replicasOf(scale);
      if (replicas === noCount) {
        throw badRequest(
          `the spec replicas field ${JSON.stringify(requireScale(version).specPath)} cannot be empty`,
        );
      }
      const submitted = metaText(scale, "resourceVersion");
      if (submitted !== "") setMeta(current, "resourceVersion", submitted);
      requireScale(version).setSpecReplicas(current, replicas);
      scales = { sent: scale, live };
      return fields.toParent(current, scale, version.apiVersion);
    },
  });
  return answer(scope, outcome.object, form);
}

function answer(scope: Scope, cached: CachedObject, form: ReturnType<typeof formOf>): ApiResponse {
  const { version, request, deps } = scope;
  return respondScale(version, readObject(version, cached), { request, form, now: deps.clock.now() });
}

function replicasOf(scale: JsonObject): JsonValue {
  return getPath(scale, "spec", "replicas") ?? 0;
}

function checkIdentity(scope: Scope, scale: JsonObject): void {
  checkNamespace(scope, scale);
  requireName(scope, scale);
  checkName(scope, scale);
}

function checkName(scope: Scope, scale: JsonObject): void {
  const name = metaText(scale, "name");
  if (name !== scope.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${scope.name})`);
  }
}

function checkNamespace(scope: Scope, scale: JsonObject): void {
  const namespace = metaText(scale, "namespace");
  if (namespace !== "" && namespace !== scope.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}
