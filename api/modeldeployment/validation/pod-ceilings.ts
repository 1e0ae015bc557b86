/** The pod template beside the ceilings: what it adds to a replica counts as much as what `spec.serving` says. */
import type { FieldError } from "../../../machinery/field/error.ts";
import { invalid } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath, isObject, setKey } from "../../../machinery/json/value.ts";
import { formatQuantity } from "../../../machinery/quantity/quantity.ts";
import type { ModelDeployment, ServingResources } from "../v1alpha2/types.ts";
import type { Ceilings } from "./ceilings.ts";
import { ceilingFor, ceilingMessage, exceeds } from "./ceilings.ts";
import { podAmounts } from "./pod-amounts.ts";
import { quantityOf } from "./quantities.ts";

const at = FieldPath.of("spec", "workload", "podTemplate", "spec");
/** The container `spec.serving` is about; parts of the template are merged into it by this name. */
const engineContainer = "engine";
const defaultGpuType = "nvidia.com/gpu";

/** Whether the pods stay under the ceilings: each amount the template names, and everything in one pod together. */
export function validatePodCeilings({ spec }: ModelDeployment, ceilings: Ceilings): FieldError[] {
  const template = spec.workload?.podTemplate?.spec;
  if (template === undefined || !asksForMore(template)) return [];
  const single = singleAmounts(template, ceilings);
  const serving = spec.serving ?? {};
  const components =
    serving.mode === "disaggregated"
      ? [serving.prefill?.resources, serving.decode?.resources]
      : [serving.resources];
  const seen = new Set(single.map(({ name }) => name));
  const together = components.flatMap((resources) =>
    [...podAmounts(withEngine(template, resources))].flatMap(([name, ofOne]) => {
      const of = ceilingFor(name);
      // On every node of a replica there is such a pod.
      const amount = { ...ofOne, digits: ofOne.digits * BigInt(resources?.gpu?.nodes ?? 1) };
      if (of === undefined || !exceeds(amount, String(ceilings[of])) || seen.has(name)) return [];
      // What `spec.serving` exceeds by itself is said there.
      if (exceedsAlone(name, resources, ceilings)) return [];
      seen.add(name);
      const detail = `the containers of a replica, the engine among them, ask for ${formatQuantity(amount)} of ${name}, which ${ceilingMessage(of, ceilings)}`;
      return [invalid(at, name, detail)];
    }),
  );
  return [...single.map(({ error }) => error), ...together];
}

/** Whether anything in the template says what it asks for. If not, `spec.serving` has said everything. */
function asksForMore(template: JsonObject): boolean {
  const containers = ["initContainers", "containers"].flatMap((list) => {
    const found = getPath(template, list);
    return Array.isArray(found) ? found : [];
  });
  return [template, ...containers].some((part) => getPath(part, "resources") !== undefined);
}

interface SingleError {
  readonly name: string;
  readonly error: FieldError;
}

function singleAmounts(template: JsonObject, ceilings: Ceilings): SingleError[] {
  const inLists = ["initContainers", "containers"].flatMap((list) => {
    const containers = getPath(template, list);
    return (Array.isArray(containers) ? containers : []).map((container, i) => ({
      owner: at.child(list).index(i),
      value: container,
    }));
  });
  return [...inLists, { owner: at, value: template }].flatMap(({ owner, value }) =>
    ["limits", "requests"].flatMap((kind) => {
      const amounts = getPath(value, "resources", kind);
      if (!isObject(amounts)) return [];
      const path = owner.child("resources").child(kind);
      return Object.entries(amounts).flatMap(([name, amount]) => {
        const of = ceilingFor(name);
        const quantity = quantityOf(amount);
        if (of === undefined || quantity === undefined || !exceeds(quantity, String(ceilings[of]))) return [];
        const field = of === "gpus" ? path.key(name) : path.child(name);
        return [{ name, error: invalid(field, amount, ceilingMessage(of, ceilings)) }];
      });
    }),
  );
}

/** The template with what the engine's container gets from `spec.serving`. */
function withEngine(template: JsonObject, resources: ServingResources | undefined): JsonObject {
  const given = getPath(template, "containers");
  const containers = Array.isArray(given) ? given : [];
  const isEngine = (container: JsonValue): boolean => getPath(container, "name") === engineContainer;
  const base = engineLimits(resources);
  const own = getPath(containers.find(isEngine), "resources");
  const partOf = (kind: string): JsonObject => {
    const amounts = getPath(own, kind);
    return isObject(amounts) ? amounts : {};
  };
  const engine: JsonObject = {
    name: engineContainer,
    resources: { limits: { ...base, ...partOf("limits") }, requests: { ...base, ...partOf("requests") } },
  };
  return { ...template, containers: [engine, ...containers.filter((container) => !isEngine(container))] };
}

function engineLimits(resources: ServingResources | undefined): JsonObject {
  const { gpu, cpu, memory } = resources ?? {};
  const limits: JsonObject = {
    ...(cpu === undefined ? {} : { cpu: String(cpu) }),
    ...(memory === undefined ? {} : { memory: String(memory) }),
  };
  if ((gpu?.count ?? 0) > 0) setKey(limits, gpu?.type ?? defaultGpuType, String(gpu?.count ?? 0));
  return limits;
}

function exceedsAlone(name: string, resources: ServingResources | undefined, ceilings: Ceilings): boolean {
  const of = ceilingFor(name);
  const quantity = quantityOf(engineLimits(resources)[name]);
  if (of === undefined || quantity === undefined) return false;
  const all = { ...quantity, digits: quantity.digits * BigInt(resources?.gpu?.nodes ?? 1) };
  return exceeds(all, String(ceilings[of]));
}
