/**
 * Keeps metadata.managedFields of the objects of one kind, and merges applied configurations. Objects are whole and in
 * the version of the request; what comes back is a new object, inputs are never changed. Runs before mutating
 * admission, as in kube-apiserver, so what admission adds is owned by nobody.
 */
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { untyped } from "../../api/errors/catalogue.ts";
import { apiVersionOf } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, isObject } from "../../machinery/json/value.ts";
import { TypedValueError } from "../../machinery/smd/converted.ts";
import type { FieldType } from "../../machinery/smd/field-type.ts";
import type { Conflict, VersionedSet } from "../../machinery/smd/managers.ts";
import { ConflictsError } from "../../machinery/smd/managers.ts";
import { checkType, printProblems } from "../../machinery/smd/validate.ts";
import { Updater } from "../../machinery/smd/updater.ts";
import { checkApplied, checkAppliedType, describe } from "./applied.ts";
import { baseOfApply, baseOfUpdate, hasUid } from "./base.ts";
import { capUpdateManagers } from "./cap.ts";
import { applyConflict } from "./conflict.ts";
import { DefinitionVersions } from "./definition-versions.ts";
import { ownedByLastApplied, refreshLastApplied } from "./last-applied.ts";
import type { Managed } from "./managed.ts";
import { encodeManaged, printIdentity, withManagedFields } from "./managed.ts";
import { unowned } from "./unowned.ts";

export interface FieldManagerOptions {
  readonly definition: ResourceDefinition;
  readonly now: () => Date;
  /** Whether the first apply of an object nobody tracked makes an entry for what is there; true when absent. */
  readonly tracksUntracked?: boolean;
}

/** Who writes, and through which version and subresource. An empty manager is recorded as `unknown`. */
export interface WriteOptions {
  readonly manager: string;
  readonly version: string;
  /** `status`, `scale`; absent or empty for the main resource. */
  readonly subresource?: string | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly force?: boolean | undefined;
  /** Makes what the merge changed whole again: defaults. What it left as it was is whole as far as it ever was. */
  readonly complete?: (object: JsonObject) => void;
}

/** Stands for the running update until it is known whether it changes anything. */
const currentOperation = "current-operation";

/** Owns what was there before the first apply of an object that nobody tracked. */
const beforeFirstApply = "before-first-apply";

interface Request {
  readonly apiVersion: string;
  readonly subresource: string;
  readonly manager: string;
  readonly type: FieldType;
  readonly updater: Updater;
}

/** One apply, which may be tried again with force. */
interface Attempt {
  readonly live: JsonObject | undefined;
  readonly applied: JsonObject;
  readonly base: Managed;
  readonly request: Request;
}

interface Outcome {
  readonly object: JsonObject;
  readonly isChanged: boolean;
  readonly managed: Managed;
}

export class FieldManager {
  readonly #definition: ResourceDefinition;
  readonly #now: () => Date;
  readonly #tracksUntracked: boolean;
  readonly #versions: DefinitionVersions;
  readonly #updaters = new Map<string, Updater>();

  constructor({ definition, now, tracksUntracked }: FieldManagerOptions) {
    this.#definition = definition;
    this.#now = now;
    this.#tracksUntracked = tracksUntracked ?? true;
    this.#versions = new DefinitionVersions(definition);
  }

