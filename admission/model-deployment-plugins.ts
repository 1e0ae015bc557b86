/**
 * Admission of ModelDeployments: default → select → (schema validation by the server) → rights, rules, references,
 * rendering and dry run. Nothing is decided again when the spec does not change. Mutation never refuses; what could not
 * be chosen is refused later, together with everything else that is wrong.
 */
import { modelDeploymentSchemas } from "../api/modeldeployment/schemas.ts";
import { claimNameFor, defaultModelDeployment, keepChoices } from "../api/modeldeployment/defaults.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { defaultCeilings, validateDemands } from "../api/modeldeployment/validation/ceilings.ts";
import { validateModelDeployment } from "../api/modeldeployment/validation/validate.ts";
import { modelDeploymentWarnings } from "../api/modeldeployment/validation/warnings.ts";
import type { UserInfo } from "../api/meta/user.ts";
import type { FieldError } from "../machinery/field/error.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../server/admission/plugin.ts";
import { overrideBans } from "../transformers/override-bans.ts";
import { renderHash } from "../transformers/render-hash.ts";
import { transformers } from "../transformers/registry.ts";
import type { ProviderFacts } from "../transformers/transformer.ts";
import { validateImages } from "./allowed-images.ts";
import { validateOverridePaths } from "./allowed-overrides.ts";
import { changesSpec, deploymentsOf, inClientWords, refusal, writesModelDeployment } from "./attributes.ts";
import { asCeilings } from "./policy-ceilings.ts";
import { validateCompatibility } from "./compatibility.ts";
import { dryRun } from "./dry-run.ts";
import { matchesTypes } from "./matches-types.ts";
import type { ModelDeploymentAdmissionOptions } from "./options.ts";
import { defaultStaleAfterMs, unreadiness } from "./readiness.ts";
import { providerFacts } from "./provider-facts.ts";
import { referencesOf } from "./reference-paths.ts";
import { checkReferences } from "./references.ts";
import type { RenderedDeployment } from "./render.ts";
import { renderDeployment } from "./render.ts";
import { checkRights, mayUse } from "./rights.ts";
import type { Candidate } from "./selection.ts";
import { select, validateSelection } from "./selection.ts";
import { SelectionRules } from "./selection-rules.ts";

/** The plugins, in their order. */
export function modelDeploymentPlugins(options: ModelDeploymentAdmissionOptions): AdmissionPlugin[] {
  const admission = new ModelDeploymentAdmission(options);
  return [
    {
      name: "ModelDeploymentDefaults",
      handles: writesWhole,
      admit: async (attributes) => {
        admission.setDefaults(attributes);
      },
    },
    {
      name: "ModelDeploymentSelection",
      handles: writesWhole,
      admit: (attributes) => admission.select(attributes),
    },
    {
      name: "ModelDeploymentValidation",
      handles: (attributes) => writesModelDeployment(attributes) && changesSpec(attributes),
      validate: (attributes) => admission.validate(attributes),
    },
  ];
}

/** A number of replicas by itself is no reason to decide anything again, and a webhook could not. */
const writesWhole = (attributes: AdmissionAttributes): boolean =>
  attributes.subresource === "" && writesModelDeployment(attributes);

class ModelDeploymentAdmission {
  readonly #options: ModelDeploymentAdmissionOptions;
  readonly #rules = new SelectionRules();
  readonly #overrideBans = overrideBans(transformers);

  constructor(options: ModelDeploymentAdmissionOptions) {
    this.#options = options;
  }

