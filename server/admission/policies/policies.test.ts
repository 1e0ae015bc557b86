import { afterEach, expect, test } from "vitest";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Rig } from "../../testing/rig.ts";
import { openRig, textAt } from "../../testing/rig.ts";
import { aWidget } from "../../testing/widget.ts";
import { validatingPolicies } from "./plugin.ts";
import { readBinding, readPolicy } from "./policy.ts";
import { boundPolicies } from "./source.ts";

let open: Rig | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const apiVersion = "admissionregistration.k8s.io/v1";
const onWidgets = {
  resourceRules: [
    {
      operations: ["*"],
      apiGroups: ["lab.example.com"],
      apiVersions: ["*"],
      resources: ["widgets", "widgets/*"],
    },
  ],
};

interface Setup {
  readonly spec: object;
  readonly bindings?: readonly object[];
  readonly params?: readonly JsonObject[] | Error;
}

/** A server with one policy in force; `annotations` collects what is noted for the audit log. */
async function world({ spec, bindings = [{}], params = [] }: Setup): Promise<Rig> {
  const policy = readPolicy({
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p" },
    spec: { matchConstraints: onWidgets, ...spec },
  });
  const bound = boundPolicies(
    [policy],
    bindings.map((binding, i) =>
      readBinding({
        apiVersion,
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name: `b${String(i)}` },
        spec: { policyName: "p", validationActions: ["Deny"], ...binding },
      }),
    ),
  );
  const state: { rig?: Rig } = {};
  state.rig = await openRig({
    plugins: [
      validatingPolicies({
        source: {
          hasSynced: true,
          synced: Promise.resolve(),
          // The namespaces of the rig come first and are nobody's business.
          get policies() {
            return open === undefined ? [] : bound;
          },
        },
        registry: { resource: (group, plural) => state.rig?.registry.resource(group, plural) },
        namespaceLabels: async (name) => ({ "kubernetes.io/metadata.name": name }),
        namespaceObject: async (name) => ({ metadata: { name, annotations: { team: "blue" } } }),
        params: async () => {
          if (params instanceof Error) throw params;
          return params;
        },
        get clock() {
          return state.rig!.clock;
        },
      }),
    ],
  });
  open = state.rig;
  return state.rig;
}

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
const create = (rig: Rig, query = "") => rig.call("POST", `${widgets}${query}`, { body: aWidget("a") });
const deniedBy = (why: string): string =>
  `widgets.lab.example.com "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b0' denied request: ${why}`;

test.each<{ says: string; validation: object; spec?: object; why: string }>([
  {
    says: "of the expression where there is none",
    validation: { expression: " object.spec.color == 'blue' " },
    why: "failed expression: object.spec.color == 'blue'",
  },
  { says: "as written", validation: { expression: "false", message: " no widgets " }, why: "no widgets" },
  {
    says: "computed",
    validation: { expression: "false", message: "m", messageExpression: "'not ' + object.spec.color" },
    why: "not red",
  },
  {
    says: "as written where the computed one has two lines",
    validation: { expression: "false", message: "m", messageExpression: "'a\\nb'" },
    why: "m",
  },
  {
    says: "as written where the computed one fails",
    validation: { expression: "false", message: "m", messageExpression: "object.spec.nothing" },
    why: "m",
  },
  {
    says: "of an expression that fails",
    validation: { expression: "object.spec.nothing == 1" },
    why: "expression 'object.spec.nothing == 1' resulted in error: no such key: nothing",
  },
  {
    says: "with variables that read each other",
    spec: {
      variables: [
        { name: "color", expression: "object.spec.color" },
        { name: "loud", expression: "variables.color.upperAscii()" },
      ],
    },
    validation: { expression: "variables.loud == 'BLUE'", messageExpression: "'is ' + variables.loud" },
    why: "is RED",
  },
  {
    says: "of a variable that fails",
    spec: { variables: [{ name: "x", expression: "object.spec.nothing" }] },
    validation: { expression: "variables.x == 1" },
    why: `expression 'variables.x == 1' resulted in error: composited variable "x" fails to evaluate: no such key: nothing`,
  },
  {
    says: "about the namespace",
    validation: {
      expression: "namespaceObject.metadata.annotations.team == 'red'",
      messageExpression: "namespaceObject.metadata.name",
    },
    why: "default",
  },
  {
    says: "about the request",
    validation: {
      expression: "false",
      messageExpression: "request.operation + ' ' + request.resource.resource + ' ' + string(request.dryRun)",
    },
    why: "CREATE widgets false",
  },
  {
    says: "where there was no object before",
    validation: { expression: "oldObject != null", message: "new" },
    why: "new",
  },
])("a denial has the message $says", async ({ validation, spec, why }) => {
  const rig = await world({ spec: { ...spec, validations: [validation] } });
  const { status, json } = await create(rig);
  expect([status, json["reason"], json["message"]]).toEqual([422, "Invalid", deniedBy(why)]);
  expect(json["details"]).toEqual({
    name: "a",
    group: "lab.example.com",
    kind: "widgets",
    causes: [{ message: deniedBy(why).replace(/^.*? is forbidden: /, "") }],
  });
});

