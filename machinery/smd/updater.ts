/**
 * Computes what a write does to field ownership. `update` follows an object that was already changed; `apply` also
 * makes the change: it merges the applied configuration into the live object and removes what the manager gave up.
 *
 * Sets are kept per version. To compare them, objects are converted to the version of each set; managers at versions
 * that no longer exist are dropped. Values and sets are never changed in place.
 */
import type { JsonValue } from "../json/value.ts";
import { equalJson } from "../json/value.ts";
import type { Comparison } from "./compare.ts";
import { compare, isSame, mapComparison } from "./compare.ts";
import { convertTyped } from "./converted.ts";
import { emptySet } from "./field-set.ts";
import type { FieldSet } from "./field-set.ts";
import type { FieldType } from "./field-type.ts";
import type { Managers, VersionedSet } from "./managers.ts";
import { ConflictsError, conflictsOf } from "./managers.ts";
import { merge } from "./merge.ts";
import { prune } from "./prune.ts";
import { reconcileWithSchema } from "./schema-sets.ts";
import { toFieldSet } from "./to-field-set.ts";

/** The versions of a kind. */
export interface Versions {
  /** The type of objects at a version, undefined when the version does not exist (any more). */
  typeOf(apiVersion: string): FieldType | undefined;
  /** Converts between two existing versions; the input is not changed. */
  convert(object: JsonValue, from: string, to: string): JsonValue;
}

export interface UpdaterOptions {
  readonly versions: Versions;
  /** Takes the fields out of a set that are not owned by anyone; per version. Absent: all are. */
  readonly filter?: (set: FieldSet, apiVersion: string) => FieldSet;
}

export interface Write {
  readonly live: JsonValue;
  readonly apiVersion: string;
  readonly managers: Managers;
  readonly manager: string;
}

/** What an apply did; `object` is undefined when it changed nothing. */
export interface Applied {
  readonly object: JsonValue | undefined;
  readonly managers: Managers;
}

export class Updater {
  readonly #versions: Versions;
  readonly #filter: (set: FieldSet, apiVersion: string) => FieldSet;

  constructor({ versions, filter }: UpdaterOptions) {
    this.#versions = versions;
    this.#filter = filter ?? ((set) => set);
  }

  /**
   * Who owns what after `live` became `next`: the writer owns what it changed or added, nobody what it removed. Throws
   * TypedValueError when either does not fit the version of somebody who owns something.
   */
  update(next: JsonValue, { live, apiVersion, managers, manager }: Write): Managers {
    const before = this.#reconcile(managers, live, apiVersion);
    const { left, comparison } = this.#settle({ live, apiVersion, managers: before, manager }, next, true);
    const owned = left.get(manager)?.set ?? emptySet;
    const set = this.#filter(
      owned.difference(comparison.removed).union(comparison.modified).union(comparison.added),
      apiVersion,
    );
    if (set.isEmpty) left.delete(manager);
    else left.set(manager, { set, apiVersion, applied: false });
    return left;
  }

  /** Applies a partial object. Throws ConflictsError unless forced, TypedValueError for what does not fit a version. */
  apply(applied: JsonValue, { live, apiVersion, managers, manager }: Write, force: boolean): Applied {
    const type = this.#typeOf(apiVersion);
    const reconciled = this.#reconcile(managers, live, apiVersion);
    const last = reconciled.get(manager);
    reconciled.set(manager, {
      set: this.#filter(toFieldSet(applied, type), apiVersion),
      apiVersion,
      applied: true,
    });
    const merged = merge(live, applied, type) ?? null;
    const object = prune(merged, { versions: this.#versions, apiVersion, managers: reconciled, last });
    const { left } = this.#settle({ live, apiVersion, managers: reconciled, manager }, object, force);
    return { object: equalJson(live, object) ? undefined : object, managers: left };
  }

  #typeOf(apiVersion: string): FieldType {
    const type = this.#versions.typeOf(apiVersion);
    if (type === undefined) throw new RangeError(`no type for ${apiVersion}`);
    return type;
  }

  #reconcile(managers: Managers, live: JsonValue, from: string): Map<string, VersionedSet> {
    const reconciled = new Map<string, VersionedSet>();
    for (const version of new Set([...managers.values()].map((versioned) => versioned.apiVersion))) {
      if (this.#versions.typeOf(version) === undefined) continue;
      convertTyped(this.#versions, live, { from, to: version, failure: "" });
    }
    for (const [manager, versioned] of managers) {
      const type = this.#versions.typeOf(versioned.apiVersion);
      if (type === undefined) continue;
      const set = reconcileWithSchema(versioned.set, type);
      reconciled.set(manager, set === versioned.set ? versioned : { ...versioned, set });
    }
    return reconciled;
  }

  /** Takes what changed from the other managers, or throws when that is not allowed. */
  #settle(
    { live, apiVersion, managers, manager: writer }: Write,
    next: JsonValue,
    force: boolean,
  ): { left: Map<string, VersionedSet>; comparison: Comparison } {
    const comparisons = new Map<string, Comparison>();
    const comparisonAt = (version: string): Comparison => {
      let found = comparisons.get(version);
      if (found === undefined) {
        found = this.#compareAt(version, live, next, apiVersion);
        comparisons.set(version, found);
      }
      return found;
    };
    const comparison = comparisonAt(apiVersion);
    const left = new Map<string, VersionedSet>();
    const conflicts = new Map<string, FieldSet>();
    for (const [manager, versioned] of managers) {
      let { set } = versioned;
      if (manager !== writer) {
        const { added, modified, removed } = comparisonAt(versioned.apiVersion);
        const taken = set.intersection(modified.union(added));
        if (!taken.isEmpty) conflicts.set(manager, taken);
        set = set.difference(taken).difference(removed);
      }
      if (!set.isEmpty) left.set(manager, set === versioned.set ? versioned : { ...versioned, set });
    }
    if (!force && conflicts.size > 0) throw new ConflictsError(conflictsOf(conflicts));
    return { left, comparison };
  }

  #compareAt(version: string, live: JsonValue, next: JsonValue, from: string): Comparison {
    const at = (object: JsonValue, which: string): JsonValue =>
      convertTyped(this.#versions, object, {
        from,
        to: version,
        failure: `failed to convert ${which} object`,
      });
    const comparison = compare(at(live, "old"), at(next, "new"), this.#typeOf(version));
    return isSame(comparison) ? comparison : mapComparison(comparison, (set) => this.#filter(set, version));
  }
}
