/** The cluster's validating admission policies: our kind is answered as a kind that kube-apiserver serves itself. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../../support/cluster.ts";
import { discovered, startCluster, usable } from "../../support/cluster.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { established, eventually, succeeding } from "../../support/kubectl.ts";
import type { KubectlResult } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";

const reason = noControlPlane(["kubectl"]);

const native = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "twins.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "twins", singular: "twin", kind: "Twin" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  paused: { type: "boolean" },
                  model: { type: "object", properties: { id: { type: "string" } } },
                },
              },
            },
          },
        },
      },
    ],
  },
};

const cases: readonly (readonly [
  string,
  { policy: object; binding?: object; write?: "label" | "delete" },
])[] = [
  ["a message of its own", { policy: { validations: [{ expression: "false", message: "not today" }] } }],
  ["no message", { policy: { validations: [{ expression: " object.metadata.name == 'other' " }] } }],
  [
    "a computed message and a reason",
    {
      policy: {
        variables: [{ name: "who", expression: "object.metadata.name" }],
        validations: [
          {
            expression: "variables.who != 'one'",
            messageExpression: "'no ' + variables.who",
            reason: "Forbidden",
          },
        ],
      },
    },
  ],
  [
    "two validations, of which one holds",
    {
      policy: {
        validations: [
          { expression: "object.spec.model.id.startsWith('Qwen/')" },
          { expression: "has(object.spec.paused) && object.spec.paused", message: "start paused" },
        ],
      },
    },
  ],
  [
    "a warning and an entry in the audit log",
    {
      policy: { validations: [{ expression: "false", message: "better not" }] },
      binding: { validationActions: ["Warn", "Audit"] },
    },
  ],
  [
    "an expression that fails",
    { policy: { validations: [{ expression: "object.metadata.labels['nobody'] == 'here'" }] } },
  ],
  [
    "an expression that fails, ignored",
    {
      policy: {
        failurePolicy: "Ignore",
        validations: [{ expression: "object.metadata.labels['nobody'] == 'here'" }],
      },
    },
  ],
  [
    "a condition that leaves the request out",
    {
      policy: {
        matchConditions: [{ name: "robots", expression: "request.userInfo.username == 'robot'" }],
        validations: [{ expression: "false" }],
      },
    },
  ],
  [
    "a namespace that is not selected",
    {
      policy: { validations: [{ expression: "false" }] },
      binding: { matchResources: { namespaceSelector: { matchLabels: { guarded: "yes" } } } },
    },
  ],
  [
    "the labels of the namespace",
    {
      policy: {
        validations: [
          {
            expression: "'guarded' in namespaceObject.metadata.labels",
            messageExpression: "'in ' + namespaceObject.metadata.name",
          },
        ],
      },
    },
  ],
  [
    "parameters from a ConfigMap",
    {
      policy: {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        validations: [
          {
            expression: "params.data.allowed == object.metadata.name",
            messageExpression: "'only ' + params.data.allowed",
          },
        ],
      },
      binding: { paramRef: { name: "limits", parameterNotFoundAction: "Deny" } },
    },
  ],
  [
    "parameters that are not there",
    {
      policy: { paramKind: { apiVersion: "v1", kind: "ConfigMap" }, validations: [{ expression: "true" }] },
      binding: { paramRef: { name: "absent", parameterNotFoundAction: "Deny" } },
    },
  ],
  [
    "what an update changes",
    {
      policy: {
        validations: [
          {
            expression:
              "request.operation != 'UPDATE' || object.metadata.?labels == oldObject.metadata.?labels",
            message: "labels stay",
          },
        ],
      },
      write: "label",
    },
  ],
  [
    "a deletion",
    {
      policy: {
        validations: [
          {
            expression: "request.operation != 'DELETE'",
            messageExpression: "'keep ' + oldObject.metadata.name",
          },
        ],
      },
      write: "delete",
    },
  ],
];

describe.skipIf(reason !== undefined)("validating admission policies of the cluster", () => {
  let cluster: Cluster;
  let admin: (args: string | readonly string[], input?: string | object) => Promise<string>;

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.startReplica();
    await usable(cluster);
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    await admin("create configmap limits -n team-a --from-literal=allowed=two");
    await admin("create -f -", native);
    await established(admin, "crd/twins.example.com");
    await discovered(cluster.admin, "twins.example.com");
    await admin("create -f -", twin("one"));
    await admin("create -f -", ours("one"));
  });
  afterAll(async () => {
    await cluster.close();
  });

  const ours = (name: string): object => aDeployment(name, {}, "team-a");
  const twin = (name: string): object => ({
    apiVersion: "example.com/v1",
    kind: "Twin",
    metadata: { name, namespace: "team-a" },
    spec: { model: { id: "Qwen/Qwen3-0.6B" } },
  });

  /** What kubectl says of a write, without what tells the kinds apart. */
  async function say(of: "ours" | "twin", write: "label" | "delete" | undefined): Promise<object> {
    const [plural, object] =
      of === "ours" ? ["modeldeployments.hawsepipe.dev", ours("one")] : ["twins.example.com", twin("one")];
    const run = (): Promise<KubectlResult> => {
      if (write === "label")
        return cluster.admin(`label ${plural} one -n team-a a=b --overwrite --dry-run=server`);
      if (write === "delete") return cluster.admin(`delete ${plural} one -n team-a --dry-run=server`);
      return cluster.admin("create --dry-run=server -f -", object);
    };
    const { code, stderr } = await run();
    const text = stderr
      .replaceAll(/modeldeployments\.hawsepipe\.dev|twins\.example\.com/g, "KIND")
      .replaceAll(/modeldeployments|twins/g, "PLURAL");
    return { code, text };
  }

  test.each(cases)("%s", async (_, { policy, binding, write }) => {
    const rule = { apiVersions: ["*"], operations: ["CREATE", "UPDATE", "DELETE"] };
    const resourceRules = [
      { ...rule, apiGroups: ["hawsepipe.dev"], resources: ["modeldeployments"] },
      { ...rule, apiGroups: ["example.com"], resources: ["twins"] },
    ];
    // The object of the comparison stands; only a write that a policy refuses would be a create of its name otherwise.
    if (write === undefined) await admin("delete mdep,twins --all -n team-a");
    await admin("create -f -", {
      apiVersion: "v1",
      kind: "List",
      items: [
        {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicy",
          metadata: { name: "case" },
          spec: { matchConstraints: { resourceRules }, ...policy },
        },
        {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicyBinding",
          metadata: { name: "case" },
          spec: { policyName: "case", validationActions: ["Deny"], ...binding },
        },
        ...marker(resourceRules),
      ],
    });
    try {
      for (const of of ["ours", "twin"] as const)
        await eventually(`${of}: the policies are known`, () => known(of));
      expect(await say("ours", write)).toEqual(await say("twin", write));
    } finally {
      await admin("delete validatingadmissionpolicies,validatingadmissionpolicybindings case marker");
      for (const of of ["ours", "twin"] as const)
        await eventually(`${of}: the policies are gone`, () => gone(of));
      if (write === undefined) {
        await admin("create -f -", twin("one"));
        await admin("create -f -", ours("one"));
      }
    }
  });

  /** A policy whose warning tells that what was made before it is known too: sources are read in the order of names. */
  const marker = (resourceRules: readonly object[]): readonly object[] => [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "marker" },
      spec: {
        matchConstraints: { resourceRules },
        validations: [{ expression: "object == null || object.metadata.name != 'probe'", message: "marked" }],
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: "marker" },
      spec: { policyName: "marker", validationActions: ["Warn"] },
    },
  ];
  const probe = async (of: "ours" | "twin"): Promise<string> => {
    const { stderr } = await cluster.admin(
      "create --dry-run=server -f -",
      of === "ours" ? ours("probe") : twin("probe"),
    );
    return stderr;
  };
  /** kube-apiserver reads a kind of parameters when it first needs it, and waits no longer than a second for that. */
  const known = async (of: "ours" | "twin"): Promise<true | undefined> => {
    const said = await probe(of);
    return said.includes("marked") && !said.includes("not yet synced") ? true : undefined;
  };
  const gone = async (of: "ours" | "twin"): Promise<true | undefined> =>
    (await probe(of)) === "" ? true : undefined;
});
