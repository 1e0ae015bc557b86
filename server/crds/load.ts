import type { FieldError } from "../../machinery/field/error.ts";
import { duplicate, forbidden, invalid, required } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { dns1035Label, dns1123Subdomain } from "../../machinery/names/names.ts";
import type { ResourceDefinition, ResourceVersionDefinition } from "../../api/meta/resource-definition.ts";
import { checkGroup, checkNames, checkScope, namesOf } from "./names.ts";
import type { CrdNames } from "./names.ts";
import { loadVersion } from "./version.ts";

/**
 * CustomResourceDefinition manifests (apiextensions.k8s.io/v1) to the definitions the generic server serves, refused with
 * kube-apiserver's messages where they are wrong. Conversion between versions is None only: a webhook would have to be
 * called, and a kind that needs one must not be served half converted.
 */
export interface LoadedDefinition {
  /** Absent when there are errors. */
  readonly definition?: ResourceDefinition;
  readonly errors: readonly FieldError[];
}

/** Loads one manifest. */
export function loadCustomResourceDefinition(manifest: JsonObject): LoadedDefinition {
  const errors: FieldError[] = [];
  checkEnvelope(manifest, errors);
  const rawSpec = getKey(manifest, "spec");
  const spec = isObject(rawSpec) ? rawSpec : {};
  const at = FieldPath.of("spec");
  const group = textOf(spec, "group");
  const names = namesOf(getKey(spec, "names"));
  checkGroup(group, at.child("group"), errors);
  checkScope(getKey(spec, "scope"), at.child("scope"), errors);
  checkNames(names, at.child("names"), errors);
  checkName(manifest, group, names, errors);
  checkConversion(spec, at, errors);
  const versions = loadVersions(spec, at, errors);
  if (errors.length > 0) return { errors };
  return {
    errors,
    definition: {
      group,
      kind: names.kind,
      listKind: names.listKind,
      plural: names.plural,
      singular: names.singular,
      shortNames: names.shortNames,
      categories: names.categories,
      namespaced: getKey(spec, "scope") === "Namespaced",
      versions: byPreference(versions),
    },
  };
}

/** A manifest that could not be used, by the name it goes by. */
export interface RejectedManifest {
  readonly name: string;
  readonly errors: readonly FieldError[];
}

/**
 * Loads every CustomResourceDefinition among the objects; other kinds are left alone. A second definition of the same
 * resource is rejected.
 */
export function definitionsFromManifests(objects: readonly JsonObject[]): {
  readonly definitions: readonly ResourceDefinition[];
  readonly rejected: readonly RejectedManifest[];
} {
  const definitions = new Map<string, ResourceDefinition>();
  const rejected: RejectedManifest[] = [];
  for (const object of objects) {
    if (getKey(object, "kind") !== "CustomResourceDefinition") continue;
    const name = textOf(object["metadata"], "name");
    const { definition, errors } = loadCustomResourceDefinition(object);
    if (definition === undefined) rejected.push({ name, errors });
    else if (definitions.has(name))
      rejected.push({ name, errors: [duplicate(FieldPath.of("metadata", "name"), name)] });
    else definitions.set(name, definition);
  }
  return { definitions: [...definitions.values()], rejected };
}

const textOf = (object: JsonValue | undefined, key: string): string => {
  const value = getPath(object, key);
  return typeof value === "string" ? value : "";
};

function checkEnvelope(manifest: JsonObject, errors: FieldError[]): void {
  const [apiVersion, kind] = [getKey(manifest, "apiVersion"), getKey(manifest, "kind")];
  if (apiVersion !== "apiextensions.k8s.io/v1")
    errors.push(invalid(FieldPath.of("apiVersion"), apiVersion, "must be apiextensions.k8s.io/v1"));
  if (kind !== "CustomResourceDefinition")
    errors.push(invalid(FieldPath.of("kind"), kind, "must be CustomResourceDefinition"));
  if (!isObject(getKey(manifest, "spec"))) errors.push(required(FieldPath.of("spec")));
}

