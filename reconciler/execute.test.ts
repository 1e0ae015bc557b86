import { describe, expect, test } from "vitest";
import type { ApiError } from "../api/errors/api-error.ts";
import { forbidden, invalid, untyped } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import { probeName } from "../transformers/probe-name.ts";
import type { Outcome } from "./execute.ts";
import { execute } from "./execute.ts";
import { modelDeployments } from "./names.ts";
import type { Action } from "./plan.ts";
import { aModelDeployment } from "./testing/objects.ts";

const named = (kind: string, name: string): KubeObject => ({
  apiVersion: "example.com/v1",
  kind,
  metadata: { name, namespace: "default" },
});

/** Checks a Workspace and its ConfigMap, then deletes the old one, on a host that says this of Workspaces. */
async function replacing(
  refusal: ApiError | undefined,
  name = "m",
  replaced: readonly KubeObject[] = [],
): Promise<Outcome<ModelDeployment> & { asked: string[] }> {
  const asked: string[] = [];
  const client = {
    create: (_ref: unknown, { kind, metadata }: KubeObject) => {
      asked.push(`${kind}/${metadata.name ?? ""}`);
      return kind === "Workspace" && refusal !== undefined
        ? Promise.reject(refusal)
        : Promise.resolve({ object: named(kind, metadata.name ?? ""), warnings: [] });
    },
    delete: () => Promise.resolve(),
  } as unknown as Client;
  const actions: Action[] = [
    { type: "check", object: named("ConfigMap", "m-settings") },
    { type: "check", object: named("Workspace", name), replaced },
    { type: "delete", object: named("Workspace", name), why: "replace", changes: [] },
  ];
  const resource = { group: "example.com", version: "v1", resource: "things", namespaced: true };
  const resourceOf = ({ kind }: { kind: string }): typeof resource & { kind: string } => ({
    ...resource,
    kind,
  });
  const outcome = await execute(actions, aModelDeployment(), {
    client,
    resource: modelDeployments,
    resourceOf,
  });
  return { ...outcome, asked };
}

describe("before anything is replaced", () => {
  const kind = { group: "example.com", kind: "Workspace" };
  const webhook = (why: string): ApiError =>
    forbidden({ group: "example.com", resource: "workspaces" }, "m", why);
  test.each<{ says: string; refusal: ApiError | undefined; isReplaced: boolean }>([
    { says: "what is accepted takes the place of the old", refusal: undefined, isReplaced: true },
    {
      says: "a webhook that misses what is only created together with the new does not stand in the way",
      refusal: webhook('configmaps "m-settings" not found'),
      isReplaced: true,
    },
    {
      says: "a webhook that misses something else does",
      refusal: webhook('secrets "hf" not found'),
      isReplaced: false,
    },
    {
      says: "a refusal that only names the other does",
      refusal: invalid(kind, "m", [
        { type: "FieldValueInvalid", path: "inference.config", detail: "m-settings has no such key" },
      ]),
      isReplaced: false,
    },
    { says: "a host that does not answer does", refusal: untyped("not now"), isReplaced: false },
  ])("$says", async ({ refusal, isReplaced }) => {
    const { done, failure } = await replacing(refusal);
    expect([done.some(({ action }) => action.type === "delete"), failure?.action.type]).toEqual(
      isReplaced ? [true, undefined] : [false, "check"],
    );
  });

  const full =
    "exceeded quota: models, requested: count/things.example.com=1, used: count/things.example.com=2, limited: count/things.example.com=2";
  test.each<{ says: string; replaced: KubeObject[]; isReplaced: boolean }>([
    {
      says: "of which the old is a part does not stand in the way",
      replaced: [named("Workspace", "m")],
      isReplaced: true,
    },
    { says: "that others have used up does", replaced: [named("ConfigMap", "m")], isReplaced: false },
  ])("a quota $says", async ({ replaced, isReplaced }) => {
    const { done, failure } = await replacing(webhook(full), "m", replaced);
    expect([done.some(({ action }) => action.type === "delete"), failure?.action.type]).toEqual(
      isReplaced ? [true, undefined] : [false, "check"],
    );
  });

  test("the question is asked under another name, which is no longer than its own", async () => {
    const name = "m".repeat(47);
    const { asked } = await replacing(undefined, name);
    expect(asked).toEqual([`ConfigMap/${probeName("m-settings")}`, `Workspace/${probeName(name)}`]);
    expect(asked.map((one) => one.split("/")[1]?.length)).toEqual(["m-settings".length, 47]);
  });
});

test.each([
  { says: "goes at once", how: {}, policy: "Background" },
  {
    says: "in the foreground goes after what belongs to it",
    how: { isForeground: true },
    policy: "Foreground",
  },
] as const)("what is deleted $says", async ({ how, policy }) => {
  const asked: unknown[] = [];
  const client = {
    delete: async (_ref: unknown, { name }: { name: string }, options: object) => {
      asked.push([name, options]);
    },
  } as unknown as Client;
  const object = { ...named("Widget", "m"), metadata: { name: "m", uid: "u", resourceVersion: "7" } };
  const { failure } = await execute(
    [{ type: "delete", object, why: "cleanup", changes: [], ...how }],
    aModelDeployment(),
    { client, resource: modelDeployments, resourceOf: ({ kind }) => ({ ...modelDeployments, kind }) },
  );
  expect(failure).toBeUndefined();
  const preconditions = { uid: "u", resourceVersion: "7" };
  expect(asked).toEqual([["m", { propagationPolicy: policy, preconditions }]]);
});
