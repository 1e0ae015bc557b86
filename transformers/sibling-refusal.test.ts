import { describe, expect, test } from "vitest";
import { untyped } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { isAboutSibling } from "./sibling-refusal.ts";

const named = (kind: string, name: string): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: "team-a" },
});

describe("a refusal is about something that is rendered together with the resource", () => {
  test.each<{ message: string; sibling: [kind: string, name: string]; want: boolean }>([
    { message: 'configmaps "m-s" not found', sibling: ["ConfigMap", "m-s"], want: true },
    {
      message: "ConfigMap 'm-s' specified in 'config' not found in namespace 'team-a'",
      sibling: ["ConfigMap", "m-s"],
      want: true,
    },
    { message: "config map team-a/m-s: not found.", sibling: ["ConfigMap", "m-s"], want: true },
    { message: 'inferencepools.x-k8s.io "m" not found', sibling: ["InferencePool", "m"], want: true },
    { message: "Not found: NetworkPolicy m.", sibling: ["NetworkPolicy", "m"], want: true },
    { message: 'networkpolicies "m" not found', sibling: ["NetworkPolicy", "m"], want: true },
    { message: 'ingresses "m" not found', sibling: ["Ingress", "m"], want: true },
    // Part of another word, a word of the sentence, the namespace, or the name of something else.
    { message: 'runtimeclass "fast" not found', sibling: ["Deployment", "a"], want: false },
    { message: "a runtimeclass was not found", sibling: ["Deployment", "a"], want: false },
    { message: 'namespaces "team-a" not found', sibling: ["Deployment", "team-a"], want: false },
    { message: "secret hf not found in team-a", sibling: ["Deployment", "team-a"], want: false },
    { message: 'runtimeclass "fast" not found', sibling: ["Deployment", "fast"], want: false },
    { message: 'configmaps "m-s2" not found', sibling: ["ConfigMap", "m-s"], want: false },
    { message: 'configmaps "m-s.x" not found', sibling: ["ConfigMap", "m-s"], want: false },
    { message: 'configmaps "amxs" not found', sibling: ["ConfigMap", "m.s"], want: false },
    { message: 'myconfigmaps "m-s" not found', sibling: ["ConfigMap", "m-s"], want: false },
    // About it, but not because it is missing.
    { message: 'configmaps "m-s" is refused', sibling: ["ConfigMap", "m-s"], want: false },
  ])("$message / $sibling.0 $sibling.1: $want", ({ message, sibling: [kind, name], want }) => {
    expect(isAboutSibling(untyped(message), named("Workspace", "w"), [named(kind, name)])).toBe(want);
  });

  test("but not about the resource itself", () => {
    const resource = named("ConfigMap", "m");
    expect(isAboutSibling(untyped('configmaps "m" not found'), resource, [resource])).toBe(false);
  });
});
