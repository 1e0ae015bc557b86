import { expect, test } from "vitest";
import { actorOf } from "../../admission/guard/identities.ts";
import { guardIdentities } from "./identities.ts";

const identities = guardIdentities({
  namespace: "models",
  operators: ["ray.io=+system:serviceaccounts:ray", "example.com=operator"],
  exempt: ["velero", "+restorers"],
});

test.each([
  {
    says: "the account in the namespace given",
    user: "system:serviceaccount:models:hawsepipe",
    want: "hawsepipe",
  },
  {
    says: "the account where it is not",
    user: "system:serviceaccount:hawsepipe-system:hawsepipe",
    want: "user",
  },
  { says: "a group of operators", groups: ["system:serviceaccounts:ray"], group: "ray.io", want: "operator" },
  {
    says: "operators in the default place",
    groups: ["system:serviceaccounts:kuberay-system"],
    group: "ray.io",
    want: "operator",
  },
  {
    says: "an operator of a group without defaults",
    user: "operator",
    group: "example.com",
    want: "operator",
  },
  { says: "an exempt user", user: "velero", want: "cluster" },
  { says: "an exempt group", groups: ["restorers"], want: "cluster" },
])("$says is $want", ({ user = "", groups = [], group = "apps", want }) => {
  expect(actorOf({ name: user, groups }, group, identities)).toBe(want);
});

test.each([
  { operators: ["ray.io"], exempt: [] },
  { operators: ["=user"], exempt: [] },
  { operators: ["ray.io=+"], exempt: [] },
  { operators: [], exempt: [""] },
])("%j is called wrongly", (flags) => {
  expect(() => guardIdentities({ namespace: "models", ...flags })).toThrow(/guard/);
});
