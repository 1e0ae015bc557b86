import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import { retiredConfigs } from "./retention.ts";

const config = (name: string, second: number, component = "llama-stack-config"): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    creationTimestamp: `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`,
    labels: { "app.kubernetes.io/component": component },
  },
});
const pod = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec: { volumes: [{ name: "config", configMap: { name } }] },
});
const replicaSet = (name: string): KubeObject => ({
  ...pod(name),
  kind: "ReplicaSet",
  spec: { replicas: 1, template: { spec: pod(name)["spec"] } },
});

const four = [config("a", 1), config("b", 2), config("c", 3), config("d", 4)];

describe("of the generated configurations", () => {
  test.each<{
    says: string;
    owned?: readonly KubeObject[];
    current: string;
    users?: KubeObject[];
    want: string[];
  }>([
    { says: "the current and the newest other one stay", current: "d", want: ["a", "b"] },
    { says: "the current one stays whatever its age", current: "a", want: ["b", "c"] },
    { says: "one a pod mounts stays", current: "d", users: [pod("a")], want: ["b"] },
    { says: "one a ReplicaSet has pods with stays", current: "d", users: [replicaSet("b")], want: ["a"] },
    {
      says: "one of the two newest that is in use as well makes no room for a third",
      current: "d",
      users: [pod("c")],
      want: ["a", "b"],
    },
    {
      says: "other ConfigMaps do not count",
      owned: [...four.slice(2), config("ca", 0, "ca-bundle")],
      current: "d",
      want: [],
    },
    { says: "none goes while there are two", owned: four.slice(2), current: "c", want: [] },
  ])("$says", ({ owned = four, current, users = [], want }) => {
    const names = retiredConfigs(owned, current, users).map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(want);
  });
});