test.each([
  { reason: "Unauthorized", code: 401 },
  { reason: "Forbidden", code: 403 },
  { reason: "Invalid", code: 422 },
  { reason: "RequestEntityTooLarge", code: 413 },
])("a validation may say that the reason is $reason", async ({ reason, code }) => {
  const rig = await world({ spec: { validations: [{ expression: "false", reason }] } });
  const { status, json } = await create(rig);
  expect([status, json["code"], json["reason"]]).toEqual([code, code, reason]);
});

test.each<{ says: string; spec: object; binding?: object }>([
  {
    says: "another kind",
    spec: { matchConstraints: { resourceRules: [], excludeResourceRules: onWidgets.resourceRules } },
  },
  {
    says: "another name",
    spec: { matchConstraints: { resourceRules: [{ ...onWidgets.resourceRules[0], resourceNames: ["b"] }] } },
  },
  {
    says: "another operation",
    spec: {
      matchConstraints: { resourceRules: [{ ...onWidgets.resourceRules[0], operations: ["DELETE"] }] },
    },
  },
  {
    says: "another namespace",
    spec: {},
    binding: {
      matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "other" } } },
    },
  },
  {
    says: "other labels",
    spec: {},
    binding: { matchResources: { objectSelector: { matchLabels: { a: "b" } } } },
  },
  {
    says: "what a condition excludes",
    spec: { matchConditions: [{ name: "c", expression: "object.spec.color == 'blue'" }] },
  },
  {
    says: "what one condition excludes and another cannot tell",
    spec: {
      matchConditions: [
        { name: "a", expression: "object.spec.nothing == 1" },
        { name: "b", expression: "false" },
      ],
    },
  },
  {
    says: "failures it ignores",
    spec: { failurePolicy: "Ignore", validations: [{ expression: "object.spec.nothing" }] },
  },
  {
    says: "conditions that fail and are ignored",
    spec: {
      failurePolicy: "Ignore",
      matchConditions: [{ name: "c", expression: "object.spec.nothing == 1" }],
    },
  },
])("a policy about $says lets the write pass", async ({ spec, binding = {} }) => {
  const rig = await world({ spec: { validations: [{ expression: "false" }], ...spec }, bindings: [binding] });
  expect((await create(rig)).status).toBe(201);
});

test("what cannot be told is denied", async () => {
  const condition = { name: "c", expression: "object.spec.nothing == 1" };
  const rig = await world({ spec: { matchConditions: [condition], validations: [{ expression: "true" }] } });
  const { json } = await create(rig);
  expect(json["message"]).toBe(
    deniedBy("expression 'object.spec.nothing == 1' resulted in error: no such key: nothing"),
  );
});

