import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import { controllerOf } from "./controller.ts";
import type { Enforcement, GuardedWrite, Objection } from "./decide.ts";
import { enforcementOf, judge } from "./decide.ts";
import type { Actor } from "./identities.ts";
import { actorOf, defaultIdentities } from "./identities.ts";

const deployments = { group: "apps", resource: "deployments" };
const workspaces = { group: "kaito.sh", resource: "workspaces" };

const owner = {
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "ModelDeployment",
  name: "llama",
  uid: "u1",
  controller: true,
};

const managed = (spec: JsonObject = { replicas: 1 }, metadata: JsonObject = {}): JsonObject => ({
  metadata: { name: "x", namespace: "team-a", resourceVersion: "1", ownerReferences: [owner], ...metadata },
  spec,
});
const raw = (spec: JsonObject = { replicas: 1 }): JsonObject => ({
  metadata: { name: "x", namespace: "team-a" },
  spec,
});

const actors: readonly Actor[] = ["hawsepipe", "cluster", "autoscaler", "operator", "serviceAccount", "user"];
const trusted: readonly Actor[] = ["hawsepipe", "cluster", "operator"];
const enforcements: readonly Enforcement[] = ["none", "managed", "warn", "audit"];

const write = (init: Partial<GuardedWrite>): GuardedWrite => ({
  operation: "UPDATE",
  resource: deployments,
  subresource: "",
  namespace: "team-a",
  name: "x",
  actor: "user",
  enforcement: "none",
  ...init,
});

/** What a rule comes to under each enforcement. */
const strict: Readonly<Record<Enforcement, Objection["outcome"]>> = {
  none: "refuse",
  managed: "refuse",
  warn: "warn",
  audit: "audit",
};
const optIn: Readonly<Record<Enforcement, Objection["outcome"] | undefined>> = {
  ...strict,
  none: undefined,
};

interface Situation {
  readonly says: string;
  readonly init: Partial<GuardedWrite>;
  readonly want: Readonly<Record<Enforcement, Objection["outcome"] | undefined>> | "allowed";
  /** Beside the trusted ones, who may. */
  readonly alsoAllowed?: readonly Actor[];
}

const situations: readonly Situation[] = [
  {
    says: "changing the spec of what a deployment controls",
    init: { oldObject: managed(), object: managed({ replicas: 2 }) },
    want: strict,
  },
  {
    says: "relabelling it",
    init: { oldObject: managed(), object: managed({ replicas: 1 }, { labels: { a: "b" } }) },
    want: strict,
  },
  {
    says: "taking it out of the deployment's control",
    init: { oldObject: managed(), object: raw() },
    want: strict,
  },
  {
    says: "deleting it",
    init: { operation: "DELETE", oldObject: managed() },
    want: strict,
  },
  {
    says: "scaling it",
    init: { subresource: "scale", oldObject: managed(), object: managed() },
    want: strict,
  },
  {
    says: "changing a provider's resource that a deployment controls",
    init: { resource: workspaces, oldObject: managed(), object: managed({ replicas: 2 }) },
    want: strict,
  },
  {
    says: "making an object in the deployment's name",
    init: { operation: "CREATE", object: managed() },
    want: strict,
  },
  {
    says: "putting an object under the deployment's control",
    init: { oldObject: raw(), object: managed() },
    want: strict,
  },
  {
    says: "making a provider's resource by hand",
    init: { operation: "CREATE", resource: workspaces, object: raw() },
    want: optIn,
  },
  {
    says: "finalizers, annotations and status",
    init: {
      resource: workspaces,
      oldObject: managed({}, { finalizers: ["a/b"] }),
      object: { ...managed({}, { annotations: { a: "b" } }), status: { state: "Ready" } },
    },
    want: strict,
    alsoAllowed: ["serviceAccount"],
  },
  {
    says: "a write that changes nothing",
    init: {
      oldObject: managed(),
      object: managed({ replicas: 1 }, { resourceVersion: "2", managedFields: [], labels: {} }),
    },
    want: "allowed",
  },
  {
    says: "the status subresource",
    init: { subresource: "status", oldObject: managed(), object: managed({ replicas: 9 }) },
    want: "allowed",
  },
  {
    says: "changing a provider's resource made by hand",
    init: { resource: workspaces, oldObject: raw(), object: raw({ replicas: 2 }) },
    want: "allowed",
  },
  {
    says: "deleting a provider's resource made by hand",
    init: { operation: "DELETE", resource: workspaces, oldObject: raw() },
    want: "allowed",
  },
  {
    says: "making a Deployment by hand",
    init: { operation: "CREATE", object: raw() },
    want: "allowed",
  },
];

