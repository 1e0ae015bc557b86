/** What a pod asks for as a whole, counted as the scheduler counts it. */
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath, isObject } from "../../../machinery/json/value.ts";
import type { Quantity } from "../../../machinery/quantity/quantity.ts";
import { addQuantities, compareQuantities } from "../../../machinery/quantity/quantity.ts";
import { quantityOf } from "./quantities.ts";

/** Amounts by the name of the resource. */
export type Amounts = ReadonlyMap<string, Quantity>;

/**
 * The amounts of a pod: its containers and those that are started before them and stay, all at once, or what an init
 * container needs beside those started before it, whichever is more. Limits of the pod itself hold for all of them.
 */
export function podAmounts(pod: JsonObject): Amounts {
  const [containers, init] = ["containers", "initContainers"].map((list) => {
    const items = getPath(pod, list);
    return Array.isArray(items) ? items : [];
  }) as [JsonValue[], JsonValue[]];
  let staying: Amounts = new Map();
  let peak: Amounts = new Map();
  for (const container of init) {
    const together = sum(staying, amountsOf(container));
    peak = larger(peak, together);
    if (getPath(container, "restartPolicy") === "Always") staying = together;
  }
  const running = containers.map(amountsOf).reduce(sum, staying);
  return new Map([...larger(peak, running), ...read(getPath(pod, "resources", "limits"))]);
}

/** What one container asks for: the larger of limit and request. */
export const amountsOf = (container: JsonValue): Amounts =>
  larger(read(getPath(container, "resources", "limits")), read(getPath(container, "resources", "requests")));

function read(amounts: JsonValue | undefined): Amounts {
  if (!isObject(amounts)) return new Map();
  return new Map(
    Object.entries(amounts).flatMap(([name, value]) => {
      const quantity = quantityOf(value);
      // Nobody may have less than nothing; what is refused later must not make room here.
      return quantity === undefined || quantity.digits < 0n ? [] : [[name, quantity]];
    }),
  );
}

const sum = (a: Amounts, b: Amounts): Amounts => combined(a, b, added);

const larger = (a: Amounts, b: Amounts): Amounts => combined(a, b, largerOf);

const largerOf = (a: Quantity, b: Quantity): Quantity => (compareQuantities(a, b) < 0 ? b : a);

/** Beside an absurd amount the other does not count. */
const added = (a: Quantity, b: Quantity): Quantity =>
  Math.abs(a.exponent - b.exponent) > 100 ? largerOf(a, b) : addQuantities(a, b);

function combined(a: Amounts, b: Amounts, join: (x: Quantity, y: Quantity) => Quantity): Amounts {
  const result = new Map(a);
  for (const [name, quantity] of b) {
    const other = result.get(name);
    result.set(name, other === undefined ? quantity : join(other, quantity));
  }
  return result;
}
