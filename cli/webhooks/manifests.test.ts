import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { failoverAnnotation } from "../../admission/failover.ts";
import { enforceLabel, providerKinds } from "../../admission/guard/decide.ts";
import { bypassVerb } from "../../admission/guard/guard.ts";
import { defaultIdentities } from "../../admission/guard/identities.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import { definitionName } from "../../transformers/definition-name.ts";
import { llamaStackKinds } from "../../transformers/llamastack/rendered-kinds.ts";
import { managedByLabel, managedByValue } from "../../transformers/ownership.ts";

import { conversions } from "../../conversion/registry.ts";
import { transformers } from "../../transformers/registry.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { compileCondition, evaluateConditions } from "../../server/admission/webhooks/match-conditions.ts";
import { ownDefinitions } from "../aggregated/own-definitions.ts";
import { webhookPaths } from "./handlers.ts";

const root = path.join(import.meta.dirname, "../../manifests");

interface Webhook {
  name: string;
  failurePolicy: string;
  clientConfig: { service: { path: string } };
  rules: { apiGroups: string[]; resources: string[]; operations: string[] }[];
  namespaceSelector: { matchExpressions: { key: string; operator: string; values?: string[] }[] };
  objectSelector?: { matchLabels: Record<string, string> };
  matchConditions: { name: string; expression: string }[];
}
interface Role {
  kind: string;
  metadata: { name: string };
  rules: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
  webhooks: Webhook[];
  roleRef: { name: string };
}
const documents = (file: string): Role[] =>
  parseAllDocuments(readFileSync(path.join(root, file), "utf8")).map((doc) => doc.toJS() as Role);

/** Every resource anything of ours is rendered to. */
const rendered = [...transformers.flatMap(({ renders }) => renders), ...llamaStackKinds].map(resourceOf);

const guards = documents("guard/guard.yaml").flatMap(({ webhooks }) => webhooks);
const reviews = documents("crd/webhooks.yaml").flatMap(({ webhooks }) => webhooks);
const hook = (name: string): Webhook => {
  const found = guards.find((webhook) => webhook.name === `${name}.guard.hawsepipe.dev`);
  if (found === undefined) throw new Error(`no webhook ${name}`);
  return found;
};
const covered = ({ rules }: Webhook): string[] =>
  rules.flatMap(({ apiGroups, resources }) =>
    apiGroups.flatMap((group) =>
      resources.map((resource) => (group === "" ? resource : `${resource}.${group}`)),
    ),
  );

