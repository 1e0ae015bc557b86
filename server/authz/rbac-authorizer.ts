import type { UserInfo } from "../../api/meta/user.ts";
import type {
  AuthorizationAttributes,
  Authorizer,
  Decision,
  NonResourceRule,
  ResourceRule,
  RuleResolver,
} from "./authorizer.ts";
import type { PolicyRule } from "./policy-rule.ts";
import { ruleCoversPath, ruleCoversResource } from "./policy-rule.ts";
import type { Grant } from "./rbac-index.ts";
import { groupSubject, RbacIndex, userSubject } from "./rbac-index.ts";
import type { RbacSource } from "./rbac-source.ts";

/** An answer that may depend on the name asked for. */
interface Resolution {
  readonly byName: ReadonlyMap<string, Decision> | undefined;
  readonly otherwise: Decision;
}

const maximumCachedDecisions = 10_000;
const maximumCachedUsers = 4_096;

/** What one user may do, worked out on demand and kept as long as RBAC does not change. */
class UserRights {
  readonly #index: RbacIndex;
  readonly #subjects: readonly string[];
  readonly #namespaces = new Map<string, readonly Grant[]>();
  readonly #resolutions = new Map<string, Resolution>();

  constructor(index: RbacIndex, user: UserInfo) {
    this.#index = index;
    this.#subjects = [userSubject(user.name), ...user.groups.map(groupSubject)];
  }

  grants(namespace: string): readonly Grant[] {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const grants = this.#index.grants(this.#subjects, namespace);
    if (this.#namespaces.size >= maximumCachedDecisions) this.#namespaces.clear();
    this.#namespaces.set(namespace, grants);
    return grants;
  }

  decide(a: AuthorizationAttributes): Decision {
    const key = a.isResourceRequest
      ? `${a.verb} ${a.group}/${a.resource}/${a.subresource} ${a.namespace}`
      : `${a.verb}\n${a.path}`;
    let resolution = this.#resolutions.get(key);
    if (resolution === undefined) {
      resolution = a.isResourceRequest ? this.#resolveResource(a) : this.#resolvePath(a);
      if (this.#resolutions.size >= maximumCachedDecisions) this.#resolutions.clear();
      this.#resolutions.set(key, resolution);
    }
    return resolution.byName?.get(a.name) ?? resolution.otherwise;
  }

  #resolveResource(a: AuthorizationAttributes): Resolution {
    const grants = this.grants(a.namespace);
    const byName = new Map<string, Decision>();
    for (const grant of grants) {
      for (const rule of grant.rules) {
        if (!ruleCoversResource(rule, a)) continue;
        if (rule.resourceNames.length === 0) return { byName, otherwise: allowedBy(grant) };
        for (const name of rule.resourceNames) if (!byName.has(name)) byName.set(name, allowedBy(grant));
      }
    }
    return { byName: byName.size === 0 ? undefined : byName, otherwise: noOpinion(grants) };
  }

  #resolvePath(a: AuthorizationAttributes): Resolution {
    const grants = this.grants("");
    const covers = (rule: PolicyRule): boolean => ruleCoversPath(rule, a.verb, a.path);
    const grant = grants.find(({ rules }) => rules.some(covers));
    return { byName: undefined, otherwise: grant === undefined ? noOpinion(grants) : allowedBy(grant) };
  }
}

const allowedBy = (grant: Grant): Decision => ({
  decision: "Allow",
  reason: `RBAC: allowed by ${grant.source}`,
});

/** The errors of bindings whose role is unknown; one bare, several in brackets, each once. */
export function bindingErrors(grants: readonly Grant[]): string | undefined {
  const errors = [...new Set(grants.flatMap(({ error }) => (error === undefined ? [] : [error])))];
  if (errors.length === 0) return undefined;
  return errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`;
}

function noOpinion(grants: readonly Grant[]): Decision {
  const errors = bindingErrors(grants);
  return { decision: "NoOpinion", reason: errors === undefined ? "" : `RBAC: ${errors}` };
}

/**
 * Role-based access control over the objects of a source. Purely additive: it allows or has no opinion, never denies.
 * A change of any RBAC object is honoured by the next question.
 */
export class RbacAuthorizer implements Authorizer, RuleResolver {
  readonly #source: RbacSource;
  #changes: number | undefined;
  #index: RbacIndex | undefined;
  #byIdentity = new WeakMap<UserInfo, UserRights>();
  #byName = new Map<string, UserRights>();

  constructor(source: RbacSource) {
    this.#source = source;
  }

  authorize(attributes: AuthorizationAttributes): Decision {
    return this.#rights(attributes.user).decide(attributes);
  }

  rulesFor(user: UserInfo, namespace: string): ReturnType<RuleResolver["rulesFor"]> {
    const grants = this.#rights(user).grants(namespace);
    const rules = grants.flatMap((grant) => grant.rules);
    const error = bindingErrors(grants);
    return {
      resourceRules: rules.filter((rule) => rule.resources.length > 0).map(resourceRule),
      nonResourceRules: rules.filter((rule) => rule.nonResourceURLs.length > 0).map(nonResourceRule),
      incomplete: false,
      ...(error === undefined ? {} : { evaluationError: error }),
    };
  }

  /** The rules and what is bound, as of now. */
  index(): RbacIndex {
    const changes = this.#source.changes;
    if (this.#index === undefined || this.#changes !== changes) {
      this.#index = new RbacIndex(this.#source);
      this.#changes = changes;
      this.#byIdentity = new WeakMap();
      this.#byName = new Map();
    }
    return this.#index;
  }

  /** What is bound to the user in the whole cluster and in the namespace. */
  grants(user: UserInfo, namespace: string): readonly Grant[] {
    return this.#rights(user).grants(namespace);
  }

  #rights(user: UserInfo): UserRights {
    const index = this.index();
    const known = this.#byIdentity.get(user);
    if (known !== undefined) return known;
    const name = JSON.stringify([user.name, ...user.groups]);
    let rights = this.#byName.get(name);
    if (rights === undefined) {
      rights = new UserRights(index, user);
      if (this.#byName.size >= maximumCachedUsers) this.#byName.clear();
      this.#byName.set(name, rights);
    }
    this.#byIdentity.set(user, rights);
    return rights;
  }
}

const resourceRule = (rule: PolicyRule): ResourceRule => ({
  verbs: rule.verbs,
  apiGroups: rule.apiGroups,
  resources: rule.resources,
  ...(rule.resourceNames.length === 0 ? {} : { resourceNames: rule.resourceNames }),
});

const nonResourceRule = (rule: PolicyRule): NonResourceRule => ({
  verbs: rule.verbs,
  nonResourceURLs: rule.nonResourceURLs,
});
