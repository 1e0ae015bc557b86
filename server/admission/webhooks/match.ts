/** Whether a webhook is asked about a write, and in which version of the kind. */
import type { AdmissionAttributes } from "../plugin.ts";
import type { Rule, Webhook } from "./webhook.ts";

/** The version a webhook is sent the object in. */
export interface Invocation {
  readonly webhook: Webhook;
  readonly version: string;
  /** Its place among all webhooks of its sort. */
  readonly index: number;
}

/** What rules look at. */
type Subject = Pick<
  AdmissionAttributes,
  "operation" | "resource" | "subresource" | "namespace" | "requestVersion"
>;

/**
 * The invocation when the rules of the webhook fit: in the version of the request where a rule names it, else, for a
 * webhook that takes equivalents, in the first served version the first rule names that names any.
 */
export function matchRules(
  webhook: Webhook,
  subject: Subject,
  servedVersions: readonly string[],
): Omit<Invocation, "index"> | undefined {
  const { requestVersion } = subject;
  if (webhook.rules.some((rule) => fitsRule(rule, subject, requestVersion))) {
    return { webhook, version: requestVersion };
  }
  if (webhook.matchPolicy === "Exact") return undefined;
  for (const rule of webhook.rules) {
    const version = servedVersions.find((served) => fitsRule(rule, subject, served));
    if (version !== undefined) return { webhook, version };
  }
  return undefined;
}

/** Whether a rule names a write in this version of its kind. */
export function fitsRule(rule: Rule, subject: Subject, version: string): boolean {
  const { operation, resource, subresource, namespace } = subject;
  return (
    fitsScope(rule, namespace) &&
    (rule.operations.includes(operation) || rule.operations.includes("*")) &&
    hasOrStar(rule.groups, resource.group) &&
    hasOrStar(rule.versions, version) &&
    rule.resources.some((pattern) => fitsResource(pattern, resource.resource, subresource))
  );
}

const hasOrStar = (values: readonly string[], wanted: string): boolean =>
  values.includes("*") || values.includes(wanted);

const fitsScope = ({ scope }: Rule, namespace: string): boolean =>
  scope === "*" || (scope === "Cluster") === (namespace === "");

function fitsResource(pattern: string, resource: string, subresource: string): boolean {
  const slash = pattern.indexOf("/");
  const wantedResource = slash < 0 ? pattern : pattern.slice(0, slash);
  const wantedSubresource = slash < 0 ? "" : pattern.slice(slash + 1);
  return (
    (wantedResource === "*" || wantedResource === resource) &&
    (wantedSubresource === "*" || wantedSubresource === subresource)
  );
}
