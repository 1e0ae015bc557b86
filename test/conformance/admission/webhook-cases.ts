import type { Answer, AskedReview } from "../../support/webhook-server.ts";
import type { Exchange } from "../replay/exchange.ts";

/** Webhooks, what they answer, and what is asked of both servers then. */
export interface WebhookCase {
  readonly name: string;
  /** Parts of webhooks; the rest is what `registrations` adds. */
  readonly mutating?: readonly object[];
  readonly validating?: readonly object[];
  /** By the part of the webhook (`m0`, `v1`); allowed where it says nothing. */
  readonly answer?: (of: string, request: AskedReview) => Answer | undefined;
  readonly exchanges: readonly Omit<Exchange, "name">[];
}

const groups = ["twin.example.com", "twyn.example.com"];
/** A rule for the kinds under both names of their group. */
const rule = (part: object = {}): object[] => [
  { apiGroups: groups, apiVersions: ["*"], resources: ["twins", "twins/*"], operations: ["*"], ...part },
];
const patch = (...operations: object[]): object => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});
const add = (path: string, value: unknown): object => ({ op: "add", path, value });
const refused = (status?: object): object => ({
  allowed: false,
  ...(status === undefined ? {} : { status }),
});
const spec = {};

/** Every way to write, in an order that has everything it needs. */
const everyWrite: WebhookCase["exchanges"] = [
  { post: "twins?fieldManager=u&fieldValidation=Strict", twin: { name: "a", spec } },
  { post: "twins?dryRun=All", twin: { name: "dry", spec } },
  { post: "twins", twin: { generateName: "gen-", spec } },
  { post: "v1beta1:twins", twin: { name: "older", version: "v1beta1", spec: { color: "blue" } } },
  { post: "twins", form: "yaml", twin: { name: "yaml", spec } },
  { put: "twins/a", twin: { name: "a", labels: { x: "y" }, spec: { replicas: 2 } } },
  { put: "twins/a?dryRun=All", twin: { name: "a", spec, status: { replicas: 9 } } },
  { put: "v1beta1:twins/a?dryRun=All", twin: { name: "a", version: "v1beta1", spec } },
  { patch: "twins/a?fieldManager=mp", merge: { spec: { title: "merged" } } },
  { patch: "twins/a?pretty=1", ops: [{ op: "add", path: "/spec/day", value: "2026-01-01" }] },
  { patch: "twins/applied?fieldManager=ap", apply: { name: "applied", spec: { replicas: 3 } } },
  { patch: "twins/applied?fieldManager=ap&force=true", apply: { name: "applied", spec: { replicas: 4 } } },
  { patch: "twins/applied?fieldManager=ap&dryRun=All", apply: { name: "applied", spec: { replicas: 5 } } },
  { put: "twins/a/status?fieldManager=st", twin: { name: "a", status: { replicas: 1, phase: "Ready" } } },
  { patch: "twins/a/status", merge: { status: { phase: "Pending" } } },
  { patch: "twins/a/status?fieldManager=as", apply: { name: "a", status: { selector: "a=b" } } },
  {
    put: "twins/a/scale?fieldManager=sc",
    body: {
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { name: "a", namespace: "{{ns}}" },
      spec: { replicas: 5 },
    },
  },
  { patch: "twins/a/scale", merge: { spec: { replicas: 6 } } },
  { patch: "twins/a/scale?dryRun=All", ops: [{ op: "replace", path: "/spec/replicas", value: 7 }] },
  { delete: "twins/a?dryRun=All" },
  {
    delete: "twins/a",
    body: {
      kind: "DeleteOptions",
      apiVersion: "v1",
      propagationPolicy: "Background",
      preconditions: { uid: "{{a.uid}}" },
    },
  },
  { post: "twins", twin: { name: "held", finalizers: ["x.io/f"], spec } },
  { delete: "twins/held?gracePeriodSeconds=3" },
  { delete: "twins/held" },
  { patch: "twins/held", merge: { metadata: { finalizers: null } } },
  { delete: "twins?dryRun=All", body: { apiVersion: "v1", kind: "DeleteOptions" } },
  { delete: "twins" },
  { delete: "twins/gone" },
  { put: "twins/gone", twin: { name: "gone", spec } },
  { post: "twins", twin: { name: "Bad", spec } },
];

const failing = ["close", "error", "other-uid", "not-json", "no-response", "old-version", "hang"] as const;
const failures: Readonly<Record<string, Answer>> = {
  "not-json": { text: '{"a' },
  "no-response": { text: '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}' },
  "old-version": {
    text: '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","response":{"uid":"x","allowed":true}}',
  },
};
/** The one that never answers is given up soon, though not before a busy machine has asked it. */
const patienceWith = (of: string): object => (of === "hang" ? { timeoutSeconds: 2 } : {});
const failure = (of: string): Answer => failures[of] ?? (of as Answer);

