import type { JsonValue } from "../json/value.ts";
import { convertTyped } from "./converted.ts";
import type { FieldSet } from "./field-set.ts";
import { emptySet } from "./field-set.ts";
import type { FieldType } from "./field-type.ts";
import type { Managers, VersionedSet } from "./managers.ts";
import { removeItems } from "./remove.ts";
import { ensureNamedFieldsAreMembers } from "./schema-sets.ts";
import { toFieldSet } from "./to-field-set.ts";
import type { Versions } from "./updater.ts";

export interface PruneOptions {
  readonly versions: Versions;
  /** The version of the merged object and of the result. */
  readonly apiVersion: string;
  /** Everyone's sets, the applying manager's already being the new one. */
  readonly managers: Managers;
  /** What the applying manager owned before. */
  readonly last: VersionedSet | undefined;
}

/**
 * Removes from a merged object what its manager applied last time, does not apply any more, and nobody else owns. The
 * last set may be in another version than the object.
 */
export function prune(merged: JsonValue, { versions, apiVersion, managers, last }: PruneOptions): JsonValue {
  if (last === undefined || last.set.isEmpty) return merged;
  const type = versions.typeOf(last.apiVersion);
  if (type === undefined) return merged;
  const convert = (object: JsonValue, from: string, to: string, failure: string): JsonValue =>
    convertTyped(versions, object, { from, to, failure: `failed to prune fields: ${failure}` });

  const before = convert(
    merged,
    apiVersion,
    last.apiVersion,
    "failed to convert merged object to last applied version",
  );
  const lastMembers = ensureNamedFieldsAreMembers(last.set, type);
  let state: State = {
    version: last.apiVersion,
    merged: before,
    pruned: removeItems(before, lastMembers, type),
  };
  for (const [version, owned] of ownedByVersion(managers, last.apiVersion)) {
    const versionType = versions.typeOf(version);
    if (versionType === undefined) continue;
    state = addBackOwned(
      {
        version,
        merged: convert(state.merged, state.version, version, at("merged", version)),
        pruned: convert(state.pruned, state.version, version, at("pruned", version)),
      },
      owned,
      versionType,
    );
  }
  const pruned = addBackDangling(
    before,
    convert(
      state.pruned,
      state.version,
      last.apiVersion,
      "failed add back dangling items: failed to convert pruned object to last applied version",
    ),
    lastMembers,
    type,
  );
  return convert(pruned, last.apiVersion, apiVersion, "failed to convert the result");
}

const at = (which: string, version: string): string =>
  `failed add back owned items: failed to convert ${which} object at version ${version}`;

interface State {
  readonly version: string;
  readonly merged: JsonValue;
  readonly pruned: JsonValue;
}

/** Everything owned, per version; the given version first, as conversions may need what it adds back. */
function ownedByVersion(managers: Managers, first: string): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>([[first, emptySet]]);
  for (const { set, apiVersion } of managers.values()) {
    owned.set(apiVersion, (owned.get(apiVersion) ?? emptySet).union(set));
  }
  return owned;
}

const members = (value: JsonValue, type: FieldType): FieldSet =>
  ensureNamedFieldsAreMembers(toFieldSet(value, type), type);

/** Puts back what is gone although somebody owns it. */
function addBackOwned({ version, merged, pruned }: State, owned: FieldSet, type: FieldType): State {
  const kept = members(pruned, type).union(ensureNamedFieldsAreMembers(owned, type));
  return { version, merged, pruned: removeItems(merged, members(merged, type).difference(kept), type) };
}

/** Puts back what is gone although the manager did not own it. */
function addBackDangling(merged: JsonValue, pruned: JsonValue, last: FieldSet, type: FieldType): JsonValue {
  const gone = members(merged, type).difference(members(pruned, type));
  return removeItems(merged, gone.intersection(last), type);
}
