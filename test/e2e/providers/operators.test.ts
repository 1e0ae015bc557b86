/**
 * What users see of what operators do, on a real kube-apiserver: the reconciler is real, the operators are scripts. With
 * PROVIDER_CRDS or HAWSEPIPE_CRDS their statuses have to fit the providers' real schemas.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderDeployment } from "../../../admission/render.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { Client, ResourceRef } from "../../../cluster/client.ts";
import type { ControlPlane } from "../../../hack/controlplane/start.ts";
import { startControlPlane } from "../../../hack/controlplane/start.ts";
import { realClock } from "../../../machinery/clock.ts";
import type { ReconcilerHandle } from "../../../reconciler/controller.ts";
import { startReconciler } from "../../../reconciler/controller.ts";
import { transformerOf, transformers } from "../../../transformers/registry.ts";
import { clientFor, modelDeployments } from "../../support/client.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { established, eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import type { Turn } from "../../support/operator-scripts.ts";
import { operatorScripts } from "../../support/operator-scripts.ts";
import { repository } from "../../support/standalone.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

const reason = noControlPlane(["kubectl"]);
if (reason !== undefined) console.warn(`skipped: scripted operators (${reason})`);
const folder =
  process.env["PROVIDER_CRDS"] ??
  process.env["HAWSEPIPE_CRDS"] ??
  path.join(repository, "cluster/standalone/crds");

describe.skipIf(reason !== undefined)("scripted operators", () => {
  let plane: ControlPlane;
  let client: Client;
  let close: () => Promise<void>;
  let reconciler: ReconcilerHandle;
  let offset = 0;
  const clock = realClock();

  beforeAll(async () => {
    plane = await startControlPlane();
    const run = succeeding(kubectlFor(plane.kubeconfig));
    const ours = ["hawsepipe.dev_modeldeployments.yaml", "hawsepipe.dev_inferenceproviders.yaml"].map(
      (file) => path.join(repository, "manifests/crd", file),
    );
    const files = readdirSync(folder).filter((file) => /kaito|dynamo|ray/.test(file));
    for (const file of [...ours, ...files.map((name) => path.join(folder, name))]) {
      await run(["apply", "--server-side", "-f", file]);
    }
    await established(run);
    for (const { provider } of operatorScripts) await run(["create", "namespace", provider]);
    ({ client, close } = clientFor(plane.kubeconfig));
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
    await close();
    await plane.stop();
  });

  describe.each(operatorScripts)("$provider", ({ provider, spec, turns }) => {
    const at = { namespace: provider, name: "scripted" };
    let ref: ResourceRef;
    let generation = 0;

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
      await eventually("the resource", () => client.get(ref, at).catch(() => undefined));
    });
    afterAll(() => {
      offset = 0;
    });

    test.each(turns)("$says", async ({ update, status, minutes = 0, want }: Turn) => {
      if (update !== undefined) {
        await client.mergePatch(modelDeployments, at, { spec: update });
        generation = await eventually("the resource to change", async () => {
          const { metadata } = await client.get(ref, at);
          const now = metadata.generation ?? 0;
          return now > generation ? now : undefined;
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
});
