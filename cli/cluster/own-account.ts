import type { UserInfo } from "../../api/meta/user.ts";

/** Who the server's own parts are: to webhooks, to the guard and in the audit log the same as in the cluster. */
export const ownAccount = (namespace: string): UserInfo => ({
  name: `system:serviceaccount:${namespace}:hawsepipe`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
});