describe("manifests of the webhooks", () => {
  test("call paths that are served", () => {
    const paths = [...guards, ...reviews].map(({ clientConfig }) => clientConfig.service.path);
    expect(new Set(paths)).toEqual(new Set([webhookPaths.guard, webhookPaths.mutate, webhookPaths.validate]));
    for (const { resource } of conversions) {
      const file = `crd/hawsepipe.dev_${resource.split(".")[0] ?? ""}.yaml`;
      expect(readFileSync(path.join(root, file), "utf8")).toContain(`path: ${webhookPaths.convert}`);
    }
  });

  test("review every kind of ours, and every CRD of ours is applied with them", () => {
    const { resources } = parse(readFileSync(path.join(root, "crd/kustomization.yaml"), "utf8")) as {
      resources: string[];
    };
    for (const { group, plural } of ownDefinitions()) {
      expect(resources).toContain(`${group}_${plural}.yaml`);
      const reviewers = reviews.filter((review) => covered(review).includes(`${plural}.${group}`));
      expect(reviewers.map(({ name }) => name)).toContain("validate.hawsepipe.dev");
    }
  });

  test("leave kube-system and our own namespace alone", () => {
    for (const { namespaceSelector } of [...guards, ...reviews]) {
      expect(namespaceSelector.matchExpressions).toContainEqual({
        key: "kubernetes.io/metadata.name",
        operator: "NotIn",
        values: ["kube-system", "hawsepipe-system"],
      });
    }
  });

  test("never ask about a deletion of our kinds", () => {
    expect(reviews.flatMap(({ rules }) => rules.flatMap(({ operations }) => operations))).not.toContain(
      "DELETE",
    );
  });

  test("exempt Hawsepipe itself by the name it has", () => {
    const [own] = defaultIdentities().hawsepipe.users;
    for (const { matchConditions } of [...guards, ...reviews]) {
      expect(matchConditions.map(({ expression }) => expression).join()).toContain(JSON.stringify(own));
    }
  });

  describe("reviews of our kinds", () => {
    const [own = ""] = defaultIdentities().hawsepipe.users;
    const kaito = { replicas: 1, provider: { name: "kaito" } };
    const asked = { [failoverAnnotation]: "kaito" };
    const deployment = (change: { annotations?: object; spec?: object; metadata?: object }): JsonObject =>
      ({
        metadata: {
          name: "m",
          ...change.metadata,
          ...(change.annotations && { annotations: change.annotations }),
        },
        spec: change.spec ?? kaito,
      }) as unknown as JsonObject;
    const plain = deployment({});
    const failingOver = deployment({ annotations: asked });

    test.each<{
      says: string;
      user?: string;
      resource?: string;
      old?: JsonObject;
      object: JsonObject;
      want: boolean;
    }>([
      { says: "a creation", user: "ann", object: plain, want: true },
      { says: "a creation by Hawsepipe", object: failingOver, want: false },
      {
        says: "a provider that Hawsepipe creates",
        resource: "inferenceproviders",
        object: plain,
        want: false,
      },
      {
        says: "a provider that Hawsepipe changes",
        resource: "inferenceproviders",
        old: plain,
        object: deployment({ spec: {} }),
        want: false,
      },
      {
        says: "a finalizer, by Hawsepipe",
        old: plain,
        object: deployment({ metadata: { finalizers: ["f"] } }),
        want: false,
      },
      { says: "failover that Hawsepipe asks for", old: plain, object: failingOver, want: true },
      { says: "failover that is asked for again", old: failingOver, object: failingOver, want: true },
      {
        says: "failover that has been decided, for its validation",
        old: plain,
        object: deployment({ annotations: asked, spec: { provider: { name: "llmd" } } }),
        want: true,
      },
      {
        says: "what Hawsepipe writes after a failover",
        old: deployment({ annotations: asked, spec: { provider: { name: "llmd" } } }),
        object: deployment({
          annotations: asked,
          spec: { provider: { name: "llmd" } },
          metadata: { finalizers: ["f"] },
        }),
        want: false,
      },
      {
        says: "the end of a deployment that could not fail over",
        old: failingOver,
        object: deployment({ annotations: asked, metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
        want: false,
      },
      {
        says: "Hawsepipe's writes to what has no provider",
        old: deployment({ spec: {} }),
        object: deployment({ spec: {} }),
        want: false,
      },
      {
        says: "a label, by somebody",
        user: "ann",
        old: failingOver,
        object: deployment({ annotations: asked, metadata: { labels: { a: "b" } } }),
        want: false,
      },
      { says: "an annotation, by somebody", user: "ann", old: plain, object: failingOver, want: true },
    ])("$says: $want", ({ user = own, resource = "modeldeployments", old, object, want }) => {
      for (const { matchConditions } of reviews) {
        const conditions = matchConditions.map(({ name, expression }) => compileCondition(name, expression));
        const operation = old === undefined ? "CREATE" : "UPDATE";
        const request = { operation, userInfo: { username: user }, resource: { resource } };
        expect(evaluateConditions(conditions, { object, oldObject: old, request })).toBe(want);
      }
    });
  });

  test("exempt who the guard's code exempts, by name or as a group of theirs", () => {
    const { users, groups } = defaultIdentities().cluster;
    const inKubeSystem = (user: string): boolean => user.startsWith("system:serviceaccount:kube-system:");
    for (const name of ["managed", "raw"]) {
      const text = hook(name)
        .matchConditions.map(({ expression }) => expression)
        .join();
      for (const subject of [...groups, ...users.filter((user) => !inKubeSystem(user))]) {
        expect(text).toContain(JSON.stringify(subject));
      }
    }
  });

  test("guard every provider kind, and all that is rendered and labelled", () => {
    expect(covered(hook("raw")).sort()).toEqual(Object.keys(providerKinds).sort());
    expect(covered(hook("managed"))).toEqual(expect.arrayContaining(Object.keys(providerKinds)));
    for (const resource of rendered) expect(covered(hook("managed"))).toContain(resource);
    expect(hook("managed").objectSelector?.matchLabels).toEqual({ [managedByLabel]: managedByValue });
    expect(hook("raw").namespaceSelector.matchExpressions).toContainEqual({
      key: enforceLabel,
      operator: "Exists",
    });
  });

  test("fail open for what is repaired and closed for what is not", () => {
    const policies = [...guards, ...reviews].map(({ name, failurePolicy }) => [name, failurePolicy]);
    expect(Object.fromEntries(policies)).toEqual({
      "managed.guard.hawsepipe.dev": "Ignore",
      "scale.guard.hawsepipe.dev": "Ignore",
      "raw.guard.hawsepipe.dev": "Fail",
      "mutate.hawsepipe.dev": "Fail",
      "validate.hawsepipe.dev": "Fail",
    });
  });
});

describe("roles", () => {
  describe.each(["aggregated/rbac.yaml", "crd/own-rights.yaml"])("our own account, in %s", (file) => {
    const roles = documents(file).filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
    const rules = roles.flatMap((role) => role.rules);
    const clusterRules = roles.filter(({ kind }) => kind === "ClusterRole").flatMap((role) => role.rules);

    test("holds nothing by a wildcard, and no verb that gives it the rights of others", () => {
      expect(rules.length).toBeGreaterThan(0);
      for (const { apiGroups, resources, verbs } of rules) {
        for (const word of [...apiGroups, ...resources, ...verbs]) expect(word).not.toContain("*");
        for (const verb of ["escalate", "bind", "impersonate"]) expect(verbs).not.toContain(verb);
      }
    });

    test("is given no role of the cluster beyond its own but that of asking about rights", () => {
      const bound = documents(file).flatMap(({ kind, roleRef }) =>
        kind === "ClusterRoleBinding" ? [roleRef.name] : [],
      );
      expect(bound).toEqual(["hawsepipe", "hawsepipe-workloads", "system:auth-delegator"]);
    });

    test("may only get Secrets outside its own namespace", () => {
      const secrets = clusterRules.filter(
        ({ apiGroups, resources }) =>
          apiGroups.includes("") && resources.some((resource) => resource.split("/")[0] === "secrets"),
      );
      expect(secrets.flatMap(({ verbs }) => verbs)).toEqual(["get"]);
    });

    test("may follow and write every kind that is rendered", () => {
      const workloads = roles.find(({ metadata }) => metadata.name === "hawsepipe-workloads");
      const needed = ["get", "list", "watch", "create", "update", "patch", "delete"];
      const granted = (workloads?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
        needed.every((verb) => verbs.includes(verb))
          ? apiGroups.flatMap((group) => resources.map((name) => (group === "" ? name : `${name}.${group}`)))
          : [],
      );
      expect(granted).toEqual(expect.arrayContaining(rendered));
    });

    test("may follow our kinds and write their status", () => {
      const granted = clusterRules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.includes("hawsepipe.dev")
          ? resources.flatMap((name) => verbs.map((verb) => `${verb} ${name}`))
          : [],
      );
      for (const { plural } of ownDefinitions()) {
        for (const verb of ["get", "list", "watch", "patch"]) expect(granted).toContain(`${verb} ${plural}`);
        expect(granted).toContain(`update ${plural}/status`);
      }
      for (const { resource } of conversions) {
        const [plural] = resource.split(".");
        expect(granted).toContain(`update ${plural ?? ""}/finalizers`);
        const named = clusterRules.flatMap(({ resources, resourceNames = [] }) =>
          resources.includes("customresourcedefinitions") ? resourceNames : [],
        );
        expect(named).toContain(resource);
      }
    });

    test("may follow the definition of every provider's kind, and no others", () => {
      const followed = clusterRules.flatMap(({ apiGroups, resources, verbs, resourceNames = [] }) =>
        apiGroups.includes("apiextensions.k8s.io") &&
        resources.includes("customresourcedefinitions") &&
        ["list", "watch"].every((verb) => verbs.includes(verb))
          ? resourceNames
          : [],
      );
      expect(followed.sort()).toEqual(transformers.flatMap((one) => definitionName(one) ?? []).sort());
    });
  });

  test("a start may wait for a cluster that is away much longer than a running process may be silent", () => {
    interface Probe {
      readonly httpGet: object;
      readonly initialDelaySeconds?: number;
      readonly periodSeconds: number;
      readonly failureThreshold: number;
    }
    const file = readFileSync(path.join(root, "server/deployment.yaml"), "utf8");
    const { spec } = parse(file) as {
      spec: { template: { spec: { containers: [{ startupProbe: Probe; livenessProbe: Probe }] } } };
    };
    const [{ startupProbe, livenessProbe }] = spec.template.spec.containers;
    const seconds = ({ initialDelaySeconds = 0, periodSeconds, failureThreshold }: Probe): number =>
      initialDelaySeconds + periodSeconds * failureThreshold;
    expect(startupProbe.httpGet).toEqual(livenessProbe.httpGet);
    expect(seconds(startupProbe)).toBeGreaterThanOrEqual(1800);
    expect(seconds(livenessProbe)).toBeLessThan(90);
  });

  test("no role that comes with view or edit grants what is for administrators to give", () => {
    const roles = documents("rbac/cluster-roles.yaml").filter(({ kind }) => kind === "ClusterRole");
    const withVerb = (verb: string): string[] =>
      roles
        .filter(({ rules }) => rules.some(({ verbs }) => verbs.includes(verb)))
        .map(({ metadata }) => metadata.name);
    expect(withVerb(bypassVerb)).toEqual(["hawsepipe-bypass-guard"]);
    expect(withVerb("override")).toEqual(["hawsepipe-admin"]);
    expect(withVerb("use")).toEqual(["hawsepipe-provider-use", "hawsepipe-provider-admin"]);
    expect(withVerb("*")).toEqual([]);
  });
});

/** `workspaces.kaito.sh` */
function resourceOf({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  const { group } = parseApiVersion(apiVersion);
  const plural = kind.toLowerCase().replace(/y$/, "ie").replace(/ss$/, "sse");
  return `${plural}s${group === "" ? "" : `.${group}`}`;
}