/** A webhook for objects with this label alone. */
const labelled = (of: string, part: object = {}): object => ({
  objectSelector: { matchLabels: { of } },
  ...part,
});
const create = (of: string): Omit<Exchange, "name"> => ({
  post: "twins",
  twin: { name: of, labels: { of }, spec },
});

/** A mutating webhook each for these answers, and an object for each. */
const patches: readonly (readonly [of: string, answer: object])[] = [
  ["labels", patch(add("/metadata/labels/added", "x"))],
  ["defaulted", patch(add("/spec/items", [{ name: "new" }]))],
  ["pruned", patch(add("/spec/nonsense", true))],
  ["invalid", patch(add("/spec/replicas", 99))],
  ["wrong-type", patch(add("/spec/replicas", "many"))],
  ["absent", patch({ op: "remove", path: "/spec/not/there" })],
  ["test", patch({ op: "test", path: "/spec/color", value: "green" })],
  ["bad-op", patch({ op: "turn", path: "/spec/color" })],
  ["empty", patch()],
  ["renamed", patch(add("/metadata/name", "other"))],
  ["kind", patch(add("/kind", "Other"))],
  ["uid", patch(add("/metadata/uid", "u"))],
  ["status", patch(add("/status", { phase: "Ready" }))],
  ["managers", patch(add("/metadata/managedFields", []))],
  ["no-type", { allowed: true, patch: Buffer.from("[]").toString("base64") }],
  ["odd-type", { allowed: true, patchType: "Merge", patch: Buffer.from("{}").toString("base64") }],
  ["type-alone", { allowed: true, patchType: "JSONPatch" }],
  ["not-a-patch", { allowed: true, patchType: "JSONPatch", patch: Buffer.from("{").toString("base64") }],
  ["whole", patch({ op: "replace", path: "", value: 5 })],
];

const denials: readonly (readonly [of: string, status: object | undefined])[] = [
  ["none", undefined],
  ["message", { message: "not on a friday" }],
  ["reason", { reason: "NotFound" }],
  ["code", { code: 418, message: "a teapot" }],
  ["success", { status: "Success", code: 200, message: "fine" }],
  [
    "details",
    {
      code: 422,
      reason: "Invalid",
      message: "bad",
      details: {
        name: "x",
        kind: "Y",
        causes: [{ reason: "R", message: "m", field: "f" }],
        retryAfterSeconds: 7,
      },
    },
  ],
  ["low", { code: 0, message: "zero" }],
];

const conditions: readonly (readonly [expression: string, failurePolicy?: string])[] = [
  ['request.operation == "CREATE"'],
  ["object.spec.replicas > 3"],
  ["object.spec.replicas > 3", "Ignore"],
  ["oldObject == null"],
  ['request.userInfo.username == "admin" && "system:masters" in request.userInfo.groups'],
  ['request.resource.resource == "twins" && request.kind.kind == "Twin" && !has(request.subResource)'],
  ["object.spec.absent == 1"],
  ["object.spec.absent == 1", "Ignore"],
  ["!has(object.metadata.labels) || object.metadata.labels.size() < 2"],
  ["request.dryRun"],
  ['request.options.kind == "CreateOptions"'],
];

