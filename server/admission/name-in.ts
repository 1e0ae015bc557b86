import { getPath } from "../../machinery/json/value.ts";
import type { AdmissionAttributes } from "./plugin.ts";

/** The name a refusal speaks of: of an object without one, what its name begins with. */
export function nameIn({ name, object }: Pick<AdmissionAttributes, "name" | "object">): string {
  if (name !== "") return name;
  for (const key of ["name", "generateName"]) {
    const text = object === undefined ? undefined : getPath(object, "metadata", key);
    if (typeof text === "string" && text !== "") return text;
  }
  return "Unknown";
}
