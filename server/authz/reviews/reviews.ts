/**
 * The review kinds of authorization.k8s.io and authentication.k8s.io: questions about rights, posted like objects and
 * answered in their status. They keep nothing.
 */
import type { Authorizer, RuleResolver } from "../authorizer.ts";
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview } from "./access-review.ts";
import type { ReviewKind } from "./review-kind.ts";
import { selfSubjectReview, selfSubjectRulesReview } from "./self-review.ts";

export type { ReviewKind } from "./review-kind.ts";

/** All review kinds of a server. `authorizer` is the one its own requests go through. */
export function reviewKinds(options: {
  readonly authorizer: Authorizer;
  readonly rules: RuleResolver;
  readonly now: () => Date;
}): readonly ReviewKind[] {
  return [
    selfSubjectAccessReview(options.authorizer),
    subjectAccessReview(options.authorizer),
    localSubjectAccessReview(options.authorizer),
    selfSubjectRulesReview(options.rules),
    selfSubjectReview(options.now),
  ];
}
