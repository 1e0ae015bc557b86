/** Asks the authorizer before anything of the request's body or object is looked at: 403 wins over 404, 415 and 400. */
import type { UserInfo } from "../../../api/meta/user.ts";
import { parseFieldSelector } from "../../../machinery/selectors/fields.ts";
import type { LabelRequirement } from "../../../machinery/selectors/labels.ts";
import { parseLabelSelector } from "../../../machinery/selectors/labels.ts";
import type {
  AuthorizationAttributes,
  Authorizer,
  Decision,
  SelectorRequirement,
} from "../../authz/authorizer.ts";
import { refusedRequest } from "../../authz/forbidden.ts";
import type { RequestInfo } from "../request-info.ts";

/** What the authorizer is asked for a request; selectors that cannot be read are left out. */
export function attributesOf(info: RequestInfo, user: UserInfo): AuthorizationAttributes {
  const attributes: AuthorizationAttributes = {
    user,
    verb: info.verb,
    isResourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  };
  if (info.fieldSelector === undefined && info.labelSelector === undefined) return attributes;
  const fieldSelector = fieldRequirements(info.fieldSelector);
  const labelSelector = labelRequirements(info.labelSelector);
  return {
    ...attributes,
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

/** Throws Forbidden unless the authorizer allows; what it throws itself fails the request. */
export function authorize(
  authorizer: Authorizer,
  info: RequestInfo,
  user: UserInfo,
): Decision | Promise<Decision> {
  const attributes = attributesOf(info, user);
  const answer = authorizer.authorize(attributes);
  return answer instanceof Promise
    ? answer.then((decision) => allowed(decision, attributes))
    : allowed(answer, attributes);
}

function allowed(decision: Decision, attributes: AuthorizationAttributes): Decision {
  if (decision.decision !== "Allow") throw refusedRequest(attributes, decision.reason);
  return decision;
}

function fieldRequirements(text: string | undefined): SelectorRequirement[] | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    return parseFieldSelector(text).requirements.map((requirement) => ({
      key: requirement.field,
      operator: requirement.operator === "=" ? "In" : "NotIn",
      values: [requirement.value],
    }));
  } catch {
    return undefined;
  }
}

function labelRequirements(text: string | undefined): SelectorRequirement[] | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    // Greater and less than have no counterpart in a review; leaving them out only makes the question broader.
    return parseLabelSelector(text).requirements.flatMap((requirement) => {
      const operator = reviewOperator(requirement);
      return operator === undefined ? [] : [{ key: requirement.key, operator, values: requirement.values }];
    });
  } catch {
    return undefined;
  }
}

function reviewOperator(requirement: LabelRequirement): SelectorRequirement["operator"] | undefined {
  switch (requirement.operator) {
    case "=":
    case "==":
    case "in":
      return "In";
    case "!=":
    case "notin":
      return "NotIn";
    case "exists":
      return "Exists";
    case "!":
      return "DoesNotExist";
    default:
      return undefined;
  }
}
