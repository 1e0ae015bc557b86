/**
 * Every golden deployment of every provider against a real kube-apiserver: accepted without an unknown field, applied by
 * the reconciler, and left alone by twenty more loops, defaults of the kinds' schemas and all. First with small
 * definitions of our own, then with the providers' real ones, when PROVIDER_CRDS or HAWSEPIPE_CRDS names a folder of them.
 * What scripted operators say of such resources is looked at on the same server.
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
import { startReconciler } from "../../../reconciler/controller.ts";
import { managedByLabel, managedByValue } from "../../../transformers/ownership.ts";
import { transformers } from "../../../transformers/registry.ts";
import { clientFor, modelDeployments } from "../../support/client.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { established, eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { PlacedGolden } from "../../support/provider-goldens.ts";
import { workspacesInTwoVersions } from "../../support/older-workspaces.ts";
import { goldensFor, PassCounter } from "../../support/provider-goldens.ts";
import { scriptedOperators } from "../../support/scripted-operators.ts";
import { repository } from "../../support/standalone.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

const reason = noControlPlane(["kubectl"]);
if (reason !== undefined) console.warn(`skipped: goldens on a real API server (${reason})`);

const own = path.join(repository, "cluster/standalone/crds");
const real = process.env["PROVIDER_CRDS"] ?? process.env["HAWSEPIPE_CRDS"];
const sets = [
  { says: "small kinds of our own", folder: own },
  ...(real === undefined ? [] : [{ says: "the providers' own kinds", folder: real }]),
];

/** Says what the Job controller would, had anybody run the download of a model. */
async function completeJobs(client: Client, namespace: string): Promise<void> {
  const jobs: ResourceRef = {
    group: "batch",
    version: "v1",
    kind: "Job",
    resource: "jobs",
    namespaced: true,
  };
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const conditions = ["SuccessCriteriaMet", "Complete"].map((type) => ({
    type,
    status: "True",
    reason: "CompletionsReached",
    lastTransitionTime: now,
  }));
  const status = {
    startTime: now,
    completionTime: now,
    succeeded: 1,
    uncountedTerminatedPods: {},
    conditions,
  };
  for (const { metadata, status: found } of (await client.list(jobs, { namespace })).items) {
    if (found !== undefined && "completionTime" in (found as object)) continue;
    const { name = "" } = metadata;
    await client.mergePatch(jobs, { namespace, name }, { status }, { subresource: "status" });
  }
}