  /**
   * The object to store after a create, update or patch: `next` with its managed fields. `live` is undefined for a
   * create. Managed fields in `next` are taken as the base unless they are missing or malformed, `[{}]` clears them,
   * and after that nothing is tracked until the next apply.
   */
  update(live: JsonObject | undefined, next: JsonObject, options: WriteOptions): JsonObject {
    const request = this.#request(options);
    const base = baseOfUpdate(live, next, request.subresource);
    if (base.managers.size === 0 && hasUid(live)) return withManagedFields(next, undefined);
    // kube-apiserver gives up tracking when the object cannot be brought into an entry's version.
    if (this.#isBeyondConversion(base)) return withManagedFields(next, undefined);
    let managed: Managed;
    try {
      this.#checkFits(next, request, "failed to convert new object");
      if (live !== undefined) this.#checkFits(live, request, "failed to convert live object");
      managed = this.#track(live, next, base, request);
    } catch (error) {
      // The same when it does not fit the schema of that version.
      if (!(error instanceof TypedValueError)) throw error;
      return withManagedFields(next, undefined);
    }
    return withManagedFields(next, encodeManaged(managed));
  }

  /**
   * The object to store after an apply: `applied` merged into `live`, which is undefined when the object is to be
   * created. Throws what kube-apiserver answers: 400 for another type or given managed fields, 409 with the conflicts,
   * 500 for an applied object that does not fit the schema.
   */
  apply(live: JsonObject | undefined, applied: JsonObject, options: ApplyOptions): JsonObject {
    const request = this.#request(options);
    checkAppliedType(applied, { ...request, kind: this.#definition.kind });
    const result = this.#applyTyped(live, applied, request, options.force === true);
    const object = cloneJson(withManagedFields(result.object, encodeManaged(result.managed)));
    dropNullMetadata(object);
    if (result.isChanged) options.complete?.(object);
    if (options.manager === "kubectl") refreshLastApplied(object, applied);
    return object;
  }

  #applyTyped(live: JsonObject | undefined, applied: JsonObject, request: Request, force: boolean): Outcome {
    try {
      const base = this.#startTracking(live, baseOfApply(live), request);
      checkApplied(applied, { ...request, kind: this.#definition.kind });
      if (live !== undefined) this.#checkFits(live, request, "failed to create typed live object");
      return this.#applyWaiving({ live, applied, base, request }, force);
    } catch (error) {
      if (error instanceof TypedValueError) throw untyped(error.message, error);
      throw error;
    }
  }

  /** What is stored may not fit the version of the request, when it was written in another. */
  #checkFits(object: JsonObject, { apiVersion, type }: Request, failure: string, what = ""): void {
    if (this.#versions.count < 2) return;
    const problems = checkType(object, type, { allowDuplicates: true });
    if (problems.length === 0) return;
    throw new TypedValueError(
      `${failure} (${describe(object, apiVersion, this.#definition.kind)})${what}: ${printProblems(problems)}`,
    );
  }

  #request({ manager, version, subresource = "" }: WriteOptions): Request {
    const apiVersion = apiVersionOf({ group: this.#definition.group, version });
    const key = `${version}/${subresource}`;
    let updater = this.#updaters.get(key);
    if (updater === undefined) {
      updater = new Updater({
        versions: this.#versions,
        filter: (set, at) =>
          at === apiVersion || subresource !== "" || this.#definition.resetsAllVersions === true
            ? this.#versions.withoutReset(set, at, subresource)
            : set,
      });
      this.#updaters.set(key, updater);
    }
    const type = this.#versions.typeOf(apiVersion);
    if (type === undefined) throw new RangeError(`${apiVersion} is not served`);
    return {
      apiVersion,
      type,
      subresource,
      manager: manager === "" ? "unknown" : manager,
      updater,
    };
  }

  /** Entries of versions that are not served any more are let go instead, as are those of built-in kinds. */
  #isBeyondConversion(base: Managed): boolean {
    if (this.#definition.strategicMerge === true) return false;
    return [...base.managers.values()].some(({ apiVersion }) => !this.#versions.isDeclared(apiVersion));
  }

  #nothing(apiVersion: string): JsonObject {
    return { apiVersion, kind: this.#definition.kind };
  }

  /** The managed fields after a change that was already made. */
  #track(live: JsonObject | undefined, next: JsonObject, base: Managed, request: Request): Managed {
    const { apiVersion, manager, subresource, updater } = request;
    const managers = new Map(
      updater.update(withManagedFields(next, undefined), {
        live: live === undefined ? this.#nothing(apiVersion) : withManagedFields(live, undefined),
        apiVersion,
        managers: base.managers,
        manager: currentOperation,
      }),
    );
    const written = managers.get(currentOperation)?.set.difference(unowned);
    managers.delete(currentOperation);
    if (written === undefined || written.isEmpty) return capUpdateManagers({ managers, times: base.times });
    const key = printIdentity({ manager, operation: "Update", apiVersion, subresource });
    const previous = managers.get(key)?.set;
    managers.set(key, {
      set: previous === undefined ? written : written.union(previous),
      apiVersion,
      applied: false,
    });
    return capUpdateManagers({ managers, times: this.#touch(base.times, key) });
  }

  #touch(times: ReadonlyMap<string, string>, key: string): ReadonlyMap<string, string> {
    return new Map(times).set(key, `${this.#now().toISOString().slice(0, 19)}Z`);
  }

  /** An object nobody tracked so far starts with one entry for everything it has. */
  #startTracking(live: JsonObject | undefined, stored: Managed, request: Request): Managed {
    if (live === undefined || stored.managers.size > 0 || !this.#tracksUntracked) return stored;
    this.#checkFits(
      live,
      request,
      "failed to create manager for existing fields: failed to convert new object",
      " to smd typed",
    );
    return this.#track(undefined, live, stored, { ...request, manager: beforeFirstApply });
  }

  /** Applies; a kubectl that took over from client-side apply has no conflict with what it applied then. */
  #applyWaiving(attempt: Attempt, force: boolean): Outcome {
    try {
      return this.#merge(attempt, force);
    } catch (error) {
      if (!(error instanceof ConflictsError)) throw error;
      const conflicts = this.#unwaived(attempt, error.conflicts);
      if (conflicts.length > 0) throw applyConflict(conflicts);
      return this.#merge(attempt, true);
    }
  }

  #unwaived(
    { live, request: { manager, apiVersion, type } }: Attempt,
    conflicts: readonly Conflict[],
  ): readonly Conflict[] {
    if (manager !== "kubectl" || live === undefined) return conflicts;
    const waived = ownedByLastApplied(live, type, apiVersion);
    return conflicts.filter(({ path }) => !waived.has(path));
  }

  #merge({ live, applied, base, request }: Attempt, force: boolean): Outcome {
    const { apiVersion, manager, subresource, updater } = request;
    const key = printIdentity({ manager, operation: "Apply", subresource });
    const before = live === undefined ? this.#nothing(apiVersion) : withManagedFields(live, undefined);
    const result = updater.apply(
      applied,
      { live: before, apiVersion, managers: base.managers, manager: key },
      force,
    );
    const managers = new Map(result.managers);
    const own = managers.get(key);
    if (own !== undefined) setOrDelete(managers, key, { ...own, set: own.set.difference(unowned) });
    const isChanged = result.object !== undefined;
    return {
      object: isChanged ? (result.object as JsonObject) : before,
      isChanged,
      managed: { managers, times: isChanged ? this.#touch(base.times, key) : base.times },
    };
  }
}

function setOrDelete(managers: Map<string, VersionedSet>, key: string, versioned: VersionedSet): void {
  if (versioned.set.isEmpty) managers.delete(key);
  else managers.set(key, versioned);
}

/** What a merge emptied is null; in metadata, which has a fixed shape, that is the same as absent. */
function dropNullMetadata(object: JsonObject): void {
  const metadata = object["metadata"];
  if (!isObject(metadata)) return;
  for (const key of Object.keys(metadata)) if (metadata[key] === null) Reflect.deleteProperty(metadata, key);
}