export const webhookCases: readonly WebhookCase[] = [
  {
    name: "every-write",
    mutating: [{ rules: rule() }],
    validating: [{ rules: rule() }],
    exchanges: everyWrite,
  },
  {
    name: "equivalent",
    mutating: [{ rules: rule({ apiVersions: ["v1beta1"] }), matchPolicy: "Equivalent" }],
    validating: [
      { rules: rule({ apiVersions: ["v1alpha1"] }), matchPolicy: "Equivalent" },
      { rules: rule({ apiVersions: ["v1beta1"] }), matchPolicy: "Exact" },
      { rules: rule({ apiVersions: ["v1beta1", "v1"], operations: ["UPDATE"] }) },
    ],
    answer: (of, { operation, subResource }) =>
      of === "m0" && operation === "CREATE" && subResource === undefined
        ? patch(add("/spec/title", "by hook"))
        : undefined,
    exchanges: everyWrite,
  },
  {
    name: "patches",
    mutating: patches.map(([of]) => labelled(of, { rules: rule() })),
    answer: (of) => patches[Number(of.slice(1))]?.[1],
    exchanges: [
      ...patches.map(([of]) => create(of)),
      {
        patch: "twins/labels?fieldManager=ap",
        apply: { name: "labels", labels: { of: "labels" }, spec: { replicas: 2 } },
      },
      { patch: "twins/labels/scale", merge: { spec: { replicas: 3 } } },
      { patch: "twins/status/status", merge: { status: { selector: "x" } } },
      { delete: "twins/labels" },
      { delete: "twins" },
    ],
  },
  {
    name: "a-scale-changed",
    mutating: [{ rules: rule({ resources: ["twins/scale"] }) }],
    answer: () => patch({ op: "replace", path: "/spec/replicas", value: 8 }),
    exchanges: [
      { post: "twins", twin: { name: "a", spec } },
      { patch: "twins/a/scale?fieldManager=x", merge: { spec: { replicas: 3 } } },
      { get: "twins/a" },
    ],
  },
  {
    name: "asked-again",
    mutating: [
      { rules: rule(), reinvocationPolicy: "IfNeeded" },
      { rules: rule() },
      { rules: rule(), reinvocationPolicy: "IfNeeded" },
    ],
    answer: (of, { object, operation }) => {
      const labels = (object?.metadata as { labels?: Record<string, string> } | undefined)?.labels;
      if (operation !== "CREATE" || labels?.[of] === "yes") return undefined;
      return of === "m0" ? undefined : patch(add(`/metadata/labels/${of}`, "yes"));
    },
    exchanges: [
      { post: "twins", twin: { name: "a", labels: { x: "y" }, spec } },
      { patch: "twins/b?fieldManager=ap", apply: { name: "b", labels: { x: "y" } } },
    ],
  },
  {
    name: "denials",
    validating: [
      ...denials.map(([of]) => labelled(of, { rules: rule({ operations: ["CREATE", "UPDATE"] }) })),
      { rules: rule({ operations: ["DELETE"] }) },
      labelled("none", { rules: rule() }),
    ],
    answer: (of, { operation, oldObject }) => {
      const denial = denials[Number(of.slice(1))];
      const deleted = (oldObject as { metadata?: { name?: string } } | null)?.metadata?.name;
      if (operation === "DELETE") return deleted === "b" ? refused({ message: "b stays" }) : undefined;
      return denial === undefined ? undefined : refused(denial[1]);
    },
    exchanges: [
      ...denials.map(([of]) => create(of)),
      ...["c", "a", "b"].map((name) => ({ post: "twins", twin: { name, spec } })),
      { patch: "twins/a", merge: { metadata: { labels: { of: "message" } } } },
      { patch: "twins/a?dryRun=All", merge: { metadata: { labels: { of: "code" } } } },
      { patch: "twins/new?fieldManager=m", apply: { name: "new", labels: { of: "details" } } },
      { delete: "twins/b" },
      { delete: "twins/b?dryRun=All" },
      { delete: "twins" },
      { get: "twins" },
    ],
  },
  {
    name: "denied-early",
    mutating: [{ rules: rule() }],
    validating: [{ rules: rule() }],
    answer: (of) => (of === "m0" ? refused({ message: "early" }) : undefined),
    exchanges: [
      { post: "twins", twin: { name: "a", spec } },
      { post: "twins", twin: { name: "a", spec: { color: "pink" } } },
    ],
  },
  ...(["Fail", "Ignore"] as const).map((failurePolicy): WebhookCase => ({
    name: `broken-${failurePolicy.toLowerCase()}`,
    mutating: failing.map((of) => labelled(of, { rules: rule(), failurePolicy, ...patienceWith(of) })),
    validating: failing.map((of) =>
      labelled(`v-${of}`, { rules: rule(), failurePolicy, ...patienceWith(of) }),
    ),
    answer: (of) => failure(failing[Number(of.slice(1))]!),
    exchanges: failing.flatMap((of) => [create(of), create(`v-${of}`)]),
  })),
  {
    name: "selectors",
    mutating: [
      labelled("chosen", { rules: rule() }),
      { rules: rule(), objectSelector: { matchExpressions: [{ key: "of", operator: "Exists" }] } },
      {
        rules: rule(),
        objectSelector: { matchExpressions: [{ key: "of", operator: "NotIn", values: ["chosen"] }] },
      },
      { rules: rule({ scope: "Cluster" }) },
      { rules: rule({ scope: "Namespaced", resources: ["*"] }) },
      { rules: rule({ resources: ["*/scale"] }) },
      { rules: rule({ resources: ["twins/status"], operations: ["UPDATE"] }) },
      { rules: rule({ resources: ["*/*"], apiVersions: ["v1"] }) },
      { rules: rule(), namespaceSelector: { matchLabels: { case: "another" } } },
    ],
    exchanges: [
      create("chosen"),
      create("other"),
      { post: "twins", twin: { name: "plain", spec } },
      { patch: "twins/chosen", merge: { metadata: { labels: { of: null } } } },
      { patch: "twins/plain", merge: { metadata: { labels: { of: "chosen" } } } },
      { patch: "twins/plain/scale", merge: { spec: { replicas: 3 } } },
      { patch: "twins/plain/status", merge: { status: { replicas: 3 } } },
      { patch: "twins/applied?fieldManager=m", apply: { name: "applied", labels: { of: "chosen" } } },
      { delete: "twins/plain" },
      { delete: "twins?labelSelector=of%3Dchosen" },
    ],
  },
  {
    name: "conditions",
    validating: [
      ...conditions.map(([expression, failurePolicy = "Fail"]) => ({
        rules: rule(),
        failurePolicy,
        objectSelector: {
          matchLabels: {
            c: conditions.findIndex(([e, p = "Fail"]) => e === expression && p === failurePolicy).toString(),
          },
        },
        matchConditions: [{ name: "c", expression }],
      })),
      {
        rules: rule(),
        objectSelector: { matchLabels: { c: "several" } },
        matchConditions: [
          { name: "wrong", expression: "object.nope == 1" },
          { name: "no", expression: 'object.metadata.name != "several"' },
        ],
      },
    ],
    exchanges: [
      ...[...conditions.keys(), "several"].map((c) => ({
        post: "twins",
        twin: { name: `c${String(c)}`, labels: { c: String(c) }, spec: { replicas: 4 } },
      })),
      { patch: "twins/c3", merge: { spec: { replicas: 1 } } },
      { patch: "twins/c1/scale", merge: { spec: { replicas: 1 } } },
      { delete: "twins/c1" },
      { delete: "twins" },
    ],
  },
  {
    name: "notes",
    mutating: [{ rules: rule() }],
    validating: [{ rules: rule() }, { rules: rule(), timeoutSeconds: 7, sideEffects: "NoneOnDryRun" }],
    answer: (of) => ({
      allowed: true,
      // What validating webhooks say comes in no order.
      warnings:
        of === "v1" ? [] : of === "v0" ? ["plain", 'with "quotes"', "x".repeat(300), "häh?\n"] : [`of ${of}`],
      auditAnnotations: { noted: `by ${of}`, "bad key!": "x" },
    }),
    exchanges: [
      { post: "twins", twin: { name: "a", spec } },
      { patch: "twins/a/scale", merge: { spec: { replicas: 3 } } },
      { patch: "twins/a?dryRun=All", merge: { spec: { replicas: 4 } } },
      { delete: "twins/a" },
    ],
  },
];

