import type { Exchange } from "../replay/exchange.ts";
import { waiting } from "./audit-trail.ts";

/** A policy, its bindings, and what is asked of both servers then. */
export interface PolicyCase {
  readonly name: string;
  /** Parts of its spec; what is matched is added. */
  readonly policy: object;
  /** Parts of the specs of its bindings; one that denies where there are none. */
  readonly bindings?: readonly object[];
  readonly exchanges: readonly Omit<Exchange, "name">[];
}

const spec = {};
const twin = (name: string, part: object = {}): Omit<Exchange, "name"> => ({
  post: "twins",
  twin: { name, spec, ...part },
});
/** A ConfigMap in the namespace of the case, on each server its own. */
const configMap = (name: string, data: object, labels: object = {}): Omit<Exchange, "name"> => ({
  isSetup: true,
  post: "/api/v1/namespaces/{{ns}}/configmaps",
  body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels }, data },
});
/** A write of so many replicas is answered so: what policies are given is told to kube-apiserver a moment after it is there. */
const known = (replicas: number, until: number): Omit<Exchange, "name"> => ({
  post: "twins?dryRun=All",
  headers: { "user-agent": waiting },
  twin: { name: "known", spec: { replicas } },
  until,
});
const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
const most = [
  {
    expression: "params == null || object.spec.replicas <= int(params.data.most)",
    messageExpression: '"at most " + params.data.most',
  },
];
const writes: PolicyCase["exchanges"] = [
  twin("two", { spec: { replicas: 2 } }),
  twin("six", { spec: { replicas: 6 } }),
  { patch: "twins/two", merge: { spec: { replicas: 9 } } },
  { patch: "twins/two?dryRun=All", ops: [{ op: "replace", path: "/spec/replicas", value: 8 }] },
  { patch: "twins/two?fieldManager=m&force=true", apply: { name: "two", spec: { replicas: 7 } } },
];

export const policyCases: readonly PolicyCase[] = [
  {
    name: "params-by-name",
    policy: { paramKind, validations: most },
    bindings: [{ paramRef: { name: "limit", parameterNotFoundAction: "Deny" } }],
    exchanges: [configMap("limit", { most: "5" }), known(1, 201), ...writes],
  },
  {
    name: "params-not-there",
    policy: { paramKind, validations: most },
    bindings: [{ paramRef: { name: "limit", parameterNotFoundAction: "Deny" } }],
    exchanges: writes,
  },
  {
    name: "params-not-needed",
    policy: { paramKind, validations: most },
    bindings: [{ paramRef: { name: "limit", parameterNotFoundAction: "Allow" } }],
    exchanges: writes,
  },
  {
    name: "params-by-label",
    policy: { paramKind, validations: most },
    bindings: [
      { paramRef: { selector: { matchLabels: { limit: "yes" } }, parameterNotFoundAction: "Deny" } },
    ],
    exchanges: [
      configMap("a", { most: "7" }, { limit: "yes" }),
      configMap("b", { most: "5" }, { limit: "yes" }),
      configMap("c", { most: "1" }),
      // Some are known, and then that of five, too.
      known(1, 201),
      known(6, 422),
      // No write breaks both: kube-apiserver asks the ones of a label in any order, and tells the first refusal.
      twin("two", { spec: { replicas: 2 } }),
      twin("six", { spec: { replicas: 6 } }),
      { patch: "twins/two", merge: { spec: { replicas: 7 } } },
      { patch: "twins/two?fieldManager=m&force=true", apply: { name: "two", spec: { replicas: 6 } } },
      { patch: "twins/two", merge: { spec: { replicas: 5 } } },
    ],
  },
  {
    name: "collections",
    policy: {
      validations: [
        { expression: 'request.operation != "DELETE" || oldObject.metadata.name != "b"', message: "b stays" },
      ],
    },
    exchanges: [
      twin("c"),
      twin("a"),
      twin("b"),
      { delete: "twins/b" },
      { delete: "twins" },
      { get: "twins" },
    ],
  },
  {
    name: "subresources",
    policy: {
      validations: [
        {
          expression: 'request.?subResource.orValue("") != "scale" || object.spec.replicas < 5',
          message: "too far",
        },
        {
          expression: 'request.?subResource.orValue("") != "status" || object.status.phase == "Ready"',
          reason: "Forbidden",
        },
      ],
    },
    exchanges: [
      twin("a"),
      { patch: "twins/a/scale", merge: { spec: { replicas: 4 } } },
      { patch: "twins/a/scale", merge: { spec: { replicas: 6 } } },
      { patch: "twins/a/status", merge: { status: { phase: "Pending" } } },
      { patch: "twins/a/status", merge: { status: { phase: "Ready" } } },
    ],
  },
  {
    name: "warnings-and-audit",
    policy: {
      validations: [
        {
          expression: "object == null || object.spec.replicas < 5",
          messageExpression: '"many: " + string(object.spec.replicas)',
        },
      ],
      auditAnnotations: [
        { key: "count", valueExpression: "string(object == null ? 0 : object.spec.replicas)" },
      ],
      matchConditions: [{ name: "not-two", expression: 'request.name != "two"' }],
    },
    bindings: [{ validationActions: ["Warn", "Audit"] }],
    exchanges: [...writes, { delete: "twins/six" }],
  },
  {
    name: "broken",
    policy: { failurePolicy: "Fail", validations: [{ expression: "object.spec.nothing.here == 1" }] },
    exchanges: [twin("a"), { delete: "twins" }],
  },
  {
    name: "broken-ignored",
    policy: { failurePolicy: "Ignore", validations: [{ expression: "object.spec.nothing.here == 1" }] },
    exchanges: [twin("a"), { delete: "twins" }],
  },
];

/** Denies everything in its namespace; registered last, it tells that the others are known. */
export const policyMarker: PolicyCase = {
  name: "zz-marker",
  policy: { validations: [{ expression: "false" }] },
  exchanges: [],
};

/** A policy and its bindings, for objects of either group in namespaces labelled with the name of the case. */
export function policyObjects({ name, policy, bindings = [{}] }: PolicyCase): readonly object[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const label = `policy-${name}`;
  return [
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ["twin.example.com", "twyn.example.com"],
              apiVersions: ["*"],
              resources: ["twins", "twins/*"],
              operations: ["CREATE", "UPDATE", "DELETE"],
            },
          ],
          namespaceSelector: { matchLabels: { case: label } },
        },
        ...policy,
      },
    },
    ...bindings.map((binding, i) => ({
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: `${name}-${String(i)}` },
      spec: { policyName: name, validationActions: ["Deny"], ...binding },
    })),
  ];
}
