import { duplicate, invalid } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { cloneJson, getKey } from "../../../machinery/json/value.ts";
import { apiOf } from "./apis.ts";
import type { Draft } from "./draft.ts";
import { literalId } from "./draft.ts";
import type { ConfigSpec, ExternalEntry, ExternalSection } from "./input.ts";
import { externalSections } from "../../../api/llamastackdistribution/enumerations.ts";
import type { ProviderPackage } from "./provider-package.ts";
import { typeOf } from "./shape.ts";

/**
 * Providers whose code comes in images of their own. What type such a provider has, and which module, stands in the
 * image; whoever has read the image says so, and the provider joins the configuration. An image nobody has read, as
 * without a cluster, leaves the provider out, while its id can be named.
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

/** What images provide, by the name of the image. */
export type ProviderPackages = ReadonlyMap<string, ProviderPackage>;

/** Adds external providers. One id for two of them is refused; one that replaces a provider is warned of. */
export function addExternalProviders(spec: ConfigSpec, draft: Draft, packages: ProviderPackages): void {
  const seen = new Map<string, string>();
  for (const given of givenExternals(spec)) {
    const { entry, path } = given;
    const id = entry.providerId;
    const other = seen.get(id);
    if (other !== undefined) {
      const { type, detail } = duplicate(path.child("providerId"), id);
      const both = `${detail}: images ${other} and ${entry.image} both provide it`;
      draft.error({ type, path: path.child("providerId").toString(), detail: both });
    } else seen.set(id, entry.image);
    const provided = packages.get(entry.image);
    if (provided === undefined) expectProvider(given, draft);
    else addProvider(given, provided, draft);
  }
}

const withId =
  (id: string) =>
  (entry: JsonObject): boolean =>
    literalId(getKey(entry, "provider_id")) === id;

/** A provider of a type that is not known: others may name it. */
function expectProvider({ section, entry, path }: GivenExternal, draft: Draft): void {
  const api = apiOf(section);
  const id = entry.providerId;
  draft.external.set(api, [...(draft.external.get(api) ?? []), id]);
  const old = draft.providers(api).find(withId(id));
  if (old !== undefined) {
    draft.warn(
      `${path.toString()}: external provider ${id} (${entry.image}) replaces the ${api} provider of type ` +
        typeOf(old),
    );
  }
}

function addProvider({ section, entry, path }: GivenExternal, provided: ProviderPackage, draft: Draft): void {
  const api = apiOf(section);
  const id = entry.providerId;
  if (provided.api !== api) {
    const right = externalSections.find((candidate) => apiOf(candidate) === provided.api);
    const advice =
      right === undefined ? "no section is for it" : `move it to spec.externalProviders.${right}`;
    const detail = `image ${entry.image} holds a provider of API ${provided.api}, not ${api}; ${advice}`;
    draft.error(invalid(path, id, detail));
    return;
  }
  const all = draft.providers(api);
  const old = all.find(withId(id));
  if (old !== undefined) {
    draft.warn(
      `${path.toString()}: external provider ${id} (${entry.image}) replaces the ${api} provider of type ` +
        `${typeOf(old)} with one of type ${provided.providerType}`,
    );
  }
  const added: JsonObject = {
    provider_id: id,
    provider_type: provided.providerType,
    module: provided.packageName,
    config: entry.config === undefined ? {} : cloneJson(entry.config),
  };
  draft.setProviders(api, [...all.filter((candidate) => candidate !== old), added]);
  draft.serve(api);
}
