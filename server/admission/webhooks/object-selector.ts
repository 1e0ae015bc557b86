import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../../machinery/json/value.ts";
import type { LabelSelector } from "../../../machinery/selectors/labels.ts";
import type { AdmissionAttributes } from "../plugin.ts";

/** Whether the labels of the object, before or after the write, are selected. A Scale has no labels. */
export function selectsObject(
  selector: LabelSelector,
  { object, oldObject, subresource }: Pick<AdmissionAttributes, "object" | "oldObject" | "subresource">,
): boolean {
  if (selector.requirements.length === 0) return true;
  return [object, oldObject].some(
    (candidate) => candidate !== undefined && fits(selector, subresource === "scale" ? {} : candidate),
  );
}

function fits(selector: LabelSelector, object: JsonObject): boolean {
  const labels = getPath(object, "metadata", "labels");
  return selector.matches((key) => {
    const value = isObject(labels) ? getKey(labels, key) : undefined;
    return typeof value === "string" ? value : undefined;
  });
}
