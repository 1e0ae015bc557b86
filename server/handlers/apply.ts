/** Server-side apply: the body is what one manager wants to own; merging and ownership are the field manager's work. */
import { badRequest, conflict } from "../../api/errors/catalogue.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import { jsonTypeName } from "../../machinery/json/type-name.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, isObject } from "../../machinery/json/value.ts";
import { fillDefaults } from "../../machinery/schema/defaults.ts";
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
import { messageOf, shapeMetadata } from "./decode-body.ts";
import { matchIdentity, matchNamespace, requireName } from "./identity.ts";
import { metadataOf, metaText, setMeta } from "./object-metadata.ts";
import { objectVersion } from "./resource-version.ts";
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
  // What is wrong with the configuration is told after an object that is not there.
  let read: Configuration | undefined;
  const configuration = (): Configuration => (read ??= readConfiguration(scope));
  const merge = (live: JsonObject | undefined): JsonObject => {
    const { applied, duplicates } = configuration();
    const merged = version.resource.fieldManager.apply(live, cloneJson(applied), {
      manager: options.fieldManager,
      version: version.name,
      subresource: scope.subresource,
      force: options.force === true,
      complete: (object) => {
        prune(object, version.definition.schema);
        fillDefaults(object, version.definition.schema);
      },
    });
    reportDuplicates(scope, duplicates, options);
    // When an object was created is never taken from a configuration, so what it says need not make sense.
    setMeta(merged, "creationTimestamp", getKey(metadataOf(live ?? {}), "creationTimestamp"));
    shapeMetadata(version, merged);
    if (live === undefined) refuseUid(scope, merged);
    matchNamespace(scope, merged);
    requireName(scope, merged);
    matchIdentity(scope, merged);
    return merged;
  };
  const outcome = await updateObject(scope, {
    options,
    hasManagedFields: true,
    next: (current) => {
      const merged = merge(current);
      const { applied } = configuration();
      // The configuration may carry both, as a precondition; otherwise the live ones stand.
      setMeta(
        merged,
        "resourceVersion",
        metaText(applied, "resourceVersion") || metaText(current, "resourceVersion"),
      );
      setMeta(merged, "uid", metaText(applied, "uid") || metaText(current, "uid"));
      return merged;
    },
    whenMissing: () => createApplied(scope, options, merge),
  });
  const status = outcome.isCreated ? 201 : 200;
  return respondObject(version, outcome.object, { request, form, now: deps.clock.now(), status });
}

async function createApplied(
  scope: Scope,
  options: WriteOptions,
  merge: (live: undefined) => JsonObject,
): Promise<CachedObject> {
  if (scope.subresource !== "") throw missing(scope);
  // What is wrong with the configuration is said first, even to those who may not create.
  const object = merge(undefined);
  await authorizeCreate(scope);
  objectVersion(metaText(object, "resourceVersion"));
  // A dry run, which stores nothing, answers it as it was given.
  if (!options.dryRun) setMeta(object, "resourceVersion", undefined);
  return createObject(scope, { options, object, hasManagedFields: true });
}

/** An object that is to be created cannot be a certain one already. */
function refuseUid(scope: Scope, object: JsonObject): void {
  const uid = metaText(object, "uid");
  if (uid === "") return;
  throw conflict(
    scope.version.resource.gr,
    scope.name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
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

/** What a manager wants to own, and the keys it gave twice. */
interface Configuration {
  readonly applied: JsonObject;
  readonly duplicates: readonly string[];
}

/** Keys given twice are looked at when the merge is made, which may have been refused before. Throws BadRequest. */
function reportDuplicates(scope: Scope, duplicates: readonly string[], options: WriteOptions): void {
  if (duplicates.length > 0 && options.fieldValidation === "Strict") {
    const lines = duplicates.map((text) => `\n  ${text}`).join("");
    throw badRequest(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:${lines}`,
    );
  }
  if (options.fieldValidation === "Warn") for (const text of duplicates) scope.request.warn(text);
}

/** The configuration, checked as far as can be without the live object. Throws BadRequest. */
function readConfiguration(scope: Scope): Configuration {
  const { version, request } = scope;
  const { value, duplicates } = parseConfiguration(request.body);
  const decoded = requireMap(value);
  checkType(scope, decoded);
  const object = version.resource.definition.canonicalize?.(decoded, version.name) ?? decoded;
  return { applied: object, duplicates };
}

/** A configuration has to be a map; nothing at all counts as an empty one. Throws BadRequest. */
export function requireMap(value: JsonValue): JsonObject {
  if (value === null || isObject(value)) return value ?? {};
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`,
  );
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
