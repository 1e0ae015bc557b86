import { duplicate, invalid } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { cloneJson, getKey } from "../../../machinery/json/value.ts";
import { apiOf } from "./apis.ts";
import { Draft, literalId } from "./draft.ts";
import type { ConfigSpec, ExternalEntry, ExternalSection } from "./input.ts";
import { externalSections } from "../../../api/llamastackdistribution/enumerations.ts";
import { defaultOptions } from "./options.ts";
import { shapeOf, typeOf } from "./shape.ts";

/**
 * Providers whose code comes in images of their own. What type such a provider has, and which module, stands in the
 * image: the pod installs it and merges it into the generated configuration. Here the ids are checked.
 */

/** An external provider and where the spec names it, in the order of installation. */
export interface GivenExternal {
  readonly section: ExternalSection;
  readonly entry: ExternalEntry;
  readonly path: FieldPath;
}

export const givenExternals = (spec: ConfigSpec): GivenExternal[] =>
  externalSections.flatMap((section) =>
    (spec.externalProviders?.[section] ?? []).map((entry, i) => ({
      section,
      entry,
      path: FieldPath.of("spec", "externalProviders", section).index(i),
    })),
  );

/** Refuses an id used twice among external providers and warns of those that replace a provider of the configuration. */
export function noteExternalProviders(spec: ConfigSpec, draft: Draft): void {
  const seen = new Map<string, string>();
  for (const { section, entry, path } of givenExternals(spec)) {
    const id = entry.providerId;
    const other = seen.get(id);
    if (other !== undefined) {
      const { type, detail } = duplicate(path.child("providerId"), id);
      const both = `${detail}: images ${other} and ${entry.image} both provide it`;
      draft.error({ type, path: path.child("providerId").toString(), detail: both });
    } else seen.set(id, entry.image);
    const api = apiOf(section);
    draft.external.set(api, [...(draft.external.get(api) ?? []), id]);
    const old = draft.providers(api).find((candidate) => literalId(getKey(candidate, "provider_id")) === id);
    if (old !== undefined) {
      draft.warn(
        `${path.toString()}: external provider ${id} (${entry.image}) replaces the ${api} provider of type ` +
          typeOf(old),
      );
    }
  }
}

/** What an image says of the provider in it. */
export interface ProviderPackage {
  readonly api: string;
  readonly providerType: string;
  readonly packageName: string;
}

export interface InstalledProvider {
  readonly given: GivenExternal;
  readonly provided: ProviderPackage;
}

/** Adds installed providers to a configuration: an external provider wins over one with its id, and that is warned of. */
export function mergeExternalProviders(config: JsonObject, installed: readonly InstalledProvider[]): Draft {
  const draft = new Draft(cloneJson(config), shapeOf(config), defaultOptions);
  for (const { given, provided } of installed) {
    const api = apiOf(given.section);
    if (provided.api !== api) {
      const section = externalSections.find((candidate) => apiOf(candidate) === provided.api);
      const advice =
        section === undefined ? "no section is for it" : `move it to spec.externalProviders.${section}`;
      const detail = `image ${given.entry.image} holds a provider of API ${provided.api}, not ${api}; ${advice}`;
      draft.error(invalid(given.path, given.entry.providerId, detail));
      continue;
    }
    const id = given.entry.providerId;
    const others = draft.providers(api);
    const old = others.find((entry) => literalId(getKey(entry, "provider_id")) === id);
    if (old !== undefined) {
      const was = typeOf(old);
      draft.warn(`external provider ${id} of API ${api} replaces type ${was} with ${provided.providerType}`);
    }
    const entry: JsonObject = {
      provider_id: id,
      provider_type: provided.providerType,
      module: provided.packageName,
    };
    if (given.entry.config !== undefined) entry["config"] = cloneJson(given.entry.config);
    draft.setProviders(api, [...others.filter((candidate) => candidate !== old), entry]);
    draft.serve(api);
  }
  return draft;
}
