import { forbidden } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import type { Graph } from "./graph.ts";

/** What overrides say about one component, and where. */
interface ComponentOverride {
  readonly value: JsonValue;
  readonly path: FieldPath;
}

/** What overrides say about components, by name, in the words of either version. */
function componentOverrides(raw: JsonObject): ReadonlyMap<string, ComponentOverride> {
  const found = new Map<string, ComponentOverride>();
  const at = FieldPath.of("spec", "provider", "overrides", "spec");
  const services = getPath(raw, "spec", "services");
  if (isObject(services)) {
    for (const name of Object.keys(services)) {
      found.set(name, { value: getKey(services, name) ?? null, path: at.child("services").child(name) });
    }
  }
  const components = getPath(raw, "spec", "components");
  for (const [i, value] of (Array.isArray(components) ? components : []).entries()) {
    const name = getPath(value, "name");
    if (typeof name === "string") found.set(name, { value, path: at.child("components").index(i) });
  }
  return found;
}

/** Overrides may change the components there are, in the words of the version that is written. */
export function validateComponentOverrides(
  raw: JsonObject,
  apiVersion: string,
  { components }: Graph,
  findings: Findings,
): void {
  if (getPath(raw, "spec", "priorityClassName") !== undefined) {
    const path = FieldPath.of("spec", "provider", "overrides", "spec", "priorityClassName");
    findings.error(forbidden(path, "could evict other workloads"));
  }
  const isBeta = apiVersion === "nvidia.com/v1beta1";
  const other = isBeta ? "services" : "components";
  const own = isBeta ? "components, a list of objects with a name," : "services, by name,";
  if (getPath(raw, "spec", other) !== undefined) {
    const path = FieldPath.of("spec", "provider", "overrides", "spec", other);
    findings.error(
      forbidden(path, `the cluster serves ${apiVersion}, whose graphs have spec.${own} instead`),
    );
    return;
  }
  const names: readonly string[] = components.map(({ name }) => name);
  for (const [name, { path, value }] of componentOverrides(raw)) {
    if (!names.includes(name)) {
      findings.error(forbidden(path, `is no component of this graph, which has ${names.join(", ")}`));
    } else if (value === null) findings.error(forbidden(path, "the graph needs this component"));
  }
}