/** Rules for the cluster-scoped kind, which no selector of namespaces keeps away from others. */
export const clusterScoped: WebhookCase = {
  name: "cluster-scoped",
  mutating: [
    {
      rules: rule({ resources: ["plains"], scope: "Cluster" }),
      objectSelector: { matchLabels: { of: "plains" } },
    },
  ],
  validating: [
    { rules: rule({ resources: ["*"], scope: "*" }), objectSelector: { matchLabels: { of: "plains" } } },
    {
      rules: rule({ resources: ["*"], scope: "Namespaced" }),
      objectSelector: { matchLabels: { of: "plains" } },
    },
  ],
  exchanges: [
    {
      post: "plains",
      body: {
        apiVersion: "twin.example.com/v1",
        kind: "Plain",
        metadata: { name: "{{ns}}", labels: { of: "plains" } },
      },
    },
    { patch: "plains/{{ns}}", merge: { count: 4 } },
    { delete: "plains/{{ns}}" },
  ],
};

/** The configurations of a case: for objects in namespaces labelled with its name, and these webhooks. */
export function registrations(
  { name, mutating = [], validating = [] }: WebhookCase,
  hook: { readonly url: string; readonly caBundle: string },
): readonly object[] {
  const full = (letter: string, webhooks: readonly object[]): object[] =>
    webhooks.map((webhook, i) => ({
      name: `${letter}${String(i)}.${name}.example.com`,
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      timeoutSeconds: 20,
      clientConfig: { url: `${hook.url}/${name}/${letter}${String(i)}`, caBundle: hook.caBundle },
      namespaceSelector: { matchLabels: { case: name } },
      ...webhook,
    }));
  const configuration = (kind: string, webhooks: object[]): object => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name },
    webhooks,
  });
  return [
    ...(mutating.length === 0 ? [] : [configuration("Mutating", full("m", mutating))]),
    ...(validating.length === 0 ? [] : [configuration("Validating", full("v", validating))]),
  ];
}

/** Asked by everything in its namespace; registered last, it tells that the others are known. */
export const marker: WebhookCase = {
  name: "zz-marker",
  mutating: [{ rules: rule() }],
  validating: [{ rules: rule() }],
  exchanges: [],
};
