/**
 * Bearer tokens, judged by the cluster: a TokenReview each, remembered for ten seconds whichever way it ended. Tokens are
 * kept only as hashes.
 */
import { hash } from "node:crypto";
import type { UserInfo } from "../../../api/meta/user.ts";
import { AnswerCache } from "../../../cluster/answer-cache.ts";
import type { ReviewOptions } from "../../../cluster/review.ts";
import { postReview } from "../../../cluster/review.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject, setKey } from "../../../machinery/json/value.ts";
import type { Authentication, AuthenticationRequest, Authenticator } from "../authenticator.ts";

export interface TokenReviewOptions extends ReviewOptions {
  /** Whom a token must be meant for; none asks for the API server's own audience. */
  readonly audiences?: readonly string[];
}

interface Verdict {
  /** Undefined for a token that is no good. */
  readonly user: UserInfo | undefined;
  readonly why: string;
}

const lifetimeMs = 10_000;

/** Finds the user of `Authorization: Bearer`; a token the cluster does not know is a bad credential. */
export function tokenReviewAuthenticator(options: TokenReviewOptions): Authenticator {
  const cache = new AnswerCache<Verdict>({ clock: options.clock, max: 4096, lifetime: () => lifetimeMs });
  const decide = (verdict: Verdict): Authentication => {
    if (verdict.user === undefined) throw new Error(verdict.why);
    return { user: verdict.user };
  };
  return {
    authenticate(request) {
      const token = bearerToken(request);
      if (token === undefined) return undefined;
      const key = hash("sha256", token);
      const known = cache.peek(key);
      if (known !== undefined) return decide(known);
      return cache.ask(key, () => review(token, options)).then(decide);
    },
    hides: (header) => header === "authorization",
  };
}

function bearerToken(request: AuthenticationRequest): string | undefined {
  const match = /^bearer +(\S+)\s*$/i.exec(request.header("authorization") ?? "");
  return match?.[1];
}

async function review(token: string, options: TokenReviewOptions): Promise<Verdict> {
  const wanted = options.audiences ?? [];
  const spec: JsonObject = { token, ...(wanted.length === 0 ? {} : { audiences: [...wanted] }) };
  const status = await postReview("TokenReview", spec, options);
  const error = asText(getKey(status, "error"));
  if (error !== "" || getKey(status, "authenticated") !== true) {
    return { user: undefined, why: error === "" ? "token not authenticated" : error };
  }
  // A review that knows nothing of audiences says so by not answering any.
  const audiences = asTexts(getKey(status, "audiences"));
  if (wanted.length > 0 && !audiences.some((audience) => wanted.includes(audience))) {
    return {
      user: undefined,
      why: `token audiences ${JSON.stringify(audiences)} is invalid for the target audiences`,
    };
  }
  const user = readUser(getKey(status, "user"));
  return { user, why: user === undefined ? "the token review named no user" : "" };
}

function readUser(value: JsonValue | undefined): UserInfo | undefined {
  const name = asText(getPath(value, "username"));
  if (name === "") return undefined;
  const uid = asText(getPath(value, "uid"));
  const extra: JsonObject = {};
  const given = getPath(value, "extra");
  if (isObject(given)) {
    for (const key of Object.keys(given)) setKey(extra, key, asTexts(getKey(given, key)));
  }
  return {
    name,
    groups: asTexts(getPath(value, "groups")),
    ...(uid === "" ? {} : { uid }),
    ...(Object.keys(extra).length === 0
      ? {}
      : { extra: extra as unknown as Readonly<Record<string, readonly string[]>> }),
  };
}

const asText = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const asTexts = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
