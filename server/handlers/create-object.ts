/**
 * A new object on its way into the store: server-owned fields, managed fields, admission, validation, one compare-and-
 * swap. Create and apply share it.
 */
import { alreadyExists, generateNameExhausted, untyped } from "../../api/errors/catalogue.ts";
import { metadataWarnings } from "../../api/meta/validation.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { looseObject } from "../printers/loose-object.ts";
import { settledBy } from "../printers/read-object.ts";
import { isStorageError } from "../storage/store.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { admitMutating, admitValidating } from "./admit.ts";
import { generateName } from "./generate-name.ts";
import { finalizeNamespaceSpec, isNamespaceKind, labelNamespace } from "./namespace-strategy.ts";
import { isTerminating, metadataOf, metaText, setMeta } from "./object-metadata.ts";
import { dedupOwnerReferences } from "./owner-references.ts";
import { identify, wipeForCreate } from "./prepare.ts";
import { parseUint64 } from "./resource-version.ts";
import type { Scope } from "./scope.ts";
import { throwIfLate } from "./scope.ts";
import { validateCreate, validateType } from "./validate.ts";
import type { WriteOptions } from "./write-options.ts";
import { managerOf } from "./write-options.ts";

/** Attempts to find a free generated name. */
const nameAttempts = 8;

export interface CreateRequest {
  readonly options: WriteOptions;
  /** In the version of the request; used up. */
  readonly object: JsonObject;
  /** Apply has already said who owns what. */
  readonly hasManagedFields: boolean;
}

/** Stores the object, or says why not; with dryRun everything but the storing. */
export async function createObject(scope: Scope, create: CreateRequest): Promise<CachedObject> {
  const { version, request, deps } = scope;
  const { options } = create;
  validateType(version, create.object);
  wipeForCreate(version, create.object);
  if (isNamespaceKind(version)) labelNamespace(create.object);
  let object = create.object;
  const warn = (text: string): void => {
    request.warn(text);
  };
  if (!create.hasManagedFields) {
    dedupOwnerReferences(object, "sent", warn);
    object = version.resource.fieldManager.update(undefined, object, {
      manager: managerOf(request, options),
      version: version.name,
      subresource: scope.subresource,
    });
  }
  const admission = { operation: "CREATE", options: createOptions(options), dryRun: options.dryRun } as const;
  object = await admitMutating(scope, { ...admission, object, name: metaText(object, "name") });
  dedupOwnerReferences(object, "admitted", warn);
  wipeForCreate(version, object);
  if (isNamespaceKind(version)) finalizeNamespaceSpec(object);
  identify(object, deps.random.uuid(), deps.clock.now());

  const base = metaText(object, "generateName");
  const isGenerated = metaText(object, "name") === "" && base !== "";
  for (let attempt = 1; ; attempt += 1) {
    if (isGenerated) setMeta(object, "name", generateName(base, deps.random));
    if (isNamespaceKind(version)) labelNamespace(object);
    validateCreate(version, object);
    for (const text of metadataWarnings(metadataOf(object))) request.warn(text);
    await admitValidating(scope, { ...admission, object, name: metaText(object, "name") });
    // Text that is no number counts as none here.
    if (!options.dryRun && (parseUint64(metaText(object, "resourceVersion")) ?? 0n) !== 0n) {
      throw untyped("resourceVersion should not be set on objects to be created");
    }
    throwIfLate(scope);
    const stored = await store(scope, object, options.dryRun);
    if (stored !== undefined) return stored;
    if (isGenerated && attempt < nameAttempts) continue;
    throw taken(scope, object, base !== "");
  }
}

/** The options as admission of a creation sees them: an apply that creates is a creation. */
function createOptions(options: WriteOptions): JsonObject {
  const { force: _, ...rest } = options.asJson;
  return { ...rest, kind: "CreateOptions" };
}

/** Undefined when the name is taken. */
async function store(scope: Scope, object: JsonObject, dryRun: boolean): Promise<CachedObject | undefined> {
  const { resource } = scope.version;
  const { cache } = resource;
  const name = metaText(object, "name");
  try {
    if (dryRun) {
      await cache.current(scope.namespace, name);
      return cache.get(scope.namespace, name) === undefined
        ? looseObject(resource.toStorage(object))
        : undefined;
    }
    const stored = resource.toStorage(object);
    return await cache.create(scope.namespace, name, stored, settledBy(resource, stored));
  } catch (error) {
    if (isStorageError(error, "KeyExists")) return undefined;
    throw translateStorageError(error, resource.gr, name);
  }
}

function taken(scope: Scope, object: JsonObject, isGenerated: boolean): Error {
  const { resource } = scope.version;
  const name = metaText(object, "name");
  if (isGenerated) return generateNameExhausted(resource.gr, name);
  const existing = resource.cache.get(scope.namespace, name);
  return alreadyExists(resource.gr, name, existing !== undefined && isTerminating(existing.decode()));
}
