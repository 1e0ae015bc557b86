import type { FieldError } from "../../../machinery/field/error.ts";
import { duplicate, forbidden, invalid } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import { compareQuantities } from "../../../machinery/quantity/quantity.ts";
import { claimNameFor } from "../defaults.ts";
import type { ModelDeployment, ModelVolume } from "../v1alpha2/types.ts";
import { quantityOf } from "./quantities.ts";

/** Rules of volumes that need the object's name or an index; the others are CEL rules of the schema. */
export function validateStorage(object: ModelDeployment): FieldError[] {
  const volumes = object.spec.model.volumes ?? [];
  return [...claimNames(object.metadata.name ?? "", volumes), ...repeated(volumes)];
}

const at = FieldPath.of("spec", "model", "volumes");

function claimNames(deployment: string, volumes: readonly ModelVolume[]): FieldError[] {
  return volumes.flatMap(({ name, size, claimName }, i) => {
    const own = claimNameFor(deployment, name);
    if (size === undefined || claimName === undefined || claimName === "" || claimName === own) return [];
    return [invalid(at.index(i).child("claimName"), claimName, `must be ${own} or absent when size is set`)];
  });
}

/** The same path with and without a trailing slash is the same mount, which the schema's rule cannot see. */
function repeated(volumes: readonly ModelVolume[]): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap(({ mountPath }, i) => {
    if (mountPath === undefined || mountPath === "") return [];
    const path = mountPath.replace(/\/+$/, "");
    if (seen.has(path)) return [duplicate(at.index(i).child("mountPath"), mountPath)];
    seen.add(path);
    return [];
  });
}

/**
 * Volumes that were created here hold data: an update may not drop them, unless their claim is kept, and changes at most
 * what becomes of them, or makes them larger.
 */
export function validateStorageUpdate(next: ModelDeployment, old: ModelDeployment): FieldError[] {
  const volumes = next.spec.model.volumes ?? [];
  return (old.spec.model.volumes ?? []).flatMap((before) => {
    if (before.size === undefined) return [];
    const i = volumes.findIndex((volume) => volume.name === before.name);
    const after = volumes[i];
    if (after === undefined) {
      if (before.retentionPolicy === "Retain") return [];
      return [
        forbidden(
          at,
          `volume ${before.name} has a size and holds data; it cannot be removed before the deployment is deleted, unless its retentionPolicy is Retain`,
        ),
      ];
    }
    if (shrinks(before, after)) {
      return [
        forbidden(
          at.index(i).child("size"),
          `volume ${before.name} holds data; its size can grow but not shrink`,
        ),
      ];
    }
    if (sameVolume(before, after)) return [];
    return [
      forbidden(
        at.index(i),
        `volume ${before.name} has a size and holds data; only size and retentionPolicy can be changed`,
      ),
    ];
  });
}

function shrinks(before: ModelVolume, after: ModelVolume): boolean {
  const [old, next] = [quantityOf(before.size), quantityOf(after.size)];
  // A size that is none is refused where quantities are checked.
  return old !== undefined && next !== undefined && compareQuantities(next, old) < 0;
}

function sameVolume(a: ModelVolume, b: ModelVolume): boolean {
  if (b.size === undefined) return false;
  const fields = ["claimName", "mountPath", "purpose", "readOnly", "storageClassName", "accessMode"] as const;
  return fields.every((field) => (a[field] ?? false) === (b[field] ?? false));
}
