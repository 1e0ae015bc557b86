/**
 * A change of a stored object: read, compute, admit, validate, compare-and-swap; again from the start when somebody
 * else was faster. Update, patch, apply, status and scale differ only in how the next object is computed.
 */
import type { ApiError } from "../../api/errors/api-error.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import { conflict, internalError, invalid } from "../../api/errors/catalogue.ts";
import { metadataWarnings } from "../../api/meta/validation.ts";
import { invalid as invalidField } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, equalJson, getKey } from "../../machinery/json/value.ts";
import { keepTimes } from "../managedfields/keep-times.ts";
import { looseObject } from "../printers/loose-object.ts";
import { readObject, settledBy } from "../printers/read-object.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import type { SentScale } from "../admission/plugin.ts";
import { admitMutating, admitValidating } from "./admit.ts";
import { isOutrun, onKnownState } from "./known-state.ts";
import { isNamespaceKind, specFinalizers } from "./namespace-strategy.ts";
import { finalizersOf, isTerminating, metadataOf, metaText, setMeta } from "./object-metadata.ts";
import { dedupOwnerReferences } from "./owner-references.ts";
import { prepareForUpdate, separate } from "./prepare.ts";
import { objectVersion } from "./resource-version.ts";
import type { Scope } from "./scope.ts";
import { missing, throwIfLate } from "./scope.ts";
import { isOfType, validateType, validateUpdate } from "./validate.ts";
import type { WriteOptions } from "./write-options.ts";
import { managerOf } from "./write-options.ts";

export interface UpdateRequest {
  readonly options: WriteOptions;
  /**
   * The wanted object in the version of the request. `current` is a copy and may be used up. Runs once per attempt.
   */
  readonly next: (current: JsonObject) => JsonObject;
  /** The Scales of the last attempt; admission sees them while it may change the object. */
  readonly scale?: () => SentScale | undefined;
  /** The next object already says who owns what. */
  readonly hasManagedFields?: boolean;
  /** A different uid in the next object fails as a precondition. */
  readonly checksUid?: boolean;
  /** Instead of NotFound. */
  readonly whenMissing?: () => Promise<CachedObject>;
}

/** The stored result; `isCreated` when there was nothing before. */
export interface UpdateOutcome {
  readonly object: CachedObject;
  readonly isCreated: boolean;
}

/** Attempts that run side by side before writers of one object are put in line. */
const freeAttempts = 2;
/** A bound for what should not happen: writers in line that still never win. */
const maxAttempts = 100;

/** Carries the update out, or says why not; with dryRun everything but the storing. */
export async function updateObject(scope: Scope, update: UpdateRequest): Promise<UpdateOutcome> {
  const { resource } = scope.version;
  const key = `${resource.gr.resource}.${resource.gr.group}/${scope.namespace}/${scope.name}`;
  const known = update.options.dryRun ? undefined : resource.cache.get(scope.namespace, scope.name);
  const first = known === undefined ? undefined : await attemptOn(scope, update, known);
  if (first !== undefined) return first;
  for (let tries = known === undefined ? 1 : 2; ; tries += 1) {
    const outcome =
      tries <= freeAttempts
        ? await attempt(scope, update)
        : await scope.writers.run(key, () => attempt(scope, update));
    if (outcome !== undefined) return outcome;
    throwIfLate(scope);
    if (tries >= maxAttempts) throw conflict(resource.gr, scope.name);
  }
}

/** Undefined when the state at hand is not the newest, or may not be. */
async function attemptOn(
  scope: Scope,
  update: UpdateRequest,
  known: CachedObject,
): Promise<UpdateOutcome | undefined> {
  const object = await onKnownState(scope, known, {
    attempt: () => change(scope, update, known),
    isWritten: (changed) => changed !== known,
  });
  return object === undefined ? undefined : { object, isCreated: false };
}

/** Undefined when another writer was faster. */
async function attempt(scope: Scope, update: UpdateRequest): Promise<UpdateOutcome | undefined> {
  const { resource } = scope.version;
  try {
    await resource.cache.current(scope.namespace, scope.name);
    const cached = resource.cache.get(scope.namespace, scope.name);
    if (cached === undefined) {
      if (update.whenMissing === undefined) throw missing(scope);
      return await createMissing(update.whenMissing);
    }
    return { object: await change(scope, update, cached), isCreated: false };
  } catch (error) {
    if (isOutrun(error)) return undefined;
    throw translateStorageError(error, resource.gr, scope.name);
  }
}

/** What is stored then; the very same object when nothing changes. */
async function change(scope: Scope, update: UpdateRequest, cached: CachedObject): Promise<CachedObject> {
  const next = await computeNext(scope, update, cached);
  throwIfLate(scope);
  return commit(scope, cached, next, update.options.dryRun);
}

/** Undefined when somebody else created the object meanwhile; it is updated then. */
async function createMissing(create: () => Promise<CachedObject>): Promise<UpdateOutcome | undefined> {
  try {
    return { object: await create(), isCreated: true };
  } catch (error) {
    if (isApiError(error, "AlreadyExists")) return undefined;
    throw error;
  }
}

