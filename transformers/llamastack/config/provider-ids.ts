import type { FieldError } from "../../../machinery/field/error.ts";
import { duplicate, forbidden, invalid, required } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import { apiOf, foldApi } from "./apis.ts";
import type { ConfigSpec, ProviderEntry, ProviderSection } from "./input.ts";
import { externalSections, providerSections } from "../../../api/llamastackdistribution/enumerations.ts";
import { reservedId } from "./secrets.ts";

/** A provider of the spec and where it stands. */
export interface GivenProvider {
  readonly section: ProviderSection;
  readonly entry: ProviderEntry;
  readonly id: string;
  readonly path: FieldPath;
}

/** The providers of a spec in the order of sections and lists; the only one of a section may go without an id. */
export function givenProviders(spec: ConfigSpec): GivenProvider[] {
  return providerSections.flatMap((section) =>
    (spec.providers?.[section] ?? []).map((entry, i) => ({
      section,
      entry,
      id: entry.id ?? entry.provider,
      path: FieldPath.of("spec", "providers", section).index(i),
    })),
  );
}

/** What is wrong with the ids of providers, and with providers of APIs that are disabled. */
export function checkProviders(spec: ConfigSpec): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Map<string, FieldPath>();
  for (const { section, entry, id, path } of givenProviders(spec)) {
    const count = spec.providers?.[section]?.length ?? 0;
    if (entry.id === undefined && count > 1) {
      errors.push(required(path.child("id"), "every provider needs an id when an API has more than one"));
      continue;
    }
    const at = entry.id === undefined ? path.child("provider") : path.child("id");
    const other = seen.get(id);
    if (other !== undefined) errors.push(duplicate(at, id));
    else seen.set(id, path);
    if (id === reservedId) errors.push(invalid(at, id, "is reserved for the secrets of spec.storage"));
    if (!usableId.test(id)) {
      errors.push(invalid(at, id, "must not be empty and must not hold the server's variables (${env.…})"));
    }
  }
  return [...errors, ...checkDisabled(spec)];
}

const usableId = /^(?!.*\$\{)./s;

function checkDisabled(spec: ConfigSpec): FieldError[] {
  const parents = [
    ...providerSections.map((section) => ({ parent: "providers", section, list: spec.providers?.[section] })),
    ...externalSections.map((section) => {
      return { parent: "externalProviders", section, list: spec.externalProviders?.[section] };
    }),
  ];
  return (spec.disabled ?? []).flatMap((name, i) =>
    parents
      .filter(({ section, list = [] }) => list.length > 0 && apiOf(section) === foldApi(name))
      .map(({ parent, section }) =>
        forbidden(
          FieldPath.of("spec", parent, section),
          `spec.disabled[${i}] disables the API; remove the providers or the entry of spec.disabled`,
        ),
      ),
  );
}
