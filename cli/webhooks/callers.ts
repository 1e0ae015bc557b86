import type { Authorizer, Decision } from "../../server/authz/authorizer.ts";
import { webhookPaths } from "./handlers.ts";

const reviews: ReadonlySet<string> = new Set([
  webhookPaths.mutate,
  webhookPaths.validate,
  webhookPaths.guard,
]);
const allow: Decision = { decision: "Allow", reason: "" };
const noOpinion: Decision = { decision: "NoOpinion", reason: "" };

/**
 * Who may call the webhooks; `verified` keeps those from sending reviews who show no certificate. Conversion is a
 * function of what is sent and gives nothing away, and kube-apiserver cannot show a certificate for it.
 */
export function allowCallers(verified: boolean): Authorizer {
  return {
    authorize({ isResourceRequest, path, user }) {
      if (isResourceRequest) return noOpinion;
      if (path === webhookPaths.convert) return allow;
      const isKnown = !verified || user.groups.includes("system:authenticated");
      return reviews.has(path) && isKnown ? allow : noOpinion;
    },
  };
}
