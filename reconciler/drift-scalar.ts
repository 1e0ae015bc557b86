import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson } from "../machinery/json/value.ts";
import { compareQuantities, isQuantity, parseQuantity } from "../machinery/quantity/quantity.ts";

/** Fields whose values are quantities; servers write them back in their canonical form. */
const quantityPath =
  /\.(requests|limits|capacity)\.[^.]+|\.(requests|limits|capacity)\.[^.]+\/[^.]+$|\.sizeLimit$/;

/** Whether two scalars mean the same to the server that holds the resource. */
export function sameScalar(a: JsonValue, b: JsonValue | undefined, path: string): boolean {
  if (equalJson(a, b)) return true;
  if (b === undefined || !quantityPath.test(path)) return false;
  const [left, right] = [quantityText(a), quantityText(b)];
  return (
    left !== undefined &&
    right !== undefined &&
    compareQuantities(parseQuantity(left), parseQuantity(right)) === 0
  );
}

function quantityText(value: JsonValue): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value);
  return isQuantity(text) ? text : undefined;
}
