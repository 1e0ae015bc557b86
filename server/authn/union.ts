/** Asks authenticators in turn. A bad credential is never anonymous, but a good one after it still counts. */
import { unauthorized } from "../../api/errors/catalogue.ts";
import type { Authentication, AuthenticationRequest, Authenticator } from "./authenticator.ts";

export interface UnionOptions {
  /** Whether requests without any credential are `system:anonymous` instead of 401. */
  readonly anonymous?: Authenticator;
  /** Told why a credential was refused. */
  readonly onRefused?: (error: unknown) => void;
}

/** The first user found wins and becomes `system:authenticated`; an unknown bearer token is a bad credential. */
export function unionAuthenticator(
  authenticators: readonly Authenticator[],
  options: UnionOptions = {},
): Authenticator {
  const decide = (
    request: AuthenticationRequest,
    found: Authentication | undefined,
    refused: boolean,
  ): Authentication | undefined | Promise<Authentication | undefined> => {
    if (found !== undefined) return asAuthenticated(found);
    if (refused || hasBearerToken(request)) throw unauthorized();
    if (options.anonymous === undefined) throw unauthorized();
    return options.anonymous.authenticate(request);
  };

  async function goOn(
    request: AuthenticationRequest,
    from: number,
    pending: Promise<Authentication | undefined> | undefined,
    wasRefused: boolean,
  ): Promise<Authentication | undefined> {
    let refused = wasRefused;
    let answer: Authentication | undefined | Promise<Authentication | undefined> = pending;
    for (let i = from; ; i += 1) {
      try {
        const found = await answer;
        if (found !== undefined) return asAuthenticated(found);
        const next = authenticators[i];
        if (next === undefined) break;
        answer = next.authenticate(request);
      } catch (error) {
        refused = true;
        answer = undefined;
        options.onRefused?.(error);
      }
    }
    return decide(request, undefined, refused);
  }

  return {
    authenticate(request) {
      let refused = false;
      for (const [i, authenticator] of authenticators.entries()) {
        try {
          const answer = authenticator.authenticate(request);
          if (answer instanceof Promise) return goOn(request, i + 1, answer, refused);
          if (answer !== undefined) return asAuthenticated(answer);
        } catch (error) {
          refused = true;
          options.onRefused?.(error);
        }
      }
      return decide(request, undefined, refused);
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
