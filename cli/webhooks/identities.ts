import type { GuardIdentities, IdentityList } from "../../admission/guard/identities.ts";
import { defaultIdentities } from "../../admission/guard/identities.ts";
import { UsageError } from "../flags.ts";

export interface GuardFlags {
  /** Hawsepipe's own namespace: its account there is the one that renders. */
  readonly namespace: string;
  /** `GROUP=USER` or `GROUP=+USERGROUP`. */
  readonly operators: readonly string[];
  /** `USER` or `+USERGROUP`. */
  readonly exempt: readonly string[];
}

/** The default identities and those named on the command line. Throws UsageError. */
export function guardIdentities({ namespace, operators, exempt }: GuardFlags): GuardIdentities {
  const own = { users: [`system:serviceaccount:${namespace}:hawsepipe`], groups: [] };
  const base = defaultIdentities(own);
  const byGroup = new Map(Object.entries(base.operators));
  for (const text of operators) {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--guard-operator must be GROUP=USER, not ${JSON.stringify(text)}`);
    const group = text.slice(0, at);
    byGroup.set(group, withSubject(byGroup.get(group), text.slice(at + 1)));
  }
  return {
    ...base,
    cluster: exempt.reduce<IdentityList>(withSubject, base.cluster),
    operators: Object.fromEntries(byGroup),
  };
}

function withSubject(list: IdentityList = { users: [], groups: [] }, subject: string): IdentityList {
  if (subject === "" || subject === "+") throw new UsageError("a user of the guard's lists has no name");
  return subject.startsWith("+")
    ? { ...list, groups: [...list.groups, subject.slice(1)] }
    : { ...list, users: [...list.users, subject] };
}
