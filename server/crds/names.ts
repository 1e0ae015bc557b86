import type { FieldError } from "../../machinery/field/error.ts";
import { invalid, notSupported, required } from "../../machinery/field/error.ts";
import type { FieldPath } from "../../machinery/field/path.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { dns1035Label, dns1123Subdomain } from "../../machinery/names/names.ts";

/** `spec.names` with what kube-apiserver fills in: the singular and the list kind. */
export interface CrdNames {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

export function namesOf(raw: JsonValue | undefined): CrdNames {
  const names = isObject(raw) ? raw : {};
  const text = (key: string): string => {
    const value = getKey(names, key);
    return typeof value === "string" ? value : "";
  };
  const list = (key: string): string[] => {
    const value = getKey(names, key);
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  };
  const kind = text("kind");
  return {
    plural: text("plural"),
    kind,
    singular: text("singular") || kind.toLowerCase(),
    listKind: text("listKind") || (kind === "" ? "" : `${kind}List`),
    shortNames: list("shortNames"),
    categories: list("categories"),
  };
}

export function checkGroup(group: string, at: FieldPath, errors: FieldError[]): void {
  if (group === "") {
    errors.push(required(at));
    return;
  }
  const messages = dns1123Subdomain(group);
  if (messages.length > 0) errors.push(invalid(at, group, messages.join(",")));
  else if (!group.includes(".")) errors.push(invalid(at, group, "should be a domain with at least one dot"));
}

export function checkScope(scope: JsonValue | undefined, at: FieldPath, errors: FieldError[]): void {
  if (scope === undefined || scope === "" || scope === null) errors.push(required(at));
  else if (scope !== "Cluster" && scope !== "Namespaced")
    errors.push(notSupported(at, scope, ["Cluster", "Namespaced"]));
}

export function checkNames(names: CrdNames, at: FieldPath, errors: FieldError[]): void {
  for (const key of ["plural", "singular", "kind", "listKind"] as const)
    if (names[key] === "") errors.push(required(at.child(key)));
  const label = (value: string, path: FieldPath): void => {
    const messages = value === "" ? [] : dns1035Label(value);
    if (messages.length > 0) errors.push(invalid(path, value, messages.join(",")));
  };
  label(names.plural, at.child("plural"));
  label(names.singular, at.child("singular"));
  for (const key of ["kind", "listKind"] as const) {
    const messages = names[key] === "" ? [] : dns1035Label(names[key].toLowerCase());
    if (messages.length > 0)
      errors.push(
        invalid(
          at.child(key),
          names[key],
          `may have mixed case, but should otherwise match: ${messages.join(",")}`,
        ),
      );
  }
  names.shortNames.forEach((name, i) => {
    label(name, at.child("shortNames").index(i));
  });
  if (names.kind !== "" && names.kind === names.listKind)
    errors.push(invalid(at.child("listKind"), names.listKind, "kind and listKind may not be the same"));
  names.categories.forEach((name, i) => {
    label(name, at.child("categories").index(i));
  });
}
