/** Server-side apply: the body is what one manager wants to own; merging and ownership are the field manager's work. */
import { badRequest, conflict } from "../../api/errors/catalogue.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, isObject } from "../../machinery/json/value.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { decodeYaml, printDuplicateKey } from "../../machinery/yaml/decode.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import type { ApiResponse } from "../http/api-request.ts";
import type { AuthorizationAttributes } from "../authz/authorizer.ts";
import { forbiddenRequest } from "../authz/forbidden.ts";
import type { Negotiated } from "../negotiation/accept.ts";
import { respondObject } from "../printers/respond.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { createObject } from "./create-object.ts";
import { messageOf, shapeEmbeddedIn, shapeMetadata } from "./decode-body.ts";
import { matchIdentity, requireName } from "./identity.ts";
import { metaText, metadataOf, setMeta } from "./object-metadata.ts";
import type { Scope } from "./scope.ts";
import { missing } from "./scope.ts";
import { updateObject } from "./update-object.ts";
import type { WriteOptions } from "./write-options.ts";

/** PATCH with an apply configuration, of an object or of its `/status`. Creates the object when it is not there. */
export async function handleApply(
  scope: Scope,
  options: WriteOptions,
  form: Negotiated,
): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const applied = readConfiguration(scope, options);
  const merge = (live: JsonObject | undefined): JsonObject => {
    const merged = version.resource.fieldManager.apply(live, cloneJson(applied), {
      manager: options.fieldManager,
      version: version.name,
      subresource: scope.subresource,
      force: options.force === true,
    });
    shapeMetadata(version, merged);
    matchIdentity(scope, merged);
    prune(merged, version.definition.schema);
    shapeEmbeddedIn(version, merged);
    applyDefaults(merged, version.definition.schema);
    return merged;
  };
  const outcome = await updateObject(scope, {
    options,
    hasManagedFields: true,
    next: (current) => {
      const merged = merge(current);
      // The configuration may carry both, as a precondition; otherwise the live ones stand.
      setMeta(
        merged,
        "resourceVersion",
        metaText(applied, "resourceVersion") || metaText(current, "resourceVersion"),
      );
      setMeta(merged, "uid", metaText(applied, "uid") || metaText(current, "uid"));
      return merged;
    },
    whenMissing: () => createApplied(scope, options, applied, merge),
  });
  const status = outcome.isCreated ? 201 : 200;
  return respondObject(version, outcome.object, { request, form, now: deps.clock.now(), status });
}

async function createApplied(
  scope: Scope,
  options: WriteOptions,
  applied: JsonObject,
  merge: (live: undefined) => JsonObject,
): Promise<CachedObject> {
  if (scope.subresource !== "") throw missing(scope);
  const uid = metaText(applied, "uid");
  if (uid !== "") {
    throw conflict(
      scope.version.resource.gr,
      scope.name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  await authorizeCreate(scope);
  requireName(scope, applied);
  const object = merge(undefined);
  setMeta(object, "resourceVersion", undefined);
  return createObject(scope, { options, object, hasManagedFields: true });
}

/** A patch that creates needs the right to create that name, too. */
async function authorizeCreate(scope: Scope): Promise<void> {
  const { request, version, namespace, name } = scope;
  const { group, version: versionName, resource } = version.gvr;
  const attributes: AuthorizationAttributes = {
    user: request.user,
    verb: "create",
    isResourceRequest: true,
    group,
    version: versionName,
    resource,
    subresource: "",
    namespace,
    name,
    path: request.path,
  };
  const answer = await scope.deps.authorizer.authorize(attributes);
  if (answer.decision !== "Allow") throw forbiddenRequest(attributes, answer.reason);
}

/** The configuration, checked as far as can be without the live object. Throws BadRequest. */
function readConfiguration(scope: Scope, options: WriteOptions): JsonObject {
  const { version, request } = scope;
  const { value, duplicates } = parseConfiguration(request.body);
  if (duplicates.length > 0 && options.fieldValidation === "Strict") {
    const lines = duplicates.map((text) => `\n  ${text}`).join("");
    throw badRequest(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:${lines}`,
    );
  }
  if (options.fieldValidation === "Warn") for (const text of duplicates) request.warn(text);
  if (value !== null && !isObject(value)) {
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value} into Go value of type map[string]interface {}`,
    );
  }
  const decoded = value ?? {};
  checkType(scope, decoded);
  const managed = isObject(getKey(decoded, "metadata"))
    ? getKey(getKey(decoded, "metadata") as JsonObject, "managedFields")
    : undefined;
  if (managed !== undefined && managed !== null) throw badRequest("metadata.managedFields must be nil");
  const object = version.resource.definition.canonicalize?.(decoded, version.name) ?? decoded;
  // A configuration may leave name and namespace out, and then does not say them in errors either.
  if (isObject(getKey(object, "metadata"))) matchIdentity(scope, cloneJson(object));
  return ownable(scope, object);
}

/** The body of an apply patch: YAML, of which JSON is a part. Throws BadRequest. */
export function parseConfiguration(body: Buffer): { value: JsonValue; duplicates: string[] } {
  // JSON is by far the common case and much quicker to read; its duplicates are told the way YAML tells them.
  if (body[0] === 0x7b) {
    const json = tryJson(body);
    if (json?.duplicates.length === 0) return { value: json.value, duplicates: [] };
  }
  try {
    const { value, duplicates } = decodeYaml(body);
    return { value, duplicates: duplicates.map(printDuplicateKey) };
  } catch (error) {
    throw badRequest(`error decoding YAML: ${messageOf(error)}`, error);
  }
}

function tryJson(body: Buffer): ReturnType<typeof decodeJson> | undefined {
  try {
    return decodeJson(body);
  } catch {
    // It may still be a YAML flow mapping.
    return undefined;
  }
}

function checkType(scope: Scope, decoded: JsonObject): void {
  const text = (field: string): string => {
    const value = getKey(decoded, field);
    return typeof value === "string" ? value : "";
  };
  const { apiVersion, gvk } = scope.version;
  if (text("apiVersion") === apiVersion && text("kind") === gvk.kind) return;
  const { group, version } = parseApiVersion(text("apiVersion"));
  throw badRequest(`invalid object type: ${group}/${version}, Kind=${text("kind")}`);
}

/** Leaves out what this endpoint ignores, so that nobody comes to own it. */
function ownable(scope: Scope, object: JsonObject): JsonObject {
  if (scope.subresource === "") {
    if (scope.version.definition.status === true) Reflect.deleteProperty(object, "status");
    return object;
  }
  if (!isObject(getKey(object, "metadata"))) object["metadata"] = {};
  const metadata: JsonObject = {};
  for (const field of ["name", "namespace", "uid", "resourceVersion"]) {
    const value = getKey(metadataOf(object), field);
    if (value !== undefined) metadata[field] = value;
  }
  const kept: JsonObject = { apiVersion: scope.version.apiVersion, kind: scope.version.gvk.kind, metadata };
  const status = getKey(object, "status");
  if (status !== undefined) kept["status"] = status;
  return kept;
}