describe.each(situations)("$says", ({ init, want, alsoAllowed = [] }) => {
  const table = actors.flatMap((actor) => enforcements.map((enforcement) => ({ actor, enforcement })));
  test.each(table)("by $actor, enforcement $enforcement", ({ actor, enforcement }) => {
    const objection = judge(write({ ...init, actor, enforcement }));
    const isAllowed = want === "allowed" || trusted.includes(actor) || alsoAllowed.includes(actor);
    expect(objection?.outcome).toBe(isAllowed ? undefined : want[enforcement]);
  });
});

describe("messages say what to do instead", () => {
  const stackOwner = { ...owner, kind: "LlamaStackDistribution", name: "chat" };
  const ofStack = managed({}, { ownerReferences: [stackOwner] });

  test.each<{ says: string; init: Partial<GuardedWrite>; want: string; controller?: string }>([
    {
      says: "an edit",
      init: { oldObject: managed(), object: managed({ replicas: 2 }) },
      want: 'it is rendered from ModelDeployment "llama", and Hawsepipe would undo the change: kubectl edit modeldeployment llama -n team-a',
      controller: "llama",
    },
    {
      says: "a deletion",
      init: { operation: "DELETE", oldObject: managed() },
      want: 'it is rendered from ModelDeployment "llama", and Hawsepipe would undo the change: kubectl delete modeldeployment llama -n team-a, or scale it to 0',
      controller: "llama",
    },
    {
      says: "a scale",
      init: { subresource: "scale", oldObject: managed(), object: managed() },
      want: 'it is rendered from ModelDeployment "llama", and Hawsepipe would undo the change: kubectl scale modeldeployment llama -n team-a --replicas=…',
      controller: "llama",
    },
    {
      says: "an autoscaler",
      init: { subresource: "scale", oldObject: managed(), object: managed(), actor: "autoscaler" },
      want: 'it is rendered from ModelDeployment "llama", and Hawsepipe would undo the change: let scaleTargetRef of the autoscaler name the ModelDeployment',
      controller: "llama",
    },
    {
      says: "a forged owner",
      init: { operation: "CREATE", object: managed() },
      want: 'only Hawsepipe makes objects that ModelDeployment "llama" controls: remove the owner reference',
      controller: "llama",
    },
    {
      says: "a raw resource",
      init: { operation: "CREATE", resource: workspaces, object: raw(), enforcement: "managed" },
      want: 'namespace "team-a" wants workspaces.kaito.sh to come from ModelDeployments: create a ModelDeployment with spec.provider.name "kaito" instead',
    },
    {
      says: "an edit of what a stack controls",
      init: { oldObject: ofStack, object: managed({ replicas: 2 }, { ownerReferences: [stackOwner] }) },
      want: 'it is rendered from LlamaStackDistribution "chat", and Hawsepipe would undo the change: kubectl edit llamastackdistribution chat -n team-a',
      controller: "chat",
    },
    {
      says: "a deletion of what a stack controls",
      init: { operation: "DELETE", oldObject: ofStack },
      want: 'it is rendered from LlamaStackDistribution "chat", and Hawsepipe would undo the change: kubectl delete llamastackdistribution chat -n team-a',
      controller: "chat",
    },
    {
      says: "a scale of what a stack controls",
      init: { subresource: "scale", oldObject: ofStack, object: ofStack },
      want: 'it is rendered from LlamaStackDistribution "chat", and Hawsepipe would undo the change: set spec.workload.replicas by kubectl edit llamastackdistribution chat -n team-a',
      controller: "chat",
    },
  ])("$says", ({ init, want, controller }) => {
    const objection = judge(write(init));
    expect(objection?.message).toBe(want);
    expect(objection?.controller?.name).toBe(controller);
  });

  test("the autoscaler a stack is rendered to may scale it, and nothing else", () => {
    const scales = write({ subresource: "scale", oldObject: ofStack, object: ofStack, actor: "autoscaler" });
    expect(judge(scales)).toBeUndefined();
    const edits = write({ oldObject: ofStack, object: managed({ replicas: 2 }), actor: "autoscaler" });
    expect(judge(edits)?.rule).toBe("managed-resource");
  });
});

