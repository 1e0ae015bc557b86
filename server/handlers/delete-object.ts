/**
 * Deletion of one object: removed at once, or marked as terminating while finalizers hold it. Delete and deletecollection
 * share it. Races with other writers are repeated from the start; the first attempt is on the state at hand.
 */
import { conflict } from "../../api/errors/catalogue.ts";
import { formatSeconds } from "../../api/meta/time.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, equalJson } from "../../machinery/json/value.ts";
import { looseObject } from "../printers/loose-object.ts";
import { readObject } from "../printers/read-object.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { admitDelete } from "./admit.ts";
import type { DeleteOptions } from "./delete-options.ts";
import { isOutrun, onKnownState } from "./known-state.ts";
import { isNamespaceKind, markTerminating, specFinalizers } from "./namespace-strategy.ts";
import { finalizersOf, generationOf, isTerminating, metaText, setMeta } from "./object-metadata.ts";
import type { Scope } from "./scope.ts";
import { missing, throwIfLate } from "./scope.ts";

/** `object` is the last or the terminating state. */
export interface DeleteOutcome {
  readonly isRemoved: boolean;
  readonly object: CachedObject;
}

/** Whether admission was asked, and by which name. */
interface Admitted {
  readonly name: string;
  isDone: boolean;
}

const orphan = "orphan";
const foreground = "foregroundDeletion";
const freeAttempts = 2;

/** Deletes the object the scope names. Admission is asked once about the newest state, however often the write is tried. */
export async function deleteObject(
  scope: Scope,
  options: DeleteOptions,
  admittedName = scope.name,
): Promise<DeleteOutcome> {
  const { resource } = scope.version;
  const { gr } = resource;
  const key = `${gr.resource}.${gr.group}/${scope.namespace}/${scope.name}`;
  const state: Admitted = { name: admittedName, isDone: false };
  const known = options.dryRun ? undefined : resource.cache.get(scope.namespace, scope.name);
  const first = known === undefined ? undefined : await attemptOn(scope, options, { known, admittedName });
  if (first !== undefined) return first;
  for (let tries = known === undefined ? 1 : 2; ; tries += 1) {
    const outcome =
      tries <= freeAttempts
        ? await attempt(scope, options, state)
        : await scope.writers.run(key, () => attempt(scope, options, state));
    if (outcome !== undefined) return outcome;
    throwIfLate(scope);
  }
}

/** Undefined when the state at hand is not the newest, or may not be; admission was asked about that state only. */
function attemptOn(
  scope: Scope,
  options: DeleteOptions,
  { known, admittedName }: { readonly known: CachedObject; readonly admittedName: string },
): Promise<DeleteOutcome | undefined> {
  return onKnownState(scope, known, {
    attempt: () => remove(scope, options, known, { name: admittedName, isDone: false }),
    isWritten: ({ object }) => object !== known,
  });
}

/** Undefined when another writer was faster. */
async function attempt(
  scope: Scope,
  options: DeleteOptions,
  admitted: Admitted,
): Promise<DeleteOutcome | undefined> {
  const { cache, gr } = scope.version.resource;
  try {
    await cache.current(scope.namespace, scope.name);
    const cached = cache.get(scope.namespace, scope.name);
    if (cached === undefined) throw missing(scope);
    return await remove(scope, options, cached, admitted);
  } catch (error) {
    if (isOutrun(error)) return undefined;
    throw translateStorageError(error, gr, scope.name);
  }
}

async function remove(
  scope: Scope,
  options: DeleteOptions,
  cached: CachedObject,
  admitted: Admitted,
): Promise<DeleteOutcome> {
  const current = readObject(scope.version, cached);
  checkPreconditions(scope, options, cached);
  if (!admitted.isDone) {
    const { asJson, dryRun } = options;
    await admitDelete(scope, {
      operation: "DELETE",
      oldObject: current,
      options: asJson,
      dryRun,
      name: admitted.name,
    });
    admitted.isDone = true;
  }
  throwIfLate(scope);
  return carryOut(scope, options, cached, current);
}

/** The preconditions of the garbage collector: exactly this object in exactly this state. */
function checkPreconditions(scope: Scope, options: DeleteOptions, cached: CachedObject): void {
  const { uid, resourceVersion } = options.preconditions;
  const { group, kind } = scope.version.gvk;
  // kube-apiserver names the kind here where it names the resource everywhere else.
  const named = { group, resource: kind };
  if (uid !== undefined && uid !== cached.uid) {
    throw conflict(
      named,
      scope.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${cached.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== String(cached.revision)) {
    throw conflict(
      named,
      scope.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${cached.revision}). The object might have been modified`,
    );
  }
}

async function carryOut(
  scope: Scope,
  options: DeleteOptions,
  cached: CachedObject,
  current: JsonObject,
): Promise<DeleteOutcome> {
  const { version, deps } = scope;
  const { resource } = version;
  const finalizers = finalizersAfter(finalizersOf(current), options);
  const isHeld = finalizers.length > 0 || (isNamespaceKind(version) && specFinalizers(current).length > 0);
  if (!isHeld) {
    if (options.dryRun) return { isRemoved: true, object: cached };
    // Watchers see what was stored, of which the version of the request may know a part only.
    const last = resource.convert(cached.decode(), resource.storage);
    const removed = await resource.cache.delete(scope.namespace, scope.name, cached.revision, last);
    return { isRemoved: true, object: removed };
  }
  const next = cloneJson(current);
  setMeta(next, "finalizers", finalizers.length > 0 ? finalizers : undefined);
  if (!isTerminating(next)) {
    setMeta(next, "deletionTimestamp", formatSeconds(deps.clock.now()));
    setMeta(next, "deletionGracePeriodSeconds", 0);
    const generation = generationOf(next);
    if (generation > 0) setMeta(next, "generation", generation + 1);
  }
  if (isNamespaceKind(version)) markTerminating(next);
  const stored = resource.toStorage(next);
  if (equalJson(stored, cached.decode())) return { isRemoved: false, object: cached };
  if (options.dryRun) return { isRemoved: false, object: looseObject(stored) };
  const object = await resource.cache.update(scope.namespace, scope.name, stored, cached.revision);
  return { isRemoved: false, object };
}

/** The finalizers with those of the garbage collector as the policy wants them; without a policy they stay. */
function finalizersAfter(finalizers: readonly string[], options: DeleteOptions): string[] {
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy === undefined && orphanDependents === undefined) return [...finalizers];
  const others = finalizers.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  if (policy === "Orphan" || orphanDependents === true) return [...others, orphan];
  return policy === "Foreground" ? [...others, foreground] : others;
}

/** The uid of an object, for the Status of its deletion. */
export const uidOf = (cached: CachedObject): string => cached.uid || metaText(cached.decode(), "uid");
