/**
 * Admission of LlamaStackDistributions: rights → the configuration is generated as the reconciler will → references →
 * everything that is rendered is tried on the host. An object that would fail later is refused with the paths of its
 * own fields, in the version its author wrote. Contents of Secrets are not read; see keys.ts.
 */
import { llamaStackDistributionNames } from "../../api/llamastackdistribution/names.ts";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { notFoundValue } from "../../machinery/field/error.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../../server/admission/plugin.ts";
import { profileAnnotation, replaceAnnotation } from "../../transformers/llamastack/config/options.ts";
import { isFailure } from "../../transformers/llamastack/config/result.ts";
import { distributionOwner } from "../../transformers/llamastack/ownership.ts";
import type { RenderedLlamaStack } from "../../transformers/llamastack/render/render.ts";
import { renderLlamaStack } from "../../transformers/llamastack/render/render.ts";
import { changesSpec, inClientWords, refusal } from "../attributes.ts";
import { checkReferences } from "../references.ts";
import type { DryRunFindings } from "../trial.ts";
import { nameOf, tryOnHost } from "../trial.ts";
import { missingKeys } from "./keys.ts";
import { onlyInV1alpha1 } from "./only-in-v1alpha1.ts";
import type { LlamaStackAdmissionOptions } from "./options.ts";
import { stackReferences } from "./references.ts";
import { stackRefusals } from "./refused.ts";
import type { StackChange } from "./rights.ts";
import { checkStackRights } from "./rights.ts";

/** The plugin; it only refuses and warns. */
export function llamaStackPlugin(options: LlamaStackAdmissionOptions): AdmissionPlugin {
  const admission = new LlamaStackAdmission(options);
  return {
    name: "LlamaStackDistributionValidation",
    handles: (attributes) => writesDistribution(attributes) && changesConfiguration(attributes),
    validate: (attributes) => admission.validate(attributes),
  };
}

const writesDistribution = ({ resource, operation, subresource }: AdmissionAttributes): boolean =>
  resource.group === llamaStackDistributionNames.group &&
  resource.resource === llamaStackDistributionNames.plural &&
  (operation === "CREATE" || operation === "UPDATE") &&
  subresource === "";

/** A label or a finalizer is no reason to decide anything again; two annotations choose how to generate. */
function changesConfiguration(attributes: AdmissionAttributes): boolean {
  if (changesSpec(attributes)) return true;
  const { object, old } = changeOf(attributes);
  return [profileAnnotation, replaceAnnotation].some(
    (name) => object.metadata.annotations?.[name] !== old?.metadata.annotations?.[name],
  );
}

/** The server has brought both to the hub version. */
const changeOf = ({ object, oldObject }: AdmissionAttributes): StackChange => ({
  object: object as unknown as LlamaStackDistribution,
  old: oldObject as unknown as LlamaStackDistribution | undefined,
});

class LlamaStackAdmission {
  readonly #options: LlamaStackAdmissionOptions;

  constructor(options: LlamaStackAdmissionOptions) {
    this.#options = options;
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const change = changeOf(attributes);
    await checkStackRights(attributes, change, this.#options.authorize);
    const rendered = this.#render(attributes, change.object);
    for (const text of onlyInV1alpha1(attributes.requestVersion, change.object)) attributes.warn(text);
    const [references, trial] = await Promise.all([
      this.#checkReferences(attributes, change),
      rendered === undefined ? nothing : this.#tryAll(attributes, change.object, rendered.resources),
    ]);
    for (const text of trial.warnings) attributes.warn(text);
    const errors = [...references, ...trial.errors];
    if (errors.length > 0) throw refusal(attributes, errors);
  }

  /** What it expands to; undefined where that is not known yet. Throws what speaks against it. */
  #render(attributes: AdmissionAttributes, object: LlamaStackDistribution): RenderedLlamaStack | undefined {
    const { resolutionOf, facts } = this.#options;
    const rendered = renderLlamaStack(object, { resolution: resolutionOf(object), facts: facts() });
    if (isFailure(rendered)) {
      if (rendered.isUndecided !== true) throw refusal(attributes, rendered.errors);
      // Whoever waits for a registry is not admission; the reconciler reports what becomes of it.
      for (const { path, detail } of rendered.errors) {
        attributes.warn(`${attributes.clientPath(path)}: not decided yet: ${detail}`);
      }
      return undefined;
    }
    for (const text of rendered.warnings) attributes.warn(inClientWords(attributes, text));
    for (const { path, reason } of rendered.unsupported) {
      attributes.warn(`${attributes.clientPath(path)}: has no effect: ${reason}`);
    }
    if (rendered.generated !== undefined) {
      attributes.annotate("hawsepipe.dev/config-hash", rendered.generated.hash);
    }
    return rendered;
  }

  /** Errors where the policy is to refuse; what is missing otherwise is warned of. */
  async #checkReferences(
    attributes: AdmissionAttributes,
    { object, old }: StackChange,
  ): Promise<readonly FieldError[]> {
    const { client, policy } = this.#options;
    const references = stackReferences(object);
    const known = old === undefined ? [] : stackReferences(old);
    const namespace = object.metadata.namespace ?? "";
    const isEnforced = policy.missingReferences === "Enforce";
    const [objects, keys] = await Promise.all([
      checkReferences(client, { references, known, namespace, isEnforced: () => isEnforced }),
      missingKeys(client, { references, known, namespace, readsSecrets: policy.readsSecretKeys }),
    ]);
    for (const { path, name } of objects.missing) {
      attributes.warn(`${attributes.clientPath(path)}: ${JSON.stringify(name)} does not exist yet`);
    }
    if (isEnforced) {
      const absent = keys.map(({ path, key, holder }) =>
        notFoundValue(path, key, `${holder} has no such key`),
      );
      return [...objects.errors, ...absent];
    }
    for (const { path, key, holder } of keys) {
      attributes.warn(`${attributes.clientPath(path)}: ${holder} has no key ${JSON.stringify(key)} yet`);
    }
    return [];
  }

  async #tryAll(
    attributes: AdmissionAttributes,
    object: LlamaStackDistribution,
    resources: readonly KubeObject[],
  ): Promise<DryRunFindings> {
    const context = {
      client: this.#options.client,
      owner: object,
      ownerKind: distributionOwner,
      resources,
      signal: attributes.call.signal,
      isReplaced: () => false,
      notServed,
      refused: (error: Parameters<typeof stackRefusals>[0], resource: KubeObject) =>
        stackRefusals(error, resource, object),
    };
    const found = await Promise.all(resources.map((resource) => tryOnHost(context, resource)));
    return {
      errors: found.flatMap(({ errors }) => errors),
      warnings: found.flatMap(({ warnings }) => warnings),
    };
  }
}

const nothing: DryRunFindings = { errors: [], warnings: [] };

const notServed = (resource: KubeObject): DryRunFindings => ({
  errors: [
    {
      type: "FieldValueInvalid",
      path: "spec",
      detail: `Invalid value: ${nameOf(resource)} is needed, and the cluster does not serve its kind of ${resource.apiVersion}`,
    },
  ],
  warnings: [],
});
