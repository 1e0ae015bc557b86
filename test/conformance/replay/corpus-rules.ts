import type { Exchange } from "./exchange.ts";

const verbs = ["get", "post", "put", "patch", "delete", "send"] as const;
const bodies = ["body", "object", "twin", "merge", "ops", "many", "apply"] as const;
const requestKeys = [
  "headers",
  "accept",
  "isUncertified",
  "form",
  "isSetup",
  "until",
  "pause",
  "pick",
  "as",
  "open",
  "status",
] as const;
const keys: ReadonlySet<string> = new Set([
  "name",
  "proves",
  ...verbs,
  ...bodies,
  ...requestKeys,
  "read",
  "count",
]);

/** What keeps an exchange of the corpus from showing anything: nothing when all is said that has to be. */
export function faultsOf(exchange: Exchange): readonly string[] {
  const said = (of: readonly (keyof Exchange)[]): number =>
    of.filter((key) => exchange[key] !== undefined).length;
  const { status, isSetup = false, until, pick, read, count } = exchange;
  const faults = Object.keys(exchange)
    .filter((key) => !keys.has(key))
    .map((key) => `${key} means nothing`);
  const refuse = (isWrong: boolean, why: string): void => {
    if (isWrong) faults.push(why);
  };
  refuse(read !== undefined && said([...verbs, ...bodies, ...requestKeys]) > 0, "only reads");
  refuse(read !== undefined && (count === undefined || count < 0), "does not say how many events there are");
  refuse(read === undefined && count !== undefined, "counts what is not read");
  if (read !== undefined) return faults;
  refuse(said(verbs) !== 1, "needs one method");
  refuse(said(bodies) > 1, "has more than one body");
  refuse(status === undefined, "does not say what kube-apiserver answers");
  refuse(isSetup && (status ?? 200) >= 300, "prepares nothing, as it is refused");
  refuse(until !== undefined && until !== status, "waits for another answer than it gets");
  refuse(pick !== undefined && (status ?? 200) >= 400, "picks a part of a refusal, which is compared whole");
  return faults;
}
