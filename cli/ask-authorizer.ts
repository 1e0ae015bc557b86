import type { Authorize } from "../admission/options.ts";
import type { Authorizer } from "../server/authz/authorizer.ts";

/** Admission's question as the server's authorizers take it. */
export const askAuthorizer =
  (authorizer: Authorizer): Authorize =>
  async (question) => {
    const { decision } = await authorizer.authorize({
      ...question,
      isResourceRequest: true,
      subresource: "",
      path: "",
    });
    return decision === "Allow";
  };