describe("who is who", () => {
  const identities = defaultIdentities();
  const account = (namespace: string, name: string): UserInfo => ({
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
  });
  test.each<{ says: string; user: UserInfo; group?: string; want: Actor }>([
    { says: "Hawsepipe", user: account("hawsepipe-system", "hawsepipe"), want: "hawsepipe" },
    {
      says: "another account in its namespace",
      user: account("hawsepipe-system", "default"),
      want: "serviceAccount",
    },
    {
      says: "the garbage collector",
      user: account("kube-system", "generic-garbage-collector"),
      want: "cluster",
    },
    {
      says: "all controllers in one",
      user: { name: "system:kube-controller-manager", groups: ["system:authenticated"] },
      want: "cluster",
    },
    { says: "a kubelet", user: { name: "system:node:a", groups: ["system:nodes"] }, want: "cluster" },
    {
      says: "an autoscaler",
      user: account("kube-system", "horizontal-pod-autoscaler"),
      want: "autoscaler",
    },
    { says: "KAITO", user: account("kaito-workspace", "any"), group: "kaito.sh", want: "operator" },
    {
      says: "KAITO at the resources of others",
      user: account("kaito-workspace", "any"),
      want: "serviceAccount",
    },
    { says: "a tenant's account", user: account("team-a", "ci"), want: "serviceAccount" },
    {
      says: "a tenant's account named like a controller",
      user: account("team-a", "generic-garbage-collector"),
      want: "serviceAccount",
    },
    { says: "an administrator", user: { name: "root", groups: ["system:masters"] }, want: "user" },
    {
      says: "a group named like a property",
      user: account("team-a", "ci"),
      group: "constructor",
      want: "serviceAccount",
    },
  ])("$says is $want", ({ user, group = "apps", want }) => {
    expect(actorOf(user, group, identities)).toBe(want);
  });

  const anything: fc.Arbitrary<GuardedWrite> = fc.record({
    operation: fc.constantFrom("CREATE", "UPDATE", "DELETE"),
    resource: fc.constantFrom(deployments, workspaces, { group: "", resource: "services" }),
    subresource: fc.constantFrom("", "scale", "status", "finalizers"),
    namespace: fc.string(),
    name: fc.string(),
    actor: fc.constant<Actor>("user"),
    enforcement: fc.constantFrom(...enforcements),
    object: fc.constantFrom(managed(), managed({ replicas: 2 }), raw()),
    oldObject: fc.constantFrom(managed(), managed({ replicas: 2 }), raw()),
  });
  const machinery = fc.constantFrom<UserInfo>(
    account("kube-system", "generic-garbage-collector"),
    account("kube-system", "namespace-controller"),
    account("kube-system", "deployment-controller"),
    { name: "system:serviceaccount:kube-system:generic-garbage-collector", groups: [] },
    { name: "system:serviceaccount:kube-system:namespace-controller", groups: [] },
    { name: "system:kube-controller-manager", groups: ["system:authenticated"] },
  );
  test("garbage collector, namespace and deployment controller are never hindered, whatever they do", () => {
    fc.assert(
      fc.property(anything, machinery, (init, user) => {
        const actor = actorOf(user, init.resource.group, identities);
        expect(judge({ ...init, actor })).toBeUndefined();
      }),
    );
  });

  test("the outcome never is harsher than what the namespace asks for", () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(...actors), (init, actor) => {
        const outcome = judge({ ...init, actor })?.outcome;
        if (init.enforcement === "warn") expect([undefined, "warn"]).toContain(outcome);
        if (init.enforcement === "audit") expect([undefined, "audit"]).toContain(outcome);
      }),
    );
  });
});

test.each<[string | undefined, Enforcement]>([
  [undefined, "none"],
  ["managed", "managed"],
  ["warn", "warn"],
  ["audit", "audit"],
  ["Managed", "managed"],
  ["", "managed"],
])("the label %j asks for %s", (label, want) => {
  expect(enforcementOf(label)).toBe(want);
});

test.each<{ says: string; reference: JsonObject; want: string | undefined }>([
  {
    says: "another version of the group",
    reference: { ...owner, apiVersion: "hawsepipe.dev/v9" },
    want: "llama",
  },
  {
    says: "another kind of ours that controls",
    reference: { ...owner, kind: "LlamaStackDistribution" },
    want: "llama",
  },
  { says: "no controller", reference: { ...owner, controller: false }, want: undefined },
  { says: "another kind", reference: { ...owner, kind: "InferenceProvider" }, want: undefined },
  { says: "another group", reference: { ...owner, apiVersion: "airunway.ai/v1alpha1" }, want: undefined },
])("an owner reference with $says", ({ reference, want }) => {
  expect(controllerOf({ metadata: { ownerReferences: [reference] } })?.name).toBe(want);
});
