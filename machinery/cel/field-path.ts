import { FieldPath } from "../field/path.ts";
import type { Structural } from "../schema/structural.ts";

/**
 * The fieldPath of a rule: names and map keys below the node, `.spec.x` or `.labels['a.b']`. Answers it as it is printed
 * in an error, or what is wrong with it.
 */
export function compileFieldPath(
  text: string,
  schema: Structural,
): { readonly path: string; readonly schema: Structural } | { readonly error: string } {
  let at = FieldPath.of();
  let node: Structural = schema;
  let rest = text;
  while (rest !== "") {
    const part = /^(?:\.([^.[\]']+)|\['((?:[^'\\]|\\.)*)'\])/s.exec(rest);
    if (part === null) return { error: `expected [ or . but got: ${rest}` };
    const name = part[1] ?? (part[2] ?? "").replaceAll(/\\(['\\])/g, "$1");
    const declared = node.properties?.get(name);
    if (declared !== undefined) {
      at = at.child(name);
      node = declared;
    } else if (node.properties === undefined && typeof node.additionalProperties === "object") {
      at = at.key(name);
      node = node.additionalProperties;
    } else return { error: "does not refer to a valid field" };
    rest = rest.slice(part[0].length);
  }
  return { path: at.toString(), schema: node };
}
