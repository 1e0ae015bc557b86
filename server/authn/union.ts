/**
 * Asks authenticators in turn. A bad credential is never anonymous, but a good one after it still counts. A credential
 * that cannot be judged now is neither good nor bad: whoever throws away a good one because of a 401 has no other.
 */
import type { ApiError } from "../../api/errors/api-error.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import { unauthorized } from "../../api/errors/catalogue.ts";
import type { Authentication, AuthenticationRequest, Authenticator } from "./authenticator.ts";

export interface UnionOptions {
  /** Whether requests without any credential are `system:anonymous` instead of 401. */
  readonly anonymous?: Authenticator;
  /** Told why a credential was refused or could not be judged. */
  readonly onRefused?: (error: unknown) => void;
}

/** What became of the credentials looked at so far: one was bad, or nobody could tell. */
interface Trouble {
  isRefused: boolean;
  unjudged?: ApiError;
}

/**
 * The first user found wins and becomes `system:authenticated`; an unknown bearer token is a bad credential. What throws
 * ServiceUnavailable could not judge.
 */
export function unionAuthenticator(
  authenticators: readonly Authenticator[],
  options: UnionOptions = {},
): Authenticator {
  const decide = (
    request: AuthenticationRequest,
    trouble: Trouble,
  ): Authentication | undefined | Promise<Authentication | undefined> => {
    if (trouble.unjudged !== undefined) throw trouble.unjudged;
    if (trouble.isRefused || hasBearerToken(request)) throw unauthorized();
    if (options.anonymous === undefined) throw unauthorized();
    return options.anonymous.authenticate(request);
  };

  const note = (trouble: Trouble, error: unknown): void => {
    if (isApiError(error, "ServiceUnavailable")) trouble.unjudged = error;
    else trouble.isRefused = true;
    options.onRefused?.(error);
  };

  async function goOn(
    request: AuthenticationRequest,
    from: number,
    pending: Promise<Authentication | undefined>,
    trouble: Trouble,
  ): Promise<Authentication | undefined> {
    let answer = pending;
    for (let i = from; ; i += 1) {
      try {
        const found = await answer;
        if (found !== undefined) return asAuthenticated(found);
      } catch (error) {
        note(trouble, error);
      }
      const next = authenticators[i];
      if (next === undefined) return decide(request, trouble);
      answer = (async () => next.authenticate(request))();
    }
  }

  return {
    authenticate(request) {
      const trouble: Trouble = { isRefused: false };
      for (const [i, authenticator] of authenticators.entries()) {
        try {
          const answer = authenticator.authenticate(request);
          if (answer instanceof Promise) return goOn(request, i + 1, answer, trouble);
          if (answer !== undefined) return asAuthenticated(answer);
        } catch (error) {
          note(trouble, error);
        }
      }
      return decide(request, trouble);
    },
    hides: (header) => authenticators.some((authenticator) => authenticator.hides?.(header) ?? false),
  };
}

function hasBearerToken(request: AuthenticationRequest): boolean {
  const authorization = request.header("authorization");
  return authorization !== undefined && /^bearer\s/i.test(authorization);
}

function asAuthenticated(found: Authentication): Authentication {
  const { groups } = found.user;
  if (groups.includes("system:authenticated") || groups.includes("system:unauthenticated")) return found;
  return { ...found, user: { ...found.user, groups: [...groups, "system:authenticated"] } };
}
