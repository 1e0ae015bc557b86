import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import type { LabelSelector } from "../../machinery/selectors/labels.ts";
import { nothing, selectorFromObject, SelectorError } from "../../machinery/selectors/labels.ts";
import type { PolicyRule } from "./policy-rule.ts";
import { parsePolicyRules } from "./policy-rule.ts";
import type { RbacSource } from "./rbac-source.ts";

/** The role a binding names. */
export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

/** A binding that concerns a subject: its rules and how messages name it, or why the rules are not known. */
export interface Grant {
  /** Place of the binding among all; a smaller one is asked first. */
  readonly order: number;
  readonly rules: readonly PolicyRule[];
  /** `RoleBinding "b/ns" of Role "r" to User "u"` */
  readonly source: string;
  readonly error?: string;
}

/** Either rules or the reason they cannot be had. */
export type RoleRules =
  { readonly rules: readonly PolicyRule[] } | { readonly error: string; readonly missing: boolean };

type BySubject = Map<string, Grant[]>;

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const nameOf = (object: JsonObject): string => text(getPath(object, "metadata", "name"));
const namespaceOf = (object: JsonObject): string => text(getPath(object, "metadata", "namespace"));
const roleKey = (namespace: string, name: string): string => `${namespace}/${name}`;

/** The key a user is found under; service accounts are users of that name. */
export const userSubject = (name: string): string => `u:${name}`;
export const groupSubject = (name: string): string => `g:${name}`;

/**
 * Everything RBAC says, arranged by subject, as of one change count. Immutable. Rules of aggregated ClusterRoles are
 * the union of the roles their selectors find, also through several levels.
 */
export class RbacIndex {
  readonly #clusterRoles = new Map<string, JsonObject>();
  readonly #roles = new Map<string, JsonObject>();
  readonly #rules = new Map<string, readonly PolicyRule[]>();
  readonly #cluster: BySubject = new Map();
  readonly #namespaces = new Map<string, BySubject>();

  constructor(source: RbacSource) {
    for (const role of source.clusterRoles()) this.#clusterRoles.set(nameOf(role), role);
    for (const role of source.roles()) this.#roles.set(roleKey(namespaceOf(role), nameOf(role)), role);
    let order = 0;
    for (const binding of source.clusterRoleBindings()) this.#bind(binding, "", order++);
    for (const binding of source.roleBindings()) this.#bind(binding, namespaceOf(binding), order++);
  }

  /** What is bound to any of the subjects in the whole cluster and in the namespace, in binding order, each once. */
  grants(subjects: readonly string[], namespace: string): Grant[] {
    const found = new Map<number, Grant>();
    const collect = (bySubject: BySubject | undefined): void => {
      if (bySubject === undefined) return;
      for (const subject of subjects) {
        for (const grant of bySubject.get(subject) ?? []) {
          if (!found.has(grant.order)) found.set(grant.order, grant);
        }
      }
    };
    collect(this.#cluster);
    if (namespace !== "") collect(this.#namespaces.get(namespace));
    return [...found.values()].sort((a, b) => a.order - b.order);
  }

  /** The rules behind a roleRef; a Role is looked for in the namespace. */
  rulesOf(ref: RoleRef, namespace: string): RoleRules {
    if (ref.kind === "ClusterRole") {
      const role = this.#clusterRoles.get(ref.name);
      if (role !== undefined) return { rules: this.#clusterRoleRules(ref.name, role, new Set()) };
      return { error: notFoundText("clusterrole", ref.name), missing: true };
    }
    if (ref.kind === "Role") {
      const role = this.#roles.get(roleKey(namespace, ref.name));
      if (role !== undefined) return { rules: parsePolicyRules(getKey(role, "rules")) };
      return { error: notFoundText("role", ref.name), missing: true };
    }
    return { error: `unsupported role reference kind: ${JSON.stringify(ref.kind)}`, missing: false };
  }

  #bind(binding: JsonObject, namespace: string, order: number): void {
    const subjects = getKey(binding, "subjects");
    if (!Array.isArray(subjects)) return;
    const ref = {
      kind: text(getPath(binding, "roleRef", "kind")),
      name: text(getPath(binding, "roleRef", "name")),
    };
    const found = this.rulesOf(ref, namespace);
    const title =
      namespace === ""
        ? `ClusterRoleBinding ${JSON.stringify(nameOf(binding))}`
        : `RoleBinding ${JSON.stringify(`${nameOf(binding)}/${namespace}`)}`;
    const bySubject = namespace === "" ? this.#cluster : getOrAdd(this.#namespaces, namespace, newBySubject);
    for (const subject of subjects.filter(isObject)) {
      const known = subjectOf(subject, namespace);
      if (known === undefined) continue;
      const list = getOrAdd(bySubject, known.key, (): Grant[] => []);
      if (list.at(-1)?.order === order) continue;
      list.push({
        order,
        rules: "rules" in found ? found.rules : [],
        source: `${title} of ${ref.kind} ${JSON.stringify(ref.name)} to ${known.description}`,
        ...("error" in found ? { error: found.error } : {}),
      });
    }
  }

  #clusterRoleRules(name: string, role: JsonObject, above: Set<string>): readonly PolicyRule[] {
    const known = this.#rules.get(name);
    if (known !== undefined) return known;
    const selectors = getPath(role, "aggregationRule", "clusterRoleSelectors");
    if (!Array.isArray(selectors) || selectors.length === 0) {
      const rules = parsePolicyRules(getKey(role, "rules"));
      this.#rules.set(name, rules);
      return rules;
    }
    above.add(name);
    const matchers = selectors.filter(isObject).map(selectorOrNothing);
    const union: PolicyRule[] = [];
    for (const [otherName, other] of this.#clusterRoles) {
      if (above.has(otherName)) continue;
      const labels = getPath(other, "metadata", "labels");
      const label = (key: string): string | undefined => {
        const value = isObject(labels) ? getKey(labels, key) : undefined;
        return typeof value === "string" ? value : undefined;
      };
      if (!matchers.some((matcher) => matcher.matches(label))) continue;
      union.push(...this.#clusterRoleRules(otherName, other, above));
    }
    above.delete(name);
    // Inside a cycle the result lacks what the roles above contribute, so only a complete one is kept.
    if (above.size === 0) this.#rules.set(name, union);
    return union;
  }
}

/** A selector that makes no sense finds no roles; it must not keep everybody else from being authorized. */
function selectorOrNothing(selector: JsonObject): LabelSelector {
  try {
    return selectorFromObject(selector);
  } catch (error) {
    if (error instanceof SelectorError) return nothing();
    throw error;
  }
}

const newBySubject = (): BySubject => new Map();

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const notFoundText = (resource: string, name: string): string =>
  `${resource}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

function subjectOf(
  subject: JsonObject,
  bindingNamespace: string,
): { readonly key: string; readonly description: string } | undefined {
  const kind = text(getKey(subject, "kind"));
  const name = text(getKey(subject, "name"));
  switch (kind) {
    case "User":
      return { key: userSubject(name), description: `User ${JSON.stringify(name)}` };
    case "Group":
      return { key: groupSubject(name), description: `Group ${JSON.stringify(name)}` };
    case "ServiceAccount": {
      const own = text(getKey(subject, "namespace"));
      const namespace = own === "" ? bindingNamespace : own;
      if (namespace === "") return undefined;
      return {
        key: userSubject(`system:serviceaccount:${namespace}:${name}`),
        description: `ServiceAccount ${JSON.stringify(`${name}/${namespace}`)}`,
      };
    }
    default:
      return undefined;
  }
}
