/**
 * What users see of what operators do, on a real kube-apiserver: the reconciler is real, the operators are scripts, whose
 * statuses have to fit the schemas of the kinds that are served.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderDeployment } from "../../admission/render.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import { realClock } from "../../machinery/clock.ts";
import type { ReconcilerHandle } from "../../reconciler/controller.ts";
import { startReconciler } from "../../reconciler/controller.ts";
import { transformerOf, transformers } from "../../transformers/registry.ts";
import { modelDeployments } from "./client.ts";
import { eventually } from "./kubectl.ts";
import { aDeployment } from "./objects.ts";
import type { Turn } from "./operator-scripts.ts";
import { operatorScripts } from "./operator-scripts.ts";
import { unreadMetrics } from "./reconciler-metrics.ts";

/** The tests of a suite whose server has our kinds and the providers'; the client is there when they begin. */
export function scriptedOperators(clientOf: () => Client): void {
  let client: Client;
  let reconciler: ReconcilerHandle;
  let offset = 0;
  const clock = realClock();

  beforeAll(async () => {
    client = clientOf();
    const namespaces = await client.resolve("v1", "Namespace");
    if (namespaces === undefined) throw new Error("no namespaces");
    for (const { provider: name } of operatorScripts) {
      await client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    }
    reconciler = startReconciler({
      client,
      clock: { ...clock, now: () => new Date(Date.now() + offset) },
      random: () => 0.5,
      metrics: unreadMetrics(),
      transformers,
      renderDeployment,
      onError: () => undefined,
    });
    await reconciler.synced;
  });
  afterAll(async () => {
    await reconciler.stop();
  });

  describe.each(operatorScripts)("$provider", ({ provider, spec, turns }) => {
    const at = { namespace: provider, name: "scripted" };
    let ref: ResourceRef;
    let generation = 0;
    let uid: string | undefined;

    beforeAll(async () => {
      const transformer = transformerOf(provider);
      const refs = (transformer?.apiVersions ?? []).map((version) =>
        client.resolve(version, transformer?.kind ?? ""),
      );
      const served = (await Promise.all(refs)).find((found) => found !== undefined);
      if (served === undefined) throw new Error(`the kind of ${provider} is not served`);
      ref = served;
      await client.create(
        modelDeployments,
        aDeployment(at.name, { ...spec, provider: { name: provider } }, provider),
      );
      const made = await eventually("the resource", () => client.get(ref, at).catch(() => undefined));
      ({ uid } = made.metadata);
    });
    afterAll(() => {
      offset = 0;
    });

    test.each(turns)("$says", async ({ update, isReplaced = false, status, minutes = 0, want }: Turn) => {
      if (update !== undefined) {
        await client.mergePatch(modelDeployments, at, { spec: update });
        generation = await eventually("the resource to change", async () => {
          const { metadata } = await client.get(ref, at);
          const now = metadata.generation ?? 0;
          expect(metadata.uid === uid || isReplaced).toBe(true);
          return (isReplaced ? metadata.uid !== uid : now > generation) ? metadata : undefined;
        }).then((metadata) => {
          ({ uid } = metadata);
          return metadata.generation ?? 0;
        });
      } else generation = (await client.get(ref, at)).metadata.generation ?? 0;
      if (status !== undefined) {
        await client.mergePatch(ref, at, { status: status(generation) }, { subresource: "status" });
      }
      if (minutes > 0) {
        offset = minutes * 60_000;
        reconciler.requestNow(provider, at.name);
      }
      await eventually(`phase ${want.phase} for ${want.reason}`, async () => {
        const found = (await client.get(modelDeployments, at)) as unknown as ModelDeployment;
        const { conditions = [], ...seen } = found.status ?? {};
        const { reason: why, ...rest } = want;
        const condition = conditions.find(({ type }) => type === "Ready");
        expect({ ...seen, reason: condition?.reason }).toMatchObject({ ...rest, reason: why });
        expect(condition?.status).toBe(want.phase === "Running" ? "True" : "False");
        expect(found.status?.observedGeneration).toBe(found.metadata.generation);
        return true;
      });
    });
  });
}
