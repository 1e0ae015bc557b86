import type { UserInfo } from "../../api/meta/user.ts";
import type { AuthorizationAttributes, Authorizer, Decision, RuleResolver } from "./authorizer.ts";

const noReason: Decision = { decision: "NoOpinion", reason: "" };
const allow: Decision = { decision: "Allow", reason: "" };

/** Asks the authorizers in order; the first that allows or denies decides, else nobody has an opinion. */
export function unionAuthorizer(...authorizers: readonly Authorizer[]): Authorizer {
  const from = (at: number, a: AuthorizationAttributes, reasons: string[]): Promise<Decision> | Decision => {
    for (let i = at; i < authorizers.length; i++) {
      const answer = authorizers[i]?.authorize(a) ?? noReason;
      if (answer instanceof Promise) {
        return answer.then((late) => settled(late, reasons) ?? from(i + 1, a, reasons));
      }
      const decided = settled(answer, reasons);
      if (decided !== undefined) return decided;
    }
    return reasons.length === 0 ? noReason : { decision: "NoOpinion", reason: reasons.join("\n") };
  };
  return { authorize: (attributes) => from(0, attributes, []) };
}

function settled(answer: Decision, reasons: string[]): Decision | undefined {
  if (answer.decision !== "NoOpinion") return answer;
  if (answer.reason !== "") reasons.push(answer.reason);
  return undefined;
}

/** Allows everything to members of the groups, such as `system:masters`. */
export function privilegedGroups(...groups: readonly string[]): Authorizer & RuleResolver {
  const isMember = (user: UserInfo): boolean => user.groups.some((group) => groups.includes(group));
  return {
    authorize: ({ user }) => (isMember(user) ? allow : noReason),
    rulesFor: (user) => ({
      resourceRules: isMember(user) ? [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] : [],
      nonResourceRules: isMember(user) ? [{ verbs: ["*"], nonResourceURLs: ["*"] }] : [],
      incomplete: false,
    }),
  };
}

/** Allows the paths to everybody; a trailing `*` stands for anything that follows. */
export function alwaysAllowPaths(...paths: readonly string[]): Authorizer {
  const exact = new Set(paths.filter((path) => !path.endsWith("*")));
  const prefixes = paths.filter((path) => path.endsWith("*")).map((path) => path.slice(0, -1));
  return {
    authorize: ({ isResourceRequest, path }) =>
      !isResourceRequest && (exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix)))
        ? allow
        : noReason,
  };
}