describe.skipIf(reason !== undefined)("on a real API server", () => {
  let plane: ControlPlane;
  let run: ReturnType<typeof succeeding>;

  beforeAll(async () => {
    plane = await startControlPlane();
    run = succeeding(kubectlFor(plane.kubeconfig));
    const crds = ["hawsepipe.dev_modeldeployments.yaml", "hawsepipe.dev_inferenceproviders.yaml"].flatMap(
      (file) => ["-f", path.join(repository, "manifests/crd", file)],
    );
    await run(["apply", "--server-side", ...crds]);
    await run("create namespace team-a");
  });
  afterAll(async () => {
    await plane.stop();
  });

  const stacks = path.join(repository, "transformers/llamastack/render/testdata");
  test.each(readdirSync(stacks))("Llama Stack %s is accepted without an unknown field", async (file) => {
    await run([
      "apply",
      "--server-side",
      "--dry-run=server",
      "--validate=strict",
      "-f",
      path.join(stacks, file),
    ]);
  });

  describe.each(sets)("with $says", ({ folder }) => {
    let client: Client;
    let close: () => Promise<void>;
    let all: readonly PlacedGolden[] = [];
    let written: readonly PlacedGolden[] = [];
    const passes = new PassCounter();

    beforeAll(async () => {
      const files = readdirSync(folder).filter((file) => /kaito|dynamo|ray/.test(file));
      if (folder !== own) await run(["delete", "-f", own]);
      await run(["apply", "--server-side", ...files.flatMap((file) => ["-f", path.join(folder, file)])]);
      if (folder === own) await run("apply --server-side -f -", workspacesInTwoVersions());
      await established(run);
      ({ client, close } = clientFor(plane.kubeconfig));
      const served = new Set<string>();
      for (const { apiVersions, kind } of transformers) {
        for (const apiVersion of apiVersions) {
          if ((await client.resolve(apiVersion, kind)) !== undefined) served.add(`${apiVersion}/${kind}`);
        }
      }
      all = goldensFor((apiVersion, kind) => served.has(`${apiVersion}/${kind}`));
      written = all.filter(({ isWritten }) => isWritten);
      const items = all.map(({ namespace }) => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace },
      }));
      // Those of the set before are there.
      const had = await run("get namespaces -o name");
      const missing = items.filter(({ metadata }) => !had.includes(`namespace/${metadata.name}\n`));
      if (missing.length > 0) await run("create -f -", { apiVersion: "v1", kind: "List", items: missing });
    });
    afterAll(async () => {
      await close();
    });

    test("every resource is accepted without an unknown field", async () => {
      expect(new Set(all.map(({ provider }) => provider))).toEqual(
        new Set(transformers.map(({ name }) => name)),
      );
      const versions = all.filter(({ provider }) => provider === "kaito").map(({ apiVersion }) => apiVersion);
      expect(new Set(versions)).toEqual(new Set(["kaito.sh/v1beta1", "kaito.sh/v1alpha1"]));
      for (const { namespace, object, apiVersion } of all) {
        const { resources } = renderDeployment(object as unknown as ModelDeployment, { apiVersion });
        for (const resource of resources) {
          const ref = await client.resolve(resource.apiVersion, resource.kind);
          if (ref === undefined) throw new Error(`${resource.kind} is not served`);
          const { warnings } = await client.apply(
            ref,
            { ...resource, metadata: { ...resource.metadata, namespace } },
            { dryRun: true, fieldManager: "test", force: true, fieldValidation: "Strict" },
          );
          expect([namespace, resource.kind, warnings]).toEqual([namespace, resource.kind, []]);
        }
      }
    });

    // Once is enough: without real kinds those of our own are the last.
    if (folder !== sets.at(-1)?.folder) return;
    test("the reconciler applies them, and twenty more loops write nothing", async () => {
      const errors: string[] = [];
      const items = written.map(({ object }) => object);
      await run("create -f -", { apiVersion: "v1", kind: "List", items });
      const reconciler = startReconciler({
        client,
        clock: realClock(),
        random: () => 0.5,
        metrics: unreadMetrics(),
        transformers,
        renderDeployment: passes.counting(renderDeployment),
        onError: (what, error) => {
          // A kind that has just been established may not be ready to be listed; that is tried again.
          if (!String(error).includes("storage is (re)initializing"))
            errors.push(`${what}: ${String(error)}`);
        },
      });
      const again = (times: number): Promise<void> =>
        passes.morePasses(written, times, (namespace, name) => {
          reconciler.requestNow(namespace, name);
        });
      try {
        await reconciler.synced;
        for (const { namespace, name } of written) {
          await eventually(`${namespace} applied`, async () => {
            const found = (await client.get(modelDeployments, {
              namespace,
              name,
            })) as unknown as ModelDeployment;
            const created = found.status?.conditions?.find(({ type }) => type === "ResourceCreated");
            if (created?.status === "True") return true;
            if (created?.reason === "ModelDownloading") await completeJobs(client, namespace);
            throw new Error(JSON.stringify(found.status));
          });
        }
        // The first of two passes that begin from here on has ended when the second begins.
        await again(2);
        const before = await settled();
        await again(20);
        expect(await settled()).toEqual(before);
        expect(errors).toEqual([]);
      } finally {
        await reconciler.stop();
      }
    });

    describe("scripted operators", () => {
      scriptedOperators(() => client);
    });

    /** Versions of everything we manage, once they stay the same. */
    async function settled(): Promise<Record<string, string>> {
      let last: Record<string, string> = {};
      return eventually("nothing changes any more", async () => {
        const now = await versions();
        const isQuiet = JSON.stringify(now) === JSON.stringify(last);
        last = now;
        return isQuiet ? now : undefined;
      });
    }

    async function versions(): Promise<Record<string, string>> {
      const found: Record<string, string> = {};
      const kinds = new Map(
        transformers
          .flatMap(({ renders }) => renders)
          .map((kind) => [`${kind.apiVersion}/${kind.kind}`, kind]),
      );
      const refs = [modelDeployments];
      for (const { apiVersion, kind } of kinds.values()) {
        const ref = await client.resolve(apiVersion, kind);
        if (ref !== undefined) refs.push(ref);
      }
      for (const ref of refs) {
        const labelSelector = ref === modelDeployments ? "" : `${managedByLabel}=${managedByValue}`;
        const { items } = await client.list(ref, { labelSelector });
        for (const { metadata } of items) {
          const { namespace = "", name = "", resourceVersion = "" } = metadata;
          found[`${ref.version}/${ref.kind}/${namespace}/${name}`] = resourceVersion;
        }
      }
      return found;
    }
  });
});
