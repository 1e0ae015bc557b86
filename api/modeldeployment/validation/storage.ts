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

/** Volumes that were created here hold data: an update may neither drop nor change them. */
export function validateStorageUpdate(next: ModelDeployment, old: ModelDeployment): FieldError[] {
  const volumes = next.spec.model.volumes ?? [];
  return (old.spec.model.volumes ?? []).flatMap((before) => {
    if (before.size === undefined) return [];
    const i = volumes.findIndex((volume) => volume.name === before.name);
    const after = volumes[i];
    if (after === undefined) {
      return [
        forbidden(
          at,
          `volume ${before.name} has a size and holds data; it cannot be removed before the deployment is deleted`,
        ),
      ];
    }
    if (sameVolume(before, after)) return [];
    return [forbidden(at.index(i), `volume ${before.name} has a size and holds data; it cannot be changed`)];
  });
}

function sameVolume(a: ModelVolume, b: ModelVolume): boolean {
  const sizes = [quantityOf(a.size), quantityOf(b.size)] as const;
  const sameSize =
    sizes[0] !== undefined && sizes[1] !== undefined
      ? compareQuantities(sizes[0], sizes[1]) === 0
      : a.size === b.size;
  const rest = ["claimName", "mountPath", "purpose", "readOnly", "storageClassName", "accessMode"] as const;
  return sameSize && rest.every((field) => (a[field] ?? false) === (b[field] ?? false));
}
