import { badRequest } from "../../../api/errors/catalogue.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getPath, setKey } from "../../../machinery/json/value.ts";
import type { RuleResolver } from "../authorizer.ts";
import { rulesReviewSchema, selfReviewSchema } from "./access-schema.ts";
import type { ReviewKind } from "./review-kind.ts";
import { reviewDefinition } from "./review-kind.ts";

/** "What may I do here?": what `kubectl auth can-i --list` asks. */
export function selfSubjectRulesReview(resolver: RuleResolver): ReviewKind {
  const kind = "SelfSubjectRulesReview";
  return {
    definition: reviewDefinition({ group: "authorization.k8s.io", kind, schema: rulesReviewSchema() }),
    create: async (object, user) => {
      const namespace = getPath(object, "spec", "namespace");
      if (typeof namespace !== "string" || namespace === "") throw badRequest("no namespace on request");
      const rules = resolver.rulesFor(user, namespace);
      return {
        apiVersion: "authorization.k8s.io/v1",
        kind,
        metadata: {},
        spec: {},
        status: {
          resourceRules: rules.resourceRules.map((rule) => ({
            verbs: [...rule.verbs],
            apiGroups: [...rule.apiGroups],
            resources: [...rule.resources],
            ...(rule.resourceNames === undefined ? {} : { resourceNames: [...rule.resourceNames] }),
          })),
          nonResourceRules: rules.nonResourceRules.map((rule) => ({
            verbs: [...rule.verbs],
            nonResourceURLs: [...rule.nonResourceURLs],
          })),
          incomplete: rules.incomplete,
          ...(rules.evaluationError === undefined ? {} : { evaluationError: rules.evaluationError }),
        },
      };
    },
  };
}

/** "Who am I?": what `kubectl auth whoami` asks. */
export function selfSubjectReview(now: () => Date): ReviewKind {
  const kind = "SelfSubjectReview";
  return {
    definition: reviewDefinition({ group: "authentication.k8s.io", kind, schema: selfReviewSchema() }),
    create: async (_object, user) => {
      const extra: JsonObject = {};
      for (const [key, values] of Object.entries(user.extra ?? {})) setKey(extra, key, [...values]);
      return {
        apiVersion: "authentication.k8s.io/v1",
        kind,
        metadata: {
          creationTimestamp: now()
            .toISOString()
            .replace(/\.\d+Z$/, "Z"),
        },
        status: {
          userInfo: {
            username: user.name,
            ...(user.uid === undefined || user.uid === "" ? {} : { uid: user.uid }),
            groups: [...user.groups],
            ...(Object.keys(extra).length === 0 ? {} : { extra }),
          },
        },
      };
    },
  };
}
