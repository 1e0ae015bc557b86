import { expect, test } from "vitest";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { AdmissionOperation } from "../plugin.ts";
import { evaluateConditions } from "./match-conditions.ts";
import { matchRules } from "./match.ts";
import type { Webhook } from "./webhook.ts";
import { readWebhooks } from "./webhook.ts";

const configuration = (webhook: object): KubeObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "c" },
  webhooks: [{ name: "w.example.com", clientConfig: { url: "https://x/y" }, ...webhook }],
});

function webhookOf(webhook: object): Webhook {
  const [read] = readWebhooks(configuration(webhook));
  if (read === undefined) throw new Error("no webhook");
  return read;
}

const rule = (change: object): object => ({
  apiGroups: ["hawsepipe.dev"],
  apiVersions: ["v1"],
  resources: ["things"],
  operations: ["CREATE"],
  ...change,
});

interface Case {
  readonly says: string;
  readonly rule: object;
  readonly operation?: AdmissionOperation;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly version?: string;
  readonly matchPolicy?: string;
  /** The version the webhook is asked in. */
  readonly want: string | undefined;
}

test.each<Case>([
  { says: "what it names", rule: {}, want: "v1" },
  { says: "another operation", rule: {}, operation: "UPDATE", want: undefined },
  { says: "every operation", rule: { operations: ["*"] }, operation: "DELETE", want: "v1" },
  { says: "another group", rule: { apiGroups: ["apps"] }, want: undefined },
  {
    says: "every group, version and resource",
    rule: { apiGroups: ["*"], apiVersions: ["*"], resources: ["*"] },
    want: "v1",
  },
  {
    says: "every resource, but no subresource",
    rule: { resources: ["*"] },
    subresource: "status",
    want: undefined,
  },
  { says: "every resource and subresource", rule: { resources: ["*/*"] }, subresource: "status", want: "v1" },
  { says: "every resource and subresource, the resource itself", rule: { resources: ["*/*"] }, want: "v1" },
  { says: "every subresource of one", rule: { resources: ["things/*"] }, subresource: "scale", want: "v1" },
  { says: "one subresource of every", rule: { resources: ["*/scale"] }, subresource: "scale", want: "v1" },
  {
    says: "another subresource",
    rule: { resources: ["things/scale"] },
    subresource: "status",
    want: undefined,
  },
  { says: "the resource, when a subresource is written", rule: {}, subresource: "status", want: undefined },
  { says: "namespaced ones, in a namespace", rule: { scope: "Namespaced" }, want: "v1" },
  { says: "namespaced ones, outside", rule: { scope: "Namespaced" }, namespace: "", want: undefined },
  { says: "cluster-scoped ones, in a namespace", rule: { scope: "Cluster" }, want: undefined },
  { says: "another version, as an equivalent", rule: { apiVersions: ["v1"] }, version: "v2", want: "v1" },
  {
    says: "another version, exactly",
    rule: { apiVersions: ["v1"] },
    version: "v2",
    matchPolicy: "Exact",
    want: undefined,
  },
  {
    says: "both versions, in that of the request",
    rule: { apiVersions: ["v1", "v2"] },
    version: "v2",
    want: "v2",
  },
  { says: "a version that is not served", rule: { apiVersions: ["v9"] }, want: undefined },
])("a webhook with a rule for $says", ({ rule: change, matchPolicy, want, ...write }) => {
  const webhook = webhookOf({ rules: [rule(change)], ...(matchPolicy === undefined ? {} : { matchPolicy }) });
  const subject = {
    operation: write.operation ?? "CREATE",
    resource: { group: "hawsepipe.dev", version: "v2", resource: "things" },
    subresource: write.subresource ?? "",
    namespace: write.namespace ?? "team-a",
    requestVersion: write.version ?? "v1",
  } as const;
  expect(matchRules(webhook, subject, ["v2", "v1"])?.version).toBe(want);
});

test("what a configuration leaves out has the values of the API", () => {
  expect(webhookOf({})).toMatchObject({
    configuration: "c",
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    timeoutSeconds: 10,
    allowsDryRun: false,
    reinvokes: false,
  });
  expect(webhookOf({ sideEffects: "NoneOnDryRun" }).allowsDryRun).toBe(true);
  expect(webhookOf({ sideEffects: "Some" }).allowsDryRun).toBe(false);
});

test("a service is reached by its name in the cluster", () => {
  const service = { name: "s", namespace: "n" };
  const address = (clientConfig: object): string => webhookOf({ clientConfig }).address.url;
  expect(address({ service })).toBe("https://s.n.svc:443");
  expect(address({ service: { ...service, port: 8443, path: "/check" } })).toBe("https://s.n.svc:8443/check");
});

test("a selector that cannot be read is an error when it is used, not before", () => {
  const bad = { matchExpressions: [{ key: "a", operator: "Sometimes" }] };
  expect(webhookOf({ objectSelector: bad }).objectSelector).toBeInstanceOf(Error);
});

test.each<{ says: string; conditions: string[]; want: boolean | string }>([
  { says: "all that hold", conditions: ["object.a == 1", "request.name == 'x'"], want: true },
  { says: "one that does not hold", conditions: ["object.a == 1", "object.a == 2"], want: false },
  { says: "one that fails", conditions: ["object.b == 1"], want: "no such key" },
  {
    says: "one that fails and one that does not hold",
    conditions: ["object.b == 1", "object.a == 2"],
    want: false,
  },
  { says: "an old object where there is none", conditions: ["oldObject == null"], want: true },
  { says: "one that does not compile", conditions: ["object."], want: "does not compile" },
])("conditions: $says", ({ conditions, want }) => {
  const { matchConditions } = webhookOf({
    matchConditions: conditions.map((expression, i) => ({ name: `c${String(i)}`, expression })),
  });
  const answer = evaluateConditions(matchConditions, {
    object: { a: 1 },
    oldObject: undefined,
    request: { name: "x" },
  });
  if (typeof want === "boolean") expect(answer).toBe(want);
  else expect(answer instanceof Error ? answer.message : answer).toContain(want);
});

test("a condition that asks the authorizer fails, so that the failure policy decides", () => {
  const expression = "authorizer.group('').resource('pods').check('get').allowed()";
  const { matchConditions } = webhookOf({ matchConditions: [{ name: "may", expression }] });
  const answer = evaluateConditions(matchConditions, {
    object: undefined,
    oldObject: undefined,
    request: {},
  });
  expect(answer).toBeInstanceOf(Error);
  expect(String(answer)).toContain('match condition "may" does not compile');
});
