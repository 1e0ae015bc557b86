import type { FieldError } from "../machinery/field/error.ts";
import { notFoundValue, required } from "../machinery/field/error.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { transformerOf } from "../transformers/registry.ts";
import type { ProviderFacts, Rendered, Transformer } from "../transformers/transformer.ts";

/** What a deployment expands to, and by which transformer. */
export interface RenderedDeployment extends Rendered {
  /** Absent when there is none of that name; then `errors` says so. */
  readonly transformer?: Transformer;
}

/**
 * The one way from a deployment to its resources, used by admission, the manifests subresource, the reconciler and the
 * command line. Pure. Without facts the newest version of the provider's kind is written.
 */
export function renderDeployment(
  deployment: ModelDeployment,
  facts: Partial<ProviderFacts> = {},
): RenderedDeployment {
  const name = deployment.spec.provider?.name;
  const transformer = transformerOf(name);
  if (transformer === undefined) {
    return refused(
      name === undefined || name === ""
        ? required("spec.provider.name")
        : notFoundValue("spec.provider.name", name),
    );
  }
  const apiVersion = facts.apiVersion ?? transformer.apiVersions[0];
  if (apiVersion === undefined) throw new Error(`transformer ${transformer.name} writes no apiVersion`);
  const rendered = transformer.render(deployment, { apiVersion });
  return { ...rendered, transformer };
}

const refused = (error: FieldError): RenderedDeployment => ({
  resources: [],
  warnings: [],
  unsupported: [],
  errors: [error],
});
