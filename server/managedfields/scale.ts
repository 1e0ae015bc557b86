import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { FieldSet } from "../../machinery/smd/field-set.ts";
import type { VersionedSet } from "../../machinery/smd/managers.ts";
import type { PathElement } from "../../machinery/smd/path-element.ts";
import { fieldElement } from "../../machinery/smd/path-element.ts";
import type { ApplyOptions, FieldManagerOptions } from "./field-manager.ts";
import { FieldManager } from "./field-manager.ts";
import type { Managed } from "./managed.ts";
import { decodeManagedOrNone, encodeManaged, nothingManaged, withManagedFields } from "./managed.ts";

type Path = readonly PathElement[];

const scaleVersion = "autoscaling/v1";
const replicasOfScale: Path = ["spec", "replicas"].map(fieldElement);

const integer: Structural = { type: "integer" };
const scaleSchema: Structural = {
  type: "object",
  properties: new Map<string, Structural>([
    ["spec", { type: "object", properties: new Map([["replicas", integer]]) }],
    [
      "status",
      {
        type: "object",
        properties: new Map<string, Structural>([
          ["replicas", integer],
          ["selector", { type: "string" }],
        ]),
      },
    ],
  ]),
};

/** Scale as a kind: just enough of it to say who owns its fields. */
const scaleDefinition: ResourceDefinition = {
  group: "autoscaling",
  kind: "Scale",
  listKind: "ScaleList",
  plural: "scales",
  singular: "scale",
  shortNames: [],
  categories: [],
  namespaced: true,
  versions: [{ name: "v1", served: true, storage: true, schema: scaleSchema, columns: [] }],
};

/**
 * Who owns the count of an object that is written through `/scale`. A Scale has managed fields of its own: what the
 * entries of the object behind it own of the count. They are mapped to the Scale, followed through the write as for
 * any kind, and mapped back, in the way of kube-apiserver with all its consequences: an Update entry that owned the
 * count is split in two of the same name, of which the one with the count has no time.
 */
export class ScaleFieldManager {
  readonly #definition: ResourceDefinition;
  readonly #scales: FieldManager;

  constructor({ definition, now }: FieldManagerOptions) {
    this.#definition = definition;
    this.#scales = new FieldManager({ definition: scaleDefinition, now, tracksUntracked: false });
  }

  /** The Scale with the managed fields it has by those of the object behind it. */
  ofParent(scale: JsonObject, parent: JsonObject): JsonObject {
    const { managers, times } = decodeManagedOrNone(parent) ?? nothingManaged;
    const mapped: Managed = { managers: new Map<string, VersionedSet>(), times };
    for (const [key, { set, apiVersion, applied }] of managers) {
      const path = this.#pathAt(apiVersion);
      if (path === undefined || path === "none" || !set.has(path)) continue;
      const own: VersionedSet = { set: FieldSet.of(replicasOfScale), apiVersion: scaleVersion, applied };
      (mapped.managers as Map<string, VersionedSet>).set(key, own);
    }
    return withManagedFields(scale, encodeManaged(mapped));
  }

  /** The Scale to take over after an update or patch. */
  update(live: JsonObject, next: JsonObject, manager: string): JsonObject {
    return this.#scales.update(live, next, { manager, version: "v1", subresource: "scale" });
  }

  /** The Scale to take over after an apply; throws as for any kind. */
  apply(live: JsonObject, applied: JsonObject, options: Pick<ApplyOptions, "manager" | "force">): JsonObject {
    return this.#scales.apply(live, applied, { ...options, version: "v1", subresource: "scale" });
  }

  /** The object behind the Scale with the managed fields it has by those of the Scale written at this version. */
  toParent(parent: JsonObject, scale: JsonObject, apiVersion: string): JsonObject {
    const before = decodeManagedOrNone(parent) ?? nothingManaged;
    const written = new Map((decodeManagedOrNone(scale) ?? nothingManaged).managers);
    const managers = new Map<string, VersionedSet>();
    for (const [key, versioned] of before.managers) {
      const path = this.#pathAt(versioned.apiVersion);
      if (path === undefined) continue;
      if (path === "none" || !versioned.set.has(path) || written.delete(key)) managers.set(key, versioned);
      else {
        const set = versioned.set.difference(FieldSet.of(path));
        if (!set.isEmpty) managers.set(key, { ...versioned, set });
      }
    }
    const own = this.#pathAt(apiVersion);
    for (const [key, { set, applied }] of written) {
      if (own === undefined || own === "none" || !set.has(replicasOfScale)) continue;
      managers.set(key, { set: FieldSet.of(own), apiVersion, applied });
    }
    return withManagedFields(parent, encodeManaged({ managers, times: before.times }));
  }

  /** Where the count is at a version; "none" without a scale there, undefined for what is no version of the kind. */
  #pathAt(apiVersion: string): Path | "none" | undefined {
    const { group, version: name } = parseApiVersion(apiVersion);
    const version = this.#definition.versions.find((candidate) => candidate.name === name);
    if (group !== this.#definition.group || version === undefined) return undefined;
    const path = version.scale?.specReplicasPath;
    return path === undefined ? "none" : path.split(".").filter(Boolean).map(fieldElement);
  }
}
