/** The `/scale` subresource: the replica counts of an object in the form autoscalers know. */
import { isApiError } from "../../api/errors/api-error.ts";
import { badRequest, internalError } from "../../api/errors/catalogue.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { scaleToParent } from "../managedfields/scale.ts";
import { parseConfiguration } from "./apply.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { bodyMediaType, patchTypeOf } from "../negotiation/content-type.ts";
import { readObject } from "../printers/read-object.ts";
import { formOf } from "../printers/respond.ts";
import { respondScale } from "../printers/scale.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { requireTyped } from "./decode-body.ts";
import { freshObject } from "./get.ts";
import { requireName } from "./identity.ts";
import { metaText, setMeta } from "./object-metadata.ts";
import { applyPatch, readPatch } from "./patch.ts";
import { readScaleBody } from "./scale-body.ts";
import { requireScale, scaleValue } from "./scale-object.ts";
import type { Scope } from "./scope.ts";
import { uidMismatch, updateObject } from "./update-object.ts";
import type { WriteOptions } from "./write-options.ts";
import { writeOptions } from "./write-options.ts";

/** GET of a scale. */
export async function handleGetScale(scope: Scope): Promise<ApiResponse> {
  const form = formOf(scope.request, { isList: false });
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
  const form = formOf(request, { isList: false });
  const mediaType = bodyMediaType(request.header("content-type"));
  const options = writeOptions(request, "UpdateOptions");
  const { scale, unknown } = readScaleBody(request.body, mediaType, options.fieldValidation === "Strict");
  if (options.fieldValidation === "Warn") for (const text of unknown) request.warn(text);
  requireName(scope, scale);
  checkIdentity(scope, scale);
  return write(scope, options, form, () => scale);
}

/** PATCH of a scale, as JSON patch, merge patch or apply configuration. */
export async function handlePatchScale(scope: Scope): Promise<ApiResponse> {
  const { request, version } = scope;
  const type = patchTypeOf(request.header("content-type"), false);
  const form = formOf(request, { isList: false });
  const options = writeOptions(request, "PatchOptions", type === "apply");
  if (type === "apply") return applyScale(scope, options, form);
  let patch: ReturnType<typeof readPatch> | undefined;
  return write(scope, options, form, (current) => {
    patch ??= readPatch(request.body, type);
    const patched = applyPatch(scope, patch, scaleValue(version, current));
    checkScale(scope, patched);
    return patched;
  });
}

/** Server-side apply of a Scale is an apply of the replicas of the object behind it. */
async function applyScale(
  scope: Scope,
  options: WriteOptions,
  form: ReturnType<typeof formOf>,
): Promise<ApiResponse> {
  const { version, request } = scope;
  const { value } = parseConfiguration(request.body);
  const scale = requireTyped(value, request.body, "Scale");
  checkScale(scope, scale);
  const parent = scaleToParent(version.resource.definition, version.name, scale) ?? {};
  setMeta(parent, "name", scope.name);
  setMeta(parent, "namespace", scope.namespace === "" ? undefined : scope.namespace);
  const outcome = await updateObject(scope, {
    options,
    hasManagedFields: true,
    next: (current) => {
      const merged = version.resource.fieldManager.apply(current, cloneJson(parent), {
        manager: options.fieldManager,
        version: version.name,
        subresource: scope.subresource,
        force: options.force === true,
      });
      for (const field of ["uid", "resourceVersion"]) {
        setMeta(merged, field, metaText(scale, field) || metaText(current, field));
      }
      return merged;
    },
  });
  return answer(scope, outcome.object, form);
}

async function write(
  scope: Scope,
  options: WriteOptions,
  form: ReturnType<typeof formOf>,
  scaleOf: (current: JsonObject) => JsonObject,
): Promise<ApiResponse> {
  const { version } = scope;
  const outcome = await updateObject(scope, {
    options,
    next: (current) => {
      const scale = scaleOf(current);
      const uid = metaText(scale, "uid");
      if (uid !== "" && uid !== metaText(current, "uid")) {
        throw uidMismatch(scope, uid, metaText(current, "uid"));
      }
      const submitted = metaText(scale, "resourceVersion");
      if (submitted !== "" && submitted !== "0") setMeta(current, "resourceVersion", submitted);
      requireScale(version).setSpecReplicas(current, replicasOf(scale));
      return current;
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

/** Kind, identity and types of a Scale that was sent. */
function checkScale(scope: Scope, scale: JsonObject): void {
  if (getKey(scale, "apiVersion") !== "autoscaling/v1" || getKey(scale, "kind") !== "Scale") {
    const text = (field: string): string => {
      const value = getKey(scale, field);
      return typeof value === "string" ? value : "";
    };
    throw badRequest(
      `the API version in the data (${text("apiVersion")}) does not match the expected API version (autoscaling/v1)`,
    );
  }
  const spec = getKey(scale, "spec");
  if (spec !== undefined && spec !== null && !isObject(spec)) {
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${Array.isArray(spec) ? "array" : typeof spec} into Go struct field Scale.spec of type v1.ScaleSpec`,
    );
  }
  const replicas = replicasOf(scale);
  if (typeof replicas !== "number" || !Number.isInteger(replicas)) {
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${Array.isArray(replicas) ? "array" : isObject(replicas) ? "object" : typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
    );
  }
  checkIdentity(scope, scale);
}

function checkIdentity(scope: Scope, scale: JsonObject): void {
  const name = metaText(scale, "name");
  if (name !== "" && name !== scope.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${scope.name})`);
  }
  const namespace = metaText(scale, "namespace");
  if (namespace !== "" && namespace !== scope.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}