/** The next object in the version of the request, admitted and valid. */
async function computeNext(scope: Scope, update: UpdateRequest, cached: CachedObject): Promise<JsonObject> {
  const { version, request, subresource } = scope;
  const { options } = update;
  const warn = (text: string): void => {
    request.warn(text);
  };
  const current = readObject(version, cached);
  let next = update.next(cloneJson(current));
  if (!isOfType(version, next)) {
    checkVersion(scope, next, cached);
    requireApiVersion(next);
    validateType(version, next, current);
  }
  if (update.checksUid === true) checkUid(scope, next, current, options.dryRun);
  if (update.hasManagedFields !== true) {
    // kube-apiserver tracks what was sent, also what a subresource then leaves alone.
    next = version.resource.fieldManager.update(current, next, {
      manager: managerOf(request, options),
      version: version.name,
      subresource,
    });
  }
  dedupOwnerReferences(next, "admitted", warn);
  const admission = {
    operation: "UPDATE",
    oldObject: current,
    options: updateOptions(options),
    dryRun: options.dryRun,
    name: scope.name,
  } as const;
  // Webhooks see what was sent, also what this way of writing then leaves alone.
  const scale = update.scale?.();
  const sent = { ...admission, object: next, ...(scale === undefined ? {} : { scale }) };
  next = separate(version, subresource, await admitMutating(scope, sent), current);
  dedupOwnerReferences(next, "admitted", warn);
  checkVersion(scope, next, cached);
  prepareForUpdate(version, next, current);
  validateUpdate(version, next, current, {
    subresource,
    warn,
  });
  for (const text of metadataWarnings(metadataOf(next), metadataOf(current))) request.warn(text);
  await admitValidating(scope, { ...admission, object: next });
  return keepTimes(current, next);
}

function requireApiVersion(object: JsonObject): void {
  const apiVersion = getKey(object, "apiVersion");
  if (typeof apiVersion === "string" && apiVersion !== "") return;
  throw internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'");
}

function updateOptions(options: WriteOptions): JsonObject {
  const { force: _, ...rest } = options.asJson;
  return { ...rest, kind: "UpdateOptions" };
}

function checkUid(scope: Scope, next: JsonObject, current: JsonObject, isDryRun: boolean): void {
  const wanted = metaText(next, "uid");
  const actual = metaText(current, "uid");
  if (wanted === "" || wanted === actual) return;
  throw uidMismatch(scope, wanted, actual, isDryRun);
}

/** A uid that is not that of the stored object, in the words of kube-apiserver's storage. */
export function uidMismatch(scope: Scope, wanted: string, actual: string, isDryRun = false): ApiError {
  const { gr } = scope.version.resource;
  // A dry run does not get as far as where the prefix is put in front.
  const key = [isDryRun ? "" : "/registry", gr.group, gr.resource, scope.namespace, scope.name].filter(
    (part) => part !== "",
  );
  const path = `${isDryRun ? "/" : ""}${key.join("/")}`;
  return conflict(
    gr,
    scope.name,
    `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`,
  );
}

/** The submitted resourceVersion must be the stored one; built-in kinds may leave it out. */
function checkVersion(scope: Scope, next: JsonObject, cached: CachedObject): void {
  const { resource } = scope.version;
  const submitted = objectVersion(metaText(next, "resourceVersion"));
  if (submitted === 0) {
    if (resource.definition.strategicMerge === true) {
      setMeta(next, "resourceVersion", String(cached.revision));
      return;
    }
    throw invalid({ group: resource.gr.group, kind: resource.gr.resource }, scope.name, [
      invalidField("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
  }
  if (submitted !== cached.revision) throw conflict(resource.gr, scope.name);
  setMeta(next, "resourceVersion", String(cached.revision));
}

async function commit(
  scope: Scope,
  cached: CachedObject,
  next: JsonObject,
  dryRun: boolean,
): Promise<CachedObject> {
  const { resource } = scope.version;
  const stored = resource.toStorage(next);
  if (isFinalized(scope, next)) {
    // Watchers see the last state that was stored, with its finalizer; the client gets what it sent.
    const last = resource.convert(cached.decode(), resource.storage);
    if (!dryRun) await resource.cache.delete(scope.namespace, scope.name, cached.revision, last);
    return looseObject(next);
  }
  if (dryRun) return equalJson(stored, cached.decode()) ? cached : looseObject(stored);
  const change = { replaced: cached, settledBy: settledBy(resource, stored) };
  return resource.cache.update(scope.namespace, scope.name, stored, change);
}

/** Whether nothing holds a terminating object back any more. */
function isFinalized(scope: Scope, object: JsonObject): boolean {
  if (!isTerminating(object) || finalizersOf(object).length > 0) return false;
  return !isNamespaceKind(scope.version) || specFinalizers(object).length === 0;
}
