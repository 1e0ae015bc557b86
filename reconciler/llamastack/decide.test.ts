import { describe, expect, test } from "vitest";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import { getPath } from "../../machinery/json/value.ts";
import { renderLlamaStack } from "../../transformers/llamastack/render/render.ts";
import { isFailure } from "../../transformers/llamastack/config/result.ts";
import { asOwned, resourceKey } from "../../transformers/ownership.ts";
import type { Action } from "../plan.ts";
import { applied } from "../testing/objects.ts";
import type { LlamaStackPlan, Situation } from "./decide.ts";
import { decide } from "./decide.ts";

function distribution(spec: object = {}, metadata: object = {}): LlamaStackDistribution {
  const base = {
    name: "s",
    namespace: "default",
    uid: "u1",
    generation: 1,
    finalizers: ["hawsepipe.dev/cleanup"],
  };
  return {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { ...base, ...metadata },
    spec: { distribution: { name: "starter" }, ...spec },
  };
}

const one = { providers: { inference: [{ provider: "vllm", endpoint: "http://a:8000/v1" }] } };
const two = { providers: { inference: [{ provider: "vllm", endpoint: "http://b:8000/v1" }] } };

function desiredOf(object: LlamaStackDistribution): readonly KubeObject[] {
  const rendered = renderLlamaStack(object);
  if (isFailure(rendered)) throw new Error(rendered.reason);
  return rendered.resources.map((resource) => asOwned(resource, object));
}

/** A cluster in which everything is as `before` has it, but for what `edit` changes, and `after` is wanted. */
function situation(
  before: LlamaStackDistribution,
  after: LlamaStackDistribution,
  edit: (object: KubeObject) => KubeObject = (object) => object,
): Situation {
  const owned = desiredOf(before).map((object) => edit(applied(object)));
  const desired = desiredOf(after);
  const live = new Map(
    owned
      .filter((object) => desired.some((each) => resourceKey(each) === resourceKey(object)))
      .map((object) => [resourceKey(object), object]),
  );
  return { distribution: after, now: new Date(0), desired, live, owned, retired: [], isSettled: () => false };
}

const shown = ({ actions }: LlamaStackPlan): readonly string[] =>
  actions.map((action: Action) =>
    "object" in action
      ? `${action.type} ${action.object.kind} ${action.object.metadata.name ?? ""}`
      : action.type,
  );

describe("what is decided for a distribution", () => {
  test("nothing where everything is as wanted", () => {
    expect(decide(situation(distribution(one), distribution(one))).actions).toEqual([]);
  });

  test("a new configuration comes first and the Deployment after it; the old one stays", () => {
    const plan = shown(decide(situation(distribution(one), distribution(two))));
    expect(plan.map((text) => text.replace(/config-.*/, "config-…"))).toEqual([
      "check Deployment s",
      "apply ConfigMap s-config-…",
      "apply Deployment s",
    ]);
  });

  test("the Deployment is rehearsed before the Service in front of it is changed", () => {
    const port = { networking: { port: 9000 } };
    expect(shown(decide(situation(distribution(), distribution(port))))).toEqual([
      "check Deployment s",
      "apply Service s-service",
      "apply Deployment s",
    ]);
  });

  test("old configurations go only once the Deployment is written", () => {
    const retired = desiredOf(distribution(two)).slice(0, 1);
    expect(shown(decide({ ...situation(distribution(one), distribution(one)), retired }))).toEqual([
      `delete ConfigMap ${retired[0]?.metadata.name ?? ""}`,
    ]);
    const pending = decide({ ...situation(distribution(one), distribution(two)), retired });
    expect(shown(pending).some((text) => text.startsWith("delete"))).toBe(false);
  });

  test("a claim is neither removed nor resized", () => {
    const sized = (size: string) => distribution({ workload: { storage: { size } } });
    expect(shown(decide(situation(sized("1Gi"), sized("2Gi"))))).toEqual([]);
    expect(shown(decide(situation(sized("1Gi"), distribution())))).toEqual(["apply Deployment s"]);
  });

  test("a ConfigMap of the right name with another content is left alone, and nothing is applied", () => {
    const tampered = (object: KubeObject): KubeObject =>
      object.kind === "ConfigMap" ? { ...object, data: { "config.yaml": "version: 9" } } : object;
    const plan = decide(situation(distribution(one), distribution(one), tampered));
    expect([plan.actions, plan.mismatched?.map(({ kind }) => kind)]).toEqual([[], ["ConfigMap"]]);
  });

  test("an object of somebody else stops everything", () => {
    const foreign = (object: KubeObject): KubeObject =>
      object.kind === "Service"
        ? { ...object, metadata: { name: "s-service", uid: "x", ownerReferences: [] } }
        : object;
    const plan = decide(situation(distribution(one), distribution(two), foreign));
    expect([plan.actions, plan.foreign.map(({ kind }) => kind)]).toEqual([[], ["Service"]]);
  });

  test("replicas that are to be the autoscaler's are kept until it has taken them", () => {
    const scaled = distribution({ workload: { replicas: 3, autoscaling: { maxReplicas: 5 } } });
    const plan = decide(situation(distribution({ workload: { replicas: 3 } }), scaled));
    const written = plan.actions.flatMap((action) =>
      action.type === "apply" && action.object.kind === "Deployment" ? [asJson(action.object)] : [],
    );
    expect(written.map((object) => getPath(object, "spec", "replicas"))).toEqual([3]);
    expect(shown(plan)).toContain("apply HorizontalPodAutoscaler s-hpa");
  });

  test.each<{ says: string; before: object; after: object; kind: string }>([
    {
      says: "a host",
      before: { expose: { hostname: "a.example" } },
      after: { expose: {} },
      kind: "Ingress",
    },
    {
      says: "who is let in by a label",
      before: { allowedFrom: { namespaces: ["a"] } },
      after: { allowedFrom: { namespaces: ["*"] } },
      kind: "NetworkPolicy",
    },
  ])("$says that is not wanted any more is taken away, though its list is owned as a whole", (row) => {
    const plan = decide(
      situation(distribution({ networking: row.before }), distribution({ networking: row.after })),
    );
    expect(shown(plan)).toContain(
      `apply ${row.kind} s-${row.kind === "Ingress" ? "ingress" : "network-policy"}`,
    );
  });

  test("one that is deleted takes all of its own along", () => {
    const going = distribution(one, { deletionTimestamp: "1970-01-01T00:00:00Z" });
    const plan = decide({ ...situation(distribution(one), distribution(one)), distribution: going });
    expect(new Set(plan.actions.map(({ type }) => type))).toEqual(new Set(["delete"]));
    expect(plan.waitingFor.map((object) => getPath(asJson(object), "kind"))).toContain("Deployment");
  });
});