  setDefaults(attributes: AdmissionAttributes): void {
    if (!this.#isReadable(attributes)) return;
    const { object, old } = deploymentsOf(attributes);
    if (old !== undefined) keepChoices(object, old);
    defaultModelDeployment(object, old);
    if ((object.metadata.name ?? "") === "") dropNamelessClaims(object);
  }

  async select(attributes: AdmissionAttributes): Promise<void> {
    if (!this.#isReadable(attributes)) return;
    const { object, old } = deploymentsOf(attributes);
    select(object, old, {
      candidates: await this.#candidates(attributes.user),
      now: this.#options.now(),
      rules: this.#rules,
      onRuleErrors: (provider, errors) => {
        this.#options.onRuleErrors?.(provider, errors);
      },
      assess: (candidate, provider) => {
        const { errors, unsupported } = renderDeployment(withSomeName(candidate));
        return { errors: [...objections(candidate, provider), ...errors], ignored: unsupported.length };
      },
    });
    if ((object.metadata.name ?? "") === "") dropNamelessClaims(object);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { object, old } = deploymentsOf(attributes);
    const candidates = await this.#candidates(attributes.user);
    const chosen = candidates.find(({ provider }) => provider.metadata.name === object.spec.provider?.name);
    const provider = chosen?.provider;
    await checkRights(attributes, { object, old, provider }, this.#options.authorize);
    const policy = provider?.spec.policy?.ceilings;
    const ceilings = { ...defaultCeilings, ...this.#options.ceilings, ...asCeilings(policy) };
    const errors: FieldError[] = [
      ...validateModelDeployment(object, { old, ceilings, overrideBans: this.#overrideBans }),
      ...validateSelection(object, old, candidates),
    ];
    if (provider !== undefined) errors.push(...objections(object, provider));
    if (errors.length > 0 || provider === undefined) throw refusal(attributes, errors);

    const rendered = renderDeployment(object, await this.#facts(object));
    const refused = [...rendered.errors, ...validateDemands(rendered.demands ?? [], ceilings)];
    if (refused.length > 0) throw refusal(attributes, refused);
    for (const text of modelDeploymentWarnings(object)) attributes.warn(inClientWords(attributes, text));
    for (const text of rendered.warnings) attributes.warn(inClientWords(attributes, text));
    for (const { path, reason } of rendered.unsupported) {
      attributes.warn(`${attributes.clientPath(path)}: has no effect: ${reason}`);
    }
    attributes.annotate("hawsepipe.dev/rendered-hash", () => renderHash(rendered.resources));
    await this.#askHost(attributes, { object, old, provider, rendered });
  }

  async #askHost(
    attributes: AdmissionAttributes,
    change: {
      readonly object: ModelDeployment;
      readonly old: ModelDeployment | undefined;
      readonly provider: Candidate["provider"];
      readonly rendered: RenderedDeployment;
    },
  ): Promise<void> {
    const { client } = this.#options;
    if (client === undefined) return;
    const { object, old, provider, rendered } = change;
    const before = old === undefined ? undefined : renderDeployment(old, await this.#facts(old));
    const [references, trial] = await Promise.all([
      checkReferences(client, {
        references: referencesOf(object),
        known: old === undefined ? [] : referencesOf(old),
        namespace: object.metadata.namespace ?? "",
        isEnforced: (kind) => provider.spec.policy?.references?.[kind] !== "Warn",
      }),
      dryRun({ client, deployment: object, old, provider, rendered, before, signal: attributes.call.signal }),
    ]);
    for (const { path, name } of references.missing) {
      attributes.warn(`${attributes.clientPath(path)}: ${JSON.stringify(name)} does not exist yet`);
    }
    for (const text of trial.warnings) attributes.warn(text);
    const errors = [...references.errors, ...trial.errors];
    if (errors.length > 0) throw refusal(attributes, errors);
  }

  async #facts({ spec }: ModelDeployment): Promise<Partial<ProviderFacts>> {
    const { client } = this.#options;
    return client === undefined ? {} : providerFacts(client, spec.provider?.name);
  }

  async #candidates(user: UserInfo): Promise<Candidate[]> {
    const { listProviders, authorize, now, staleAfterMs = defaultStaleAfterMs } = this.#options;
    const providers = await listProviders();
    return Promise.all(
      providers.map(async (provider) => {
        const obstacle = unreadiness(provider, now(), staleAfterMs);
        const allowed = obstacle === undefined ? await mayUse(provider, user, authorize) : true;
        return { provider, obstacle: allowed ? obstacle : "it is restricted" };
      }),
    );
  }

  #isReadable({ object }: AdmissionAttributes): boolean {
    return object !== undefined && matchesTypes(object, modelDeploymentSchemas.v1alpha2());
  }
}

/** What the provider cannot or must not do of it. */
const objections = (object: ModelDeployment, provider: Candidate["provider"]): FieldError[] => [
  ...validateCompatibility(object, provider),
  ...validateImages(object, provider),
  ...validateOverridePaths(object, provider),
];

/** With a name as one will be generated, where that comes after admission. */
function withSomeName(object: ModelDeployment): ModelDeployment {
  const { name = "", generateName = "m-" } = object.metadata;
  return name === "" ? { ...object, metadata: { ...object.metadata, name: `${generateName}x` } } : object;
}

/** Claims are named after the deployment, whose name is generated after admission; rendering names them then. */
function dropNamelessClaims({ spec }: ModelDeployment): void {
  for (const volume of spec.model.volumes ?? []) {
    if (volume.size !== undefined && volume.claimName === claimNameFor("", volume.name))
      delete volume.claimName;
  }
}
