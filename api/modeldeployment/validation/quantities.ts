import { FieldPath } from "../../../machinery/field/path.ts";
import type { FieldError } from "../../../machinery/field/error.ts";
import { invalid } from "../../../machinery/field/error.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import type { Quantity } from "../../../machinery/quantity/quantity.ts";
import { readQuantity } from "../../../machinery/quantity/quantity.ts";
import type { ModelDeployment } from "../v1alpha2/types.ts";

/** The quantity written as a number or as text; undefined when it is none. */
export function quantityOf(value: JsonValue | undefined): Quantity | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") return undefined;
  return readQuantity(String(value));
}

/** Quantities must be readable and not negative; a volume needs a size above zero. */
export function validateQuantities({ spec }: ModelDeployment): FieldError[] {
  const serving = FieldPath.of("spec", "serving");
  const components = [
    { at: serving, resources: spec.serving?.resources },
    { at: serving.child("prefill"), resources: spec.serving?.prefill?.resources },
    { at: serving.child("decode"), resources: spec.serving?.decode?.resources },
  ];
  const volumes = FieldPath.of("spec", "model", "volumes");
  return [
    ...components.flatMap(({ at, resources }) => [
      ...atLeastZero(at.child("resources").child("cpu"), resources?.cpu),
      ...atLeastZero(at.child("resources").child("memory"), resources?.memory),
    ]),
    ...(spec.model.volumes ?? []).flatMap((volume, i) =>
      positive(volumes.index(i).child("size"), volume.size),
    ),
  ];
}

function atLeastZero(at: FieldPath, value: string | number | undefined): FieldError[] {
  return check(at, value, { minimum: 0, message: "must be greater than or equal to 0" });
}

function positive(at: FieldPath, value: string | number | undefined): FieldError[] {
  return check(at, value, { minimum: 1, message: "must be greater than 0" });
}

/** With a minimum of 1 anything above zero will do: there is no smaller size than a byte. */
function check(
  at: FieldPath,
  value: string | number | undefined,
  { minimum, message }: { readonly minimum: 0 | 1; readonly message: string },
): FieldError[] {
  if (value === undefined) return [];
  const quantity = quantityOf(value);
  if (quantity === undefined) return [invalid(at, value, "must be a quantity such as 4, 500m or 16Gi")];
  return quantity.digits >= minimum ? [] : [invalid(at, value, message)];
}
