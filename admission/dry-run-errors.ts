import type { ApiError, StatusCause } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { FieldError, FieldErrorType } from "../machinery/field/error.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { getPath } from "../machinery/json/value.ts";
import { componentLabel } from "../transformers/names.ts";
import { transformerOf } from "../transformers/registry.ts";
import { pathBelow, pathInOrigin } from "./origin-path.ts";
import { typeProblems } from "./typed-patch-errors.ts";

/**
 * What the host refused, in the words of the deployment where its origin is known: a field that overrides or the pod
 * template set is named by its path there, anything else by the provider resource and its own path.
 */
export function refusalErrors(
  error: ApiError,
  resource: KubeObject,
  deployment: ModelDeployment,
): FieldError[] {
  const found = refusalCauses(error);
  const origin = new Origin(resource, deployment);
  if (found.length === 0) {
    return [
      {
        type: error.code === 403 ? "FieldValueForbidden" : "FieldValueInvalid",
        path: "spec.provider",
        detail: `${error.code === 403 ? "Forbidden" : "Invalid value"}: ${origin.what} is refused: ${error.message}`,
      },
    ];
  }
  return found.map((cause) => origin.translate(cause));
}

/** What a refusal says of single fields; nothing where it is about the whole object. */
export function refusalCauses(error: ApiError): readonly StatusCause[] {
  const causes = (error.details?.causes ?? []).filter(({ field }) => field !== undefined && field !== "");
  return causes.length > 0 ? causes : unknownFields(error.message);
}

/** Strict field validation answers one message that names every field. */
function unknownFields(message: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const match of message.matchAll(/(unknown|duplicate) field "([^"]+)"/g)) {
    const [, problem = "", field = ""] = match;
    causes.push({ reason: "FieldValueInvalid", message: `Invalid value: ${problem} field`, field });
  }
  // Server-side apply says it in another way.
  return [...causes, ...typeProblems(message)];
}

class Origin {
  readonly what: string;
  readonly #podSpecs: readonly string[];
  readonly #rendered: JsonValue;
  /** The key of the overrides that holds those of this resource's component. */
  readonly #component: readonly string[];
  readonly #deployment: ModelDeployment;

  constructor(resource: KubeObject, deployment: ModelDeployment) {
    this.what = `${resource.kind} ${JSON.stringify(resource.metadata.name ?? "")}`;
    const podSpecs = transformerOf(deployment.spec.provider?.name)?.podSpecs ?? {};
    this.#podSpecs = Object.hasOwn(podSpecs, resource.kind) ? (podSpecs[resource.kind] ?? []) : [];
    this.#rendered = asJson(resource);
    const component = resource.metadata.labels?.[componentLabel];
    this.#component = component === undefined ? [] : [component];
    this.#deployment = deployment;
  }

  translate({ field = "", message = "", reason }: StatusCause): FieldError {
    const type = (reason ?? "FieldValueInvalid") as FieldErrorType;
    const { spec } = this.#deployment;
    const overrides = spec.provider?.overrides;
    for (const at of [...this.#component, ""]) {
      const written = at === "" ? overrides : getPath(overrides, at);
      const found = pathInOrigin(written, field, this.#rendered);
      if (found === undefined) continue;
      const path = ["spec.provider.overrides", at, found].filter((part) => part !== "").join(".");
      return { type, path, detail: message };
    }
    for (const pattern of this.#podSpecs) {
      const inPod = pathBelow(pattern, field, this.#rendered);
      const found = inPod && pathInOrigin(spec.workload?.podTemplate?.spec, inPod.path, inPod.value);
      if (found !== undefined) {
        return { type, path: `spec.workload.podTemplate.spec.${found}`, detail: message };
      }
    }
    return { type, path: "spec.provider", detail: `${this.what} is refused: ${field}: ${message}` };
  }
}
