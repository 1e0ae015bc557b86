import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { invalid } from "../../machinery/field/error.ts";
import type { Findings } from "../findings.ts";
import type { Graph } from "./graph.ts";

/** Grove makes the names of pods out of those of the graph and its parts. */
const maxCombined = 45;

/** Whether the name of the deployment leaves room for the names of its components. */
export function validateNames(
  { metadata: { name = "" } }: ModelDeployment,
  { components }: Graph,
  findings: Findings,
): void {
  const rooms = components.map((component) => {
    const part = component.name.toLowerCase();
    // A component of several nodes is a group, with leader and workers in it.
    const isGroup = (component.nodes ?? 1) > 1;
    return { part, length: isGroup ? 2 * part.length + "-ldr".length : part.length };
  });
  const longest = rooms.reduce((a, b) => (b.length > a.length ? b : a), { part: "", length: 0 });
  if (name.length + longest.length <= maxCombined) return;
  const room = maxCombined - longest.length;
  findings.error(
    invalid(
      "metadata.name",
      name,
      `must be no more than ${String(room)} characters, because the names of Dynamo's pods have room for ${String(maxCombined)} together with the component ${longest.part}`,
    ),
  );
}
