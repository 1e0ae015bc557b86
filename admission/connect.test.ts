import { expect, test } from "vitest";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { manifestsOf, triggerReconcile } from "./connect.ts";
import { renderDeployment } from "./render.ts";
import { admitted, written } from "./testing/admission-rig.ts";
import { Host } from "./testing/host.ts";

const stored = async (): Promise<ModelDeployment> =>
  (await admitted(written({ engine: { type: "vllm" }, provider: { name: "vllm" } }))).object;

test("manifests are a List of what is rendered", async () => {
  const deployment = await stored();
  const list = await manifestsOf(deployment, new Host().client);
  expect(list).toEqual({
    apiVersion: "v1",
    kind: "List",
    metadata: {},
    items: renderDeployment(deployment).resources,
  });
});

test("manifests of what cannot be rendered are refused with the path", async () => {
  const deployment = await stored();
  deployment.spec.provider = { name: "gone" };
  await expect(manifestsOf(deployment, new Host().client)).rejects.toMatchObject({
    code: 422,
    details: { causes: [{ field: "spec.provider.name" }] },
  });
});

test("reconcile passes the wish on and answers a Status", () => {
  const seen: unknown[] = [];
  const status = triggerReconcile({ namespace: "a", name: "m", uid: "u" }, (d) =>
    seen.push([d.namespace, d.name]),
  );
  expect(seen).toEqual([["a", "m"]]);
  expect(status).toMatchObject({ kind: "Status", status: "Success", details: { name: "m", uid: "u" } });
});
