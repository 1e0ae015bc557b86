import { getKey } from "../../../machinery/json/value.ts";
import type { Draft } from "./draft.ts";
import { literalId } from "./draft.ts";
import type { Expanded } from "./providers.ts";

/**
 * Lays the spec's providers over the base's: one with the id of a base provider takes its place, the others join
 * them. The spec's come first, in its order, since "the first provider" of an API is to be one of the user's.
 */
export function mergeProviders(expanded: readonly Expanded[], draft: Draft): void {
  for (const api of new Set(expanded.map((provider) => provider.api))) {
    const own = expanded.filter((provider) => provider.api === api);
    const ids = own.map(({ id }) => id);
    const base = draft.providers(api);
    const kept = replaces(api, draft)
      ? []
      : base.filter((entry) => !ids.includes(literalId(getKey(entry, "provider_id"))));
    draft.setProviders(api, [...own.map(({ entry }) => entry), ...kept]);
    draft.serve(api);
    draft.given.set(api, ids);
  }
}

const replaces = (api: Expanded["api"], { options }: Draft): boolean =>
  options.profile === "spec" || options.replace.includes(api);

/** Gives every provider entry a `config`, so that equal meanings have equal bytes. */
export function completeProviders(draft: Draft): void {
  for (const api of Object.keys(draft.section("providers"))) {
    for (const entry of draft.providers(api)) {
      if (getKey(entry, "config") === undefined) entry["config"] = {};
    }
  }
}
