import type { Authentication, Authenticator } from "./authenticator.ts";

const anonymous: Authentication = {
  user: { name: "system:anonymous", groups: ["system:unauthenticated"] },
};

/** Takes everybody as `system:anonymous`. */
export const anonymousAuthenticator: Authenticator = { authenticate: () => anonymous };
