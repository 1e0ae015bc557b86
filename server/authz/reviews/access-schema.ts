import type { Structural } from "../../../machinery/schema/structural.ts";
import { flag, listOf, object, text, texts, textsByKey } from "./review-kind.ts";

const selector = (what: string): Structural =>
  object(`The ${what} selector of the request, either raw or taken apart.`, {
    rawSelector: text("The selector as it stands in the query; must be empty when requirements are given."),
    requirements: listOf(
      "The requirements of the selector; all of them hold.",
      object(
        "One requirement.",
        {
          key: text("The key or field the requirement is about."),
          operator: text("In, NotIn, Exists or DoesNotExist."),
          values: texts("The values for In and NotIn."),
        },
        ["key", "operator"],
      ),
    ),
  });

const resourceAttributes = object("The access to a resource that is asked about.", {
  namespace: text("The namespace; empty for cluster-scoped resources and for all namespaces."),
  verb: text("get, list, watch, create, update, patch, delete, deletecollection, or * for all."),
  group: text("The API group; * for all."),
  version: text("The API version; * for all."),
  resource: text("The resource in plural; * for all."),
  subresource: text("The subresource; empty for none."),
  name: text("The name of one object; empty for all."),
  fieldSelector: selector("field"),
  labelSelector: selector("label"),
});

const nonResourceAttributes = object("The access to a path that is not a resource.", {
  path: text("The path of the URL."),
  verb: text("The HTTP method in lower case."),
});

const access = { resourceAttributes, nonResourceAttributes };

const status = object("What was found; filled in by the server.", {
  allowed: flag("Whether the access is allowed."),
  denied: flag("Whether the access is forbidden whatever other authorizers say."),
  reason: text("Why; may be empty."),
  evaluationError: text("What went wrong on the way to the answer, which may still be right."),
});

/** The schema of SelfSubjectAccessReview. */
export const selfAccessReviewSchema = (): Structural =>
  object(
    "SelfSubjectAccessReview asks whether the caller may do something.",
    { spec: object("What is asked; exactly one of the two.", access), status },
    ["spec"],
  );

/** The schema of SubjectAccessReview and LocalSubjectAccessReview. */
export const accessReviewSchema = (kind: string): Structural =>
  object(
    `${kind} asks whether a user or group may do something.`,
    {
      spec: object("Who and what is asked about.", {
        ...access,
        user: text("The name of the user."),
        groups: texts("The groups of the user."),
        uid: text("The unique id of the user."),
        extra: textsByKey("Further facts about the user from authentication."),
      }),
      status,
    },
    ["spec"],
  );

const rule = (properties: Readonly<Record<string, Structural>>): Structural =>
  object("One rule.", { verbs: texts("The verbs it allows; * for all."), ...properties }, ["verbs"]);

const filledIn = (description: string, items: Structural): Structural => ({
  ...listOf(description, items),
  nullable: true,
});

/** The schema of SelfSubjectRulesReview. */
export const rulesReviewSchema = (): Structural =>
  object(
    "SelfSubjectRulesReview lists what the caller may do in a namespace, for display; it is not for deciding.",
    {
      spec: object("Where.", { namespace: text("The namespace.") }),
      status: object("What was found; filled in by the server.", {
        // Go clients send the empty status they hold, in which lists are null.
        resourceRules: filledIn(
          "The rules about resources, in no order that matters.",
          rule({
            apiGroups: texts("The API groups; * for all."),
            resources: texts("The resources and subresources; * for all."),
            resourceNames: texts("The names; empty for all."),
          }),
        ),
        nonResourceRules: filledIn(
          "The rules about other paths.",
          rule({ nonResourceURLs: texts("The paths; a trailing * stands for the rest.") }),
        ),
        incomplete: flag("Whether there may be more rules than are listed."),
        evaluationError: text("What went wrong on the way to the answer."),
      }),
    },
    ["spec"],
  );

/** The schema of SelfSubjectReview. */
export const selfReviewSchema = (): Structural =>
  object("SelfSubjectReview tells who the caller is to the server.", {
    status: object("Filled in by the server.", {
      userInfo: object("The caller.", {
        username: text("The name."),
        uid: text("The unique id."),
        groups: texts("The groups."),
        extra: textsByKey("Further facts from authentication."),
      }),
    }),
  });
