/**
 * Authorization by the cluster: every question becomes a SubjectAccessReview, its answer is remembered for ten seconds.
 * A question nobody answers is an error, never a yes.
 */
import { isApiError } from "../../../api/errors/api-error.ts";
import type { UserInfo } from "../../../api/meta/user.ts";
import { AnswerCache } from "../../../cluster/answer-cache.ts";
import type { ReviewOptions } from "../../../cluster/review.ts";
import { postReview } from "../../../cluster/review.ts";
import { encodeJson } from "../../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, setKey } from "../../../machinery/json/value.ts";
import type { AuthorizationAttributes, Authorizer, Decision, SelectorRequirement } from "../authorizer.ts";

export interface SubjectAccessReviewOptions extends ReviewOptions {
  readonly allowedLifetimeMs?: number;
  readonly deniedLifetimeMs?: number;
}

/** What is longer than this is asked every time, so that nobody can fill the memory with made-up names. */
const longestKey = 10_000;

/** Asks the cluster the client belongs to. */
export function subjectAccessReviewAuthorizer(options: SubjectAccessReviewOptions): Authorizer {
  const allowed = options.allowedLifetimeMs ?? 10_000;
  const denied = options.deniedLifetimeMs ?? 10_000;
  const cache = new AnswerCache<Decision>({
    clock: options.clock,
    max: 8192,
    lifetime: ({ decision }) => (decision === "Allow" ? allowed : denied),
  });
  return {
    authorize(attributes) {
      const spec = specOf(attributes);
      const key = encodeJson(spec);
      const ask = async (): Promise<Decision> => decisionOf(await review(spec, options));
      return key.length > longestKey ? ask() : (cache.peek(key) ?? cache.ask(key, ask));
    },
  };
}

/**
 * What the cluster's client throws is an answer to somebody else's request; here it only says that there is none. Where
 * there may be one later, so says what is thrown.
 */
async function review(spec: JsonObject, options: ReviewOptions): Promise<JsonObject> {
  try {
    return await postReview("SubjectAccessReview", spec, options);
  } catch (error) {
    if (isApiError(error, "ServiceUnavailable")) throw error;
    throw new Error(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The spec of the review that asks for these attributes; fields that do not apply are left out. */
export function specOf(a: AuthorizationAttributes): JsonObject {
  const spec: JsonObject = subjectOf(a.user);
  if (!a.isResourceRequest) {
    spec["nonResourceAttributes"] = present({ path: a.path, verb: a.verb });
    return spec;
  }
  const { namespace, verb, group, version, resource, subresource, name } = a;
  const attributes = present({ namespace, verb, group, version, resource, subresource, name });
  if (a.fieldSelector !== undefined) attributes["fieldSelector"] = selector(a.fieldSelector);
  if (a.labelSelector !== undefined) attributes["labelSelector"] = selector(a.labelSelector);
  spec["resourceAttributes"] = attributes;
  return spec;
}

function subjectOf(user: UserInfo): JsonObject {
  const subject = present({ user: user.name, uid: user.uid ?? "" });
  if (user.groups.length > 0) subject["groups"] = [...user.groups];
  const extra: JsonObject = {};
  for (const [key, values] of Object.entries(user.extra ?? {})) setKey(extra, key, [...values]);
  if (Object.keys(extra).length > 0) subject["extra"] = extra;
  return subject;
}

function present(fields: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}

const selector = (requirements: readonly SelectorRequirement[]): JsonObject => ({
  requirements: requirements.map(({ key, operator, values }) => ({
    key,
    operator,
    ...(values.length === 0 ? {} : { values: [...values] }),
  })),
});

function decisionOf(status: JsonObject): Decision {
  const isAllowed = getKey(status, "allowed") === true;
  const isDenied = getKey(status, "denied") === true;
  if (isAllowed && isDenied) throw new Error("a SubjectAccessReview answered both allowed and denied");
  const reason = text(getKey(status, "reason"));
  if (isAllowed) return { decision: "Allow", reason };
  return { decision: isDenied ? "Deny" : "NoOpinion", reason };
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
