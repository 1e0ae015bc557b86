import type { ApiError } from "../api/errors/api-error.ts";
import { invalid } from "../api/errors/catalogue.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { equalJson, getKey } from "../machinery/json/value.ts";
import type { AdmissionAttributes } from "../server/admission/plugin.ts";

/** Whether this is a write to the spec of a ModelDeployment, directly or by /scale. */
export function writesModelDeployment({ resource, operation, subresource }: AdmissionAttributes): boolean {
  return (
    resource.group === modelDeploymentNames.group &&
    resource.resource === modelDeploymentNames.plural &&
    (operation === "CREATE" || operation === "UPDATE") &&
    (subresource === "" || subresource === "scale")
  );
}

/**
 * Whether the spec is other than what is stored. Without a change there is nothing to decide again: a finalizer can be
 * removed and a label be set whatever has become of provider, Secrets or ceilings since.
 */
export const changesSpec = ({ object, oldObject }: AdmissionAttributes): boolean =>
  object !== undefined &&
  (oldObject === undefined || !equalJson(getKey(object, "spec"), getKey(oldObject, "spec")));

/** The written and the stored object; the server has brought both to the hub version. */
export const deploymentsOf = ({
  object,
  oldObject,
}: AdmissionAttributes): { readonly object: ModelDeployment; readonly old: ModelDeployment | undefined } => ({
  object: object as unknown as ModelDeployment,
  old: oldObject as unknown as ModelDeployment | undefined,
});

/** A text that starts with a hub path, with that path in the client's words. */
export function inClientWords(attributes: AdmissionAttributes, text: string): string {
  const [path = ""] = /^[^\s:]+/.exec(text) ?? [];
  return path.startsWith("spec.") ? attributes.clientPath(path) + text.slice(path.length) : text;
}

/** Field errors with hub paths as the refusal in the client's words. */
export function refusal(attributes: AdmissionAttributes, errors: readonly FieldError[]): ApiError {
  const { kind, name } = attributes;
  return invalid(
    kind,
    name,
    errors.map((error) => ({ ...error, path: attributes.clientPath(error.path) })),
  );
}
