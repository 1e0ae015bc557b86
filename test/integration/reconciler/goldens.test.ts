/**
 * Everything a provider must be able to express, on a server with the providers' kinds: accepted to the letter, brought to
 * run, and then left alone. With HAWSEPIPE_CRDS the kinds are the providers' own.
 */
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
import { eventually, openInProcessServer } from "../../support/in-process.ts";
import { goldensFor } from "../../support/provider-goldens.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

const real = process.env["HAWSEPIPE_CRDS"];
const sets = [
  { says: "small kinds of our own", folders: [] as string[] },
  ...(real === undefined ? [] : [{ says: "the providers' own kinds", folders: [real] }]),
];

describe.each(sets)("with $says", ({ folders }) => {
  const definitions = standaloneDefinitions(folders);
  const all = goldensFor((apiVersion, kind) =>
    definitions.some(
      (definition) =>
        definition.kind === kind &&
        definition.versions.some(
          ({ name, served }) => served && [definition.group, name].filter(Boolean).join("/") === apiVersion,
        ),
    ),
  );
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
      renderDeployment,
    });
    await Promise.all([simulator.synced, reconciler.synced]);
    for (const { namespace } of all) {
      await server.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    }
  });
  afterAll(async () => {
    await reconciler.stop();
    await simulator.stop();
    await server.close();
  });

  test("every provider is there", () => {
    expect(new Set(all.map(({ provider }) => provider))).toEqual(
      new Set(transformers.map(({ name }) => name)),
    );
  });

  test.each(all)("$provider $name is accepted to the letter", async ({ object, apiVersion, namespace }) => {
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
  });

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
    const quiet = async (): Promise<void> => {
      let before = -1;
      while (before !== server.writes.length) {
        before = server.writes.length;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };
    await quiet();
    const before = server.writes.length;
    for (let i = 0; i < 20; i += 1) {
      for (const { namespace, name } of all) reconciler.requestNow(namespace, name);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await quiet();
    expect(server.writes.slice(before)).toEqual([]);
    expect(errors).toEqual([]);
  }, 60_000);
});
