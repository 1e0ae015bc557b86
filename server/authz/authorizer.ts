/**
 * Authorization: may this user do this? The vocabulary every part of the server shares. Authorizers never throw for
 * "no"; a thrown error means the question could not be answered, and the request must fail.
 */
import type { UserInfo } from "../../api/meta/user.ts";

/** One requirement of a label or field selector, as a SubjectAccessReview carries it. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** What a request wants to do. Fields that do not apply are empty strings. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  /** Kubernetes verb for resources, lower-case HTTP method for other paths. */
  readonly verb: string;
  readonly isResourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** The path of the URL; decides only when this is not a resource request. */
  readonly path: string;
  readonly labelSelector?: readonly SelectorRequirement[];
  readonly fieldSelector?: readonly SelectorRequirement[];
}

/** The answer; `reason` may be empty. NoOpinion means another authorizer may still allow, and else the request is denied. */
export interface Decision {
  readonly decision: "Allow" | "Deny" | "NoOpinion";
  readonly reason: string;
}

/** Answers at once where it can; callers check for a promise only when they got one. */
export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Promise<Decision> | Decision;
}

/** What a user may do in a namespace, for SelfSubjectRulesReview. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface NonResourceRule {
  readonly verbs: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** Lists rules where an authorizer can; `incomplete` is true when it cannot tell everything. */
export interface RuleResolver {
  rulesFor(
    user: UserInfo,
    namespace: string,
  ): {
    readonly resourceRules: readonly ResourceRule[];
    readonly nonResourceRules: readonly NonResourceRule[];
    readonly incomplete: boolean;
    readonly evaluationError?: string;
  };
}
