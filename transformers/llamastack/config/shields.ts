import { required } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import { getKey } from "../../../machinery/json/value.ts";
import type { Draft } from "./draft.ts";
import { conditionOf, literalId } from "./draft.ts";
import type { ConfigSpec } from "./input.ts";
import { mergeRegistered } from "./registered.ts";

/** Registers the spec's shields with the first of its safety providers, or as the base has them. */
export function registerShields(spec: ConfigSpec, draft: Draft): void {
  const shields = spec.resources?.shields ?? [];
  if (shields.length === 0) return;
  const sure = draft
    .providers("safety")
    .filter((entry) => conditionOf(getKey(entry, "provider_id")) === undefined)
    .map((entry) => literalId(getKey(entry, "provider_id")));
  if (sure.length === 0) {
    const detail = "resources.shields needs at least one safety provider; add one to spec.providers.safety";
    draft.error(required(FieldPath.of("spec", "resources", "shields"), detail), "MissingProviderForResource");
    return;
  }
  const [given] = draft.given.get("safety") ?? [];
  const entries = shields.map((shield) => {
    const base = draft
      .registered("shields")
      .find((entry) => literalId(getKey(entry, "shield_id")) === shield);
    const registered = base === undefined ? undefined : literalId(getKey(base, "provider_id"));
    const inBase = registered !== undefined && sure.includes(registered) ? registered : undefined;
    return { shield_id: shield, provider_id: given ?? inBase ?? sure[0] ?? "" };
  });
  mergeRegistered("shields", "shield_id", entries, draft);
}
