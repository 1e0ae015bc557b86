/** Whether a write is one a policy or a binding is about, and in which version of the kind it wants to see it. */
import { notFound } from "../../../api/errors/catalogue.ts";
import type { LabelSelector } from "../../../machinery/selectors/labels.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import { fitsRule } from "../webhooks/match.ts";
import { selectsObject } from "../webhooks/object-selector.ts";
import type { MatchResources, NamedRule } from "./policy.ts";

export interface MatchOptions {
  /** Of the kind, the preferred one first. */
  readonly servedVersions: readonly string[];
  /** Undefined when there is no such namespace. */
  readonly namespaceLabels: (name: string) => Promise<Readonly<Record<string, string>> | undefined>;
}

/** The version to evaluate in; undefined when the write is none of theirs. Throws where that cannot be told. */
export async function matchVersion(
  resources: MatchResources,
  a: AdmissionAttributes,
  options: MatchOptions,
): Promise<string | undefined> {
  const inNamespace = await namespaceFits(resources.namespaceSelector, a, options);
  if (inNamespace === false) return undefined;
  const object = objectFits(resources.objectSelector, a);
  if (object === false) return undefined;
  const { servedVersions } = options;
  if (versionOf(resources.excludeRules, resources, { a, servedVersions }) !== undefined) return undefined;
  const version =
    resources.rules.length === 0
      ? a.requestVersion
      : versionOf(resources.rules, resources, { a, servedVersions });
  if (version === undefined) return undefined;
  // Only what else would apply is worth an error.
  if (inNamespace instanceof Error) throw inNamespace;
  if (object instanceof Error) throw object;
  return version;
}

/** The version of the request where a rule names it, else that of the first equivalent one does. */
function versionOf(
  rules: readonly NamedRule[],
  { matchPolicy }: MatchResources,
  { a, servedVersions }: { readonly a: AdmissionAttributes; readonly servedVersions: readonly string[] },
): string | undefined {
  const fits = (rule: NamedRule, version: string): boolean =>
    fitsRule(rule, a, version) && (rule.resourceNames.length === 0 || rule.resourceNames.includes(a.name));
  if (rules.some((rule) => fits(rule, a.requestVersion))) return a.requestVersion;
  if (matchPolicy === "Exact") return undefined;
  for (const rule of rules) {
    const version = servedVersions.find((served) => fits(rule, served));
    if (version !== undefined) return version;
  }
  return undefined;
}

async function namespaceFits(
  selector: LabelSelector | Error,
  a: AdmissionAttributes,
  { namespaceLabels }: MatchOptions,
): Promise<boolean | Error> {
  if (a.namespace === "") return true;
  if (selector instanceof Error) return selector;
  if (selector.requirements.length === 0) return true;
  const labels = await namespaceLabels(a.namespace);
  if (labels === undefined) return notFound({ group: "", resource: "namespaces" }, a.namespace);
  return selector.matches((key) => (Object.hasOwn(labels, key) ? labels[key] : undefined));
}

const objectFits = (selector: LabelSelector | Error, a: AdmissionAttributes): boolean | Error =>
  selector instanceof Error ? selector : selectsObject(selector, a);