function checkName(manifest: JsonObject, group: string, names: CrdNames, errors: FieldError[]): void {
  const name = getPath(manifest, "metadata", "name");
  const at = FieldPath.of("metadata", "name");
  if (typeof name !== "string" || name === "") {
    errors.push(required(at, "name or generateName is required"));
    return;
  }
  if (name !== `${names.plural}.${group}`)
    errors.push(invalid(at, name, 'must be spec.names.plural+"."+spec.group'));
  else errors.push(...dns1123Subdomain(name).map((why) => invalid(at, name, why)));
}

function checkConversion(spec: JsonObject, at: FieldPath, errors: FieldError[]): void {
  if (getKey(spec, "preserveUnknownFields") === true)
    errors.push(
      invalid(
        at.child("preserveUnknownFields"),
        true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ),
    );
  const conversion = getKey(spec, "conversion");
  if (!isObject(conversion)) return;
  const strategy = getKey(conversion, "strategy");
  const below = at.child("conversion");
  if (strategy === "Webhook")
    errors.push(
      forbidden(
        below.child("strategy"),
        "conversion webhooks are not supported by this server; only the strategy None is",
      ),
    );
  else if (strategy === undefined || strategy === "") errors.push(required(below.child("strategy")));
  else if (strategy !== "None") errors.push(invalid(below.child("strategy"), strategy, "must be None"));
  else if (getKey(conversion, "webhook") !== undefined)
    errors.push(
      forbidden(below.child("webhookClientConfig"), "should not be set when strategy is not set to Webhook"),
    );
}

function loadVersions(spec: JsonObject, at: FieldPath, errors: FieldError[]): ResourceVersionDefinition[] {
  const raw = getKey(spec, "versions");
  const list = Array.isArray(raw) ? raw.filter(isObject) : [];
  const versionsAt = at.child("versions");
  if (list.length === 0) {
    errors.push(required(versionsAt, "must have at least one version"));
    return [];
  }
  const names = list.map((version) => textOf(version, "name"));
  names.forEach((name, i) => {
    const messages = dns1035Label(name);
    if (messages.length > 0)
      errors.push(invalid(versionsAt.index(i).child("name"), name, messages.join(",")));
  });
  if (new Set(names).size !== names.length)
    errors.push(invalid(versionsAt, names, "must contain unique version names"));
  if (list.filter((version) => getKey(version, "storage") === true).length !== 1)
    errors.push(invalid(versionsAt, names, "must have exactly one version marked as storage version"));
  const shared = sharedParts(list);
  return list.map((version, i) =>
    loadVersion(version, { at: versionsAt.index(i), spec: at, shared, first: i === 0 }, errors),
  );
}

/**
 * kube-apiserver folds what all versions have in common to the top of the spec before it validates, so errors there name
 * `spec.validation`, `spec.subresources` and `spec.additionalPrinterColumns`, once for all versions.
 */
function sharedParts(versions: readonly JsonObject[]): ReadonlySet<string> {
  const [first, ...others] = versions;
  const parts = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"];
  const same = (part: string): boolean =>
    first !== undefined && others.every((one) => equalJson(valueOf(one, part), valueOf(first, part)));
  return new Set(parts.filter(same));
}

const valueOf = (version: JsonObject, part: string): JsonValue => getKey(version, part) ?? null;

/** Kubernetes' order of versions: stable before beta before alpha, higher numbers first, other names last. */
function byPreference(versions: readonly ResourceVersionDefinition[]): ResourceVersionDefinition[] {
  return versions.toSorted((a, b) => compareVersions(a.name, b.name));
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor;
}

function rank(name: string): { stage: number; major: number; minor: number } | undefined {
  const parts = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(name);
  if (parts === null) return undefined;
  const stage = parts[2] === undefined ? 3 : parts[2] === "beta" ? 2 : 1;
  return { stage, major: Number(parts[1]), minor: Number(parts[3] ?? 0) };
}
