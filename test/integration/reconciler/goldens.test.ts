/**
 * Everything a provider must be able to express, on a server with the providers' kinds: accepted to the letter, brought to
 * run, and then left alone. With HAWSEPIPE_CRDS the kinds are the providers' own.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderDeployment } from "../../../admission/render.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import { standaloneDefinitions } from "../../../cli/standalone/definitions.ts";
import { simulatedKinds } from "../../../cli/standalone/simulated-kinds.ts";
import type { Controller } from "../../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { startSimulator } from "../../../cluster/standalone/simulator/simulator.ts";
import type { ReconcilerHandle } from "../../../reconciler/controller.ts";
import { startReconciler } from "../../../reconciler/controller.ts";
import { transformers } from "../../../transformers/registry.ts";
import { modelDeployments } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually, openInProcessServer, quiet } from "../../support/in-process.ts";
import { workspacesInTwoVersions } from "../../support/older-workspaces.ts";
import { goldensFor, PassCounter } from "../../support/provider-goldens.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";
import { removeDirectory, temporaryDirectory } from "../../support/standalone.ts";

/** A folder with KAITO's kind in two versions, of which the newer may not be served. */
function workspaces(isNewerServed: boolean): string {
  const folder = temporaryDirectory();
  const definition = workspacesInTwoVersions();
  const [newer, older] = definition.spec.versions;
  Object.assign(newer ?? {}, { served: isNewerServed, storage: isNewerServed });
  Object.assign(older ?? {}, { storage: !isNewerServed });
  writeFileSync(path.join(folder, "workspaces.yaml"), JSON.stringify(definition));
  return folder;
}

const both = workspaces(true);
const olderOnly = workspaces(false);
afterAll(() => {
  for (const folder of [both, olderOnly]) removeDirectory(folder);
});

const real = process.env["HAWSEPIPE_CRDS"];
const every = transformers.map(({ name }) => name);
const sets = [
  { says: "small kinds of our own", folders: [both], providers: every },
  { says: "an older KAITO", folders: [olderOnly], providers: ["kaito"] },
  ...(real === undefined ? [] : [{ says: "the providers' own kinds", folders: [real], providers: every }]),
];

describe.each(sets)("with $says", ({ folders, providers }) => {
  const definitions = standaloneDefinitions(folders);
  const served = goldensFor((apiVersion, kind) =>
    definitions.some(
      (definition) =>
        definition.kind === kind &&
        definition.versions.some(
          ({ name, served }) => served && [definition.group, name].filter(Boolean).join("/") === apiVersion,
        ),
    ),
  ).filter(({ provider }) => providers.includes(provider));
  const all = served.filter(({ isWritten }) => isWritten);
  const passes = new PassCounter();
  let server: InProcessServer;
  let simulator: Controller;
  let reconciler: ReconcilerHandle;
  const errors: string[] = [];
  const onError = (what: string, error: unknown): void => {
    errors.push(`${what}: ${String(error)}`);
  };

  beforeAll(async () => {
    server = await openInProcessServer({ definitions });
    const { client, admin, clock } = server;
    const common = { clock, random: () => 0.5, onError };
    simulator = startSimulator({ ...common, client: admin, kinds: simulatedKinds(definitions) });
    reconciler = startReconciler({
      ...common,
      client,
      metrics: unreadMetrics(),
      transformers,
      renderDeployment: passes.counting(renderDeployment),
    });
    await Promise.all([simulator.synced, reconciler.synced]);
    for (const { namespace } of served) {
      await server.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    }
  });
  afterAll(async () => {
    await reconciler.stop();
    await simulator.stop();
    await server.close();
  });

  test("every provider is there", () => {
    expect(new Set(all.map(({ provider }) => provider))).toEqual(new Set(providers));
  });

  test.each(served)(
    "$provider $name is accepted to the letter",
    async ({ object, apiVersion, namespace }) => {
      const { resources } = renderDeployment(object as unknown as ModelDeployment, { apiVersion });
      for (const resource of resources) {
        const ref = await server.admin.resolve(resource.apiVersion, resource.kind);
        if (ref === undefined) throw new Error(`${resource.kind} is not served`);
        const metadata = { ...resource.metadata, namespace };
        const { warnings } = await server.admin.apply(
          ref,
          { ...resource, metadata },
          { dryRun: true, fieldManager: "test", force: true, fieldValidation: "Strict" },
        );
        expect(warnings).toEqual([]);
      }
    },
  );

  test("all of them come to run, and twenty more loops write nothing", async () => {
    for (const { object } of all) await server.create(object);
    const statusOf = async (namespace: string, name: string): Promise<ModelDeployment> =>
      (await server.admin.get(modelDeployments, { namespace, name })) as unknown as ModelDeployment;
    for (const { namespace, name } of all) {
      await eventually(`${namespace} running`, async () => {
        const { status, metadata } = await statusOf(namespace, name);
        if (status?.phase === "Running" && status.observedGeneration === metadata.generation) return true;
        throw new Error(JSON.stringify(status));
      });
    }
    await quiet(server.writes, 500);
    const before = server.writes.length;
    await passes.morePasses(all, 20, (namespace, name) => {
      reconciler.requestNow(namespace, name);
    });
    await quiet(server.writes, 500);
    expect(server.writes.slice(before)).toEqual([]);
    expect(errors).toEqual([]);
  }, 240_000);
});
