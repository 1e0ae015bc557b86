import { FieldPath } from "../../../machinery/field/path.ts";
import type { FieldError } from "../../../machinery/field/error.ts";
import { invalid } from "../../../machinery/field/error.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import type { Quantity } from "../../../machinery/quantity/quantity.ts";
import { compareQuantities, parseQuantity } from "../../../machinery/quantity/quantity.ts";
import type { ModelDeployment, ServingResources } from "../v1alpha2/types.ts";
import { quantityOf } from "./quantities.ts";

/** Upper limits per component; what an administrator sets replaces single values. */
export interface Ceilings {
  /** Accelerators per replica. */
  readonly gpus: number;
  /** Replicas per component. */
  readonly replicas: number;
  /** CPU per replica. */
  readonly cpu: string;
  /** Memory per replica. */
  readonly memory: string;
}

export const defaultCeilings: Ceilings = { gpus: 64, replicas: 32, cpu: "512", memory: "4Ti" };

/** What overrides ask for beside `spec.serving`. */
export interface Demand {
  readonly path: string;
  /** What the field says. */
  readonly value: JsonValue;
  readonly of: keyof Ceilings;
  /** What it comes to. */
  readonly amount: JsonValue;
}

interface Component {
  readonly at: FieldPath;
  readonly replicas: number | undefined;
  readonly resources: ServingResources | undefined;
}

/** Whether what `spec.serving` says of every component stays under the ceilings. */
export function validateCeilings(object: ModelDeployment, ceilings: Ceilings): FieldError[] {
  const serving = object.spec.serving ?? {};
  const at = FieldPath.of("spec", "serving");
  const components: Component[] = [
    { at, replicas: serving.replicas, resources: serving.resources },
    { at: at.child("prefill"), replicas: serving.prefill?.replicas, resources: serving.prefill?.resources },
    { at: at.child("decode"), replicas: serving.decode?.replicas, resources: serving.decode?.resources },
  ];
  return components.flatMap((c) => validateComponent(c, ceilings));
}

/** Whether what overrides ask for stays under the ceilings, too. */
export function validateDemands(demands: readonly Demand[], ceilings: Ceilings): FieldError[] {
  return demands.flatMap(({ path, value, of, amount }) => {
    const quantity = quantityOf(amount);
    if (quantity === undefined || !exceeds(quantity, String(ceilings[of]))) return [];
    return [invalid(path, value, ceilingMessage(of, ceilings))];
  });
}

/** What an amount above a ceiling must not do. */
export function ceilingMessage(of: keyof Ceilings, ceilings: Ceilings): string {
  if (of === "gpus") return gpuMessage(ceilings);
  return of === "replicas"
    ? replicasMessage(ceilings)
    : `must not exceed the ceiling of ${ceilings[of]} per replica`;
}

function validateComponent({ at, replicas = 0, resources }: Component, ceilings: Ceilings): FieldError[] {
  const errors: FieldError[] = [];
  if (replicas > ceilings.replicas) {
    errors.push(invalid(at.child("replicas"), replicas, replicasMessage(ceilings)));
  }
  const limits = at.child("resources");
  const { count = 0, nodes = 1 } = resources?.gpu ?? {};
  if (count > ceilings.gpus) {
    errors.push(invalid(limits.child("gpu").child("count"), count, gpuMessage(ceilings)));
  }
  errors.push(...above(limits.child("cpu"), resources?.cpu, ceilings.cpu));
  errors.push(...above(limits.child("memory"), resources?.memory, ceilings.memory));
  return errors.length > 0 || nodes === 1 ? errors : overAllNodes(limits, resources, ceilings);
}

/** What every node has counts as often as there are nodes. */
function overAllNodes(
  at: FieldPath,
  resources: ServingResources | undefined,
  ceilings: Ceilings,
): FieldError[] {
  const { gpu, cpu, memory } = resources ?? {};
  const nodes = gpu?.nodes ?? 1;
  return (["gpus", "cpu", "memory"] as const).flatMap((of) => {
    const quantity = quantityOf({ gpus: gpu?.count, cpu, memory }[of]);
    if (quantity === undefined) return [];
    const all = { ...quantity, digits: quantity.digits * BigInt(nodes) };
    if (!exceeds(all, String(ceilings[of]))) return [];
    return [invalid(at.child("gpu").child("nodes"), nodes, ceilingMessage(of, ceilings))];
  });
}

const replicasMessage = (ceilings: Ceilings): string =>
  `must not exceed the ceiling of ${ceilings.replicas} replicas`;

const gpuMessage = (ceilings: Ceilings): string =>
  `must not exceed the ceiling of ${ceilings.gpus} accelerators per replica`;

function above(at: FieldPath, value: JsonValue | undefined, ceiling: string): FieldError[] {
  const quantity = quantityOf(value);
  if (quantity === undefined || !exceeds(quantity, ceiling)) return [];
  return [invalid(at, value, `must not exceed the ceiling of ${ceiling} per replica`)];
}

/** Whether a quantity is more than a ceiling allows. */
export const exceeds = (quantity: Quantity, ceiling: string): boolean =>
  compareQuantities(quantity, parseQuantity(ceiling)) > 0;

/** Which ceiling is about an amount of this name; extended resources, whose names have a domain, are accelerators. */
export function ceilingFor(name: string): "cpu" | "memory" | "gpus" | undefined {
  if (name === "cpu" || name === "memory") return name;
  return name.includes("/") ? "gpus" : undefined;
}