test("a binding that only warns, or only audits, lets the write pass", async () => {
  const rig = await world({
    spec: { validations: [{ expression: "false", message: "hm" }] },
    bindings: [{ validationActions: ["Warn", "Audit"] }],
  });
  const answer = await create(rig);
  expect(answer.status).toBe(201);
  expect(answer.warnings).toEqual([
    "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b0': hm",
  ]);
});

test("the first binding that denies is the one answered, and every validation is heard", async () => {
  const rig = await world({
    spec: { validations: [{ expression: "true" }, { expression: "false", message: "second" }] },
    bindings: [{ validationActions: ["Warn"] }, {}],
  });
  const answer = await create(rig);
  expect(textAt(answer.json, "message")).toContain("with binding 'b1' denied request: second");
  expect(answer.warnings).toHaveLength(1);
});

test("policies see updates, status, scale and deletions, each as what it is", async () => {
  const rig = await world({
    spec: {
      validations: [
        {
          expression: "request.operation == 'CREATE'",
          messageExpression:
            "request.operation + ' ' + request.kind.kind + ' ' + (has(request.subResource) ? request.subResource : '-') + ' ' + (object == null ? 'gone' : 'here')",
        },
      ],
    },
  });
  const path = `${widgets}/a`;
  const { json: widget } = await create(rig);
  const why = async (method: string, at: string, body?: JsonObject, type?: string): Promise<string> => {
    const { json } = await rig.call(method, at, body === undefined ? {} : { body, type });
    return textAt(json, "message").replace(/^.*denied request: /, "");
  };
  const merge = "application/merge-patch+json";
  expect(await why("PUT", path, { ...widget, spec: { color: "blue" } })).toBe("UPDATE Widget - here");
  expect(await why("PATCH", `${path}/status`, { status: { phase: "x" } }, merge)).toBe(
    "UPDATE Widget status here",
  );
  expect(await why("PATCH", `${path}/scale`, { spec: { replicas: 3 } }, merge)).toBe(
    "UPDATE Scale scale here",
  );
  expect(await why("DELETE", path)).toBe("DELETE Widget - gone");
});

test.each<{ says: string; params: readonly JsonObject[] | Error; binding?: object; want: string | number }>([
  { says: "are read", params: [{ data: { color: "blue" } }], want: "red is not blue" },
  {
    says: "each count",
    params: [{ data: { color: "red" } }, { data: { color: "green" } }],
    want: "red is not green",
  },
  { says: "that are none ask nothing", params: [], want: 201 },
  { says: "the binding does not give are null", params: [], binding: {}, want: "there are none" },
  {
    says: "that cannot be had are an error",
    params: new Error("nobody may read them"),
    want: "failed to configure binding: nobody may read them",
  },
])("parameters $says", async ({ params, binding = { paramRef: { name: "x" } }, want }) => {
  const rig = await world({
    spec: {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      validations: [
        { expression: "params != null", message: "there are none" },
        {
          expression: "params == null || object.spec.color == params.data.color",
          messageExpression: "object.spec.color + ' is not ' + params.data.color",
        },
      ],
    },
    bindings: [binding],
    params,
  });
  const { status, json } = await create(rig);
  if (typeof want === "number") expect(status).toBe(want);
  else expect(json["message"]).toBe(deniedBy(want));
});

test("expressions that cost too much are stopped", async () => {
  const digits = "[1,2,3,4,5,6,7,8,9,10]";
  const deep = ["a", "b", "c", "d", "e", "f"].reduce(
    (inner, name) => `${digits}.all(${name}, ${inner})`,
    "a + b + c + d + e + f > 0",
  );
  const rig = await world({ spec: { validations: [{ expression: deep }] } });
  const { json } = await create(rig);
  expect(textAt(json, "message")).toMatch(/cost limit exceeded|cost budget/);
});
