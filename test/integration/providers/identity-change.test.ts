/**
 * A running deployment becomes another: another engine, model, mode or provider. Admission, reconciler and a simulated
 * operator work together on one server. With HAWSEPIPE_CRDS the kinds are the providers' own.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtInProviders } from "../../../admission/built-in-providers.ts";
import { modelDeploymentPlugins } from "../../../admission/model-deployment-plugins.ts";
import { renderDeployment } from "../../../admission/render.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import { standaloneDefinitions } from "../../../cli/standalone/definitions.ts";
import { simulatedKinds } from "../../../cli/standalone/simulated-kinds.ts";
import { createRestClient } from "../../../cluster/rest-client.ts";
import type { Controller } from "../../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { startSimulator } from "../../../cluster/standalone/simulator/simulator.ts";
import { realClock } from "../../../machinery/clock.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { ReconcilerHandle } from "../../../reconciler/controller.ts";
import { startReconciler } from "../../../reconciler/controller.ts";
import { transformerOf, transformers } from "../../../transformers/registry.ts";
import { configMaps, modelDeployments } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually } from "../../support/in-process.ts";
import { aDeployment } from "../../support/objects.ts";
import { ownServer } from "../../support/own-server.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

const real = process.env["HAWSEPIPE_CRDS"];
const sets = [
  { says: "small kinds of our own", folders: [] as string[] },
  ...(real === undefined ? [] : [{ says: "the providers' own kinds", folders: [real] }]),
];

interface Change {
  readonly says: string;
  /** The provider before and after. */
  readonly providers: readonly [string, string];
  readonly before: Readonly<Record<string, object>>;
  readonly change: object;
}

const resources = { gpu: { count: 1 } };
const apart = { mode: "disaggregated", resources: null, prefill: { resources }, decode: { resources } };
const changes: readonly Change[] = [
  {
    says: "another engine on KAITO",
    providers: ["kaito", "kaito"],
    before: { model: { id: "phi-4-mini-instruct" } },
    change: { engine: { type: "llamacpp", image: "registry.example/runner:1" } },
  },
  {
    says: "another image of a template, which KAITO would not roll out",
    providers: ["kaito", "kaito"],
    before: { engine: { type: "llamacpp", image: "registry.example/runner:1" } },
    change: { engine: { image: "registry.example/runner:2" } },
  },
  {
    says: "another engine on Dynamo",
    providers: ["dynamo", "dynamo"],
    before: {},
    change: { engine: { type: "sglang" } },
  },
  {
    says: "another mode on Dynamo",
    providers: ["dynamo", "dynamo"],
    before: {},
    change: { serving: apart },
  },
  {
    says: "another model on KubeRay",
    providers: ["kuberay", "kuberay"],
    before: {},
    change: { model: { id: "org/other" } },
  },
  {
    says: "another model on vLLM",
    providers: ["vllm", "vllm"],
    before: {},
    change: { model: { id: "o/o" } },
  },
  {
    says: "another provider",
    providers: ["dynamo", "vllm"],
    before: {},
    change: { provider: { name: "vllm" } },
  },
];

describe.each(sets)("with $says", ({ folders }) => {
  const definitions = standaloneDefinitions(folders);
  const clock = realClock();
  const own = ownServer(clock, "hawsepipe");
  let server: InProcessServer;
  let simulator: Controller;
  let reconciler: ReconcilerHandle;

  beforeAll(async () => {
    const plugins = modelDeploymentPlugins({
      client: createRestClient({ transport: own.transport, clock, userAgent: "admission/1" }),
      listProviders: () => builtInProviders({ ready: true }),
      now: () => clock.now(),
    });
    server = await own.open({ definitions, plugins });
    const common = { clock, random: () => 0.5, onError: () => undefined };
    simulator = startSimulator({ ...common, client: server.admin, kinds: simulatedKinds(definitions) });
    reconciler = startReconciler({
      ...common,
      client: server.client,
      metrics: unreadMetrics(),
      transformers,
      renderDeployment,
    });
    await Promise.all([simulator.synced, reconciler.synced]);
  });
  afterAll(async () => {
    await reconciler.stop();
    await simulator.stop();
    await own.transport.close();
    await server.close();
  });

  describe.each(changes)("$says", ({ says, providers, before, change }) => {
    const name = `m${String(changes.findIndex((one) => one.says === says))}`;
    const at = { namespace: "default", name };
    const running = (): Promise<ModelDeployment> =>
      eventually(`${name} running`, async () => {
        const found = (await server.admin.get(modelDeployments, at)) as unknown as ModelDeployment;
        const { phase, observedGeneration } = found.status ?? {};
        if (phase === "Running" && observedGeneration === found.metadata.generation) return found;
        throw new Error(JSON.stringify(found.status));
      });
    const edit = (spec: object): Promise<unknown> => server.admin.mergePatch(modelDeployments, at, { spec });
    /** What carries the model, of the provider before or after. */
    const carrier = async (which: 0 | 1): Promise<KubeObject | undefined> => {
      const transformer = transformerOf(providers[which]);
      for (const version of transformer?.apiVersions ?? []) {
        const ref = await server.admin.resolve(version, transformer?.kind ?? "");
        if (ref !== undefined) return server.admin.get(ref, at).catch(() => undefined);
      }
      return undefined;
    };
    const plural = (which: 0 | 1): string => transformerOf(providers[which])?.resource ?? "deployments";
    let uid: string | undefined;

    beforeAll(async () => {
      await server.create(aDeployment(name, { ...before, provider: { name: providers[0] } }));
      await running();
      uid = (await carrier(0))?.metadata.uid;
    });

    test("is refused with updatePolicy Reject, and nothing happens", async () => {
      expect(uid).toBeDefined();
      await edit({ updatePolicy: "Reject" });
      await running();
      await expect(edit(change)).rejects.toThrow(
        /spec\.updatePolicy: Forbidden: is Reject, but .* will be deleted/,
      );
      expect((await carrier(0))?.metadata.uid).toBe(uid);
      await edit({ updatePolicy: null });
      await running();
    });

    test("is refused when the new would not be accepted, and the old goes on", async () => {
      const { kind = "" } = transformerOf(providers[1]) ?? {};
      const overrides = kind === "Workspace" ? { inference: { noSuch: 1 } } : { spec: { noSuch: 1 } };
      const refused = { ...change, provider: { name: providers[1], overrides } };
      await expect(edit(refused)).rejects.toThrow("noSuch");
      expect((await carrier(0))?.metadata.uid).toBe(uid);
    });

    test("is tried before the old goes, and runs when it has gone", async () => {
      const from = server.trialsAndWrites.length;
      await edit(change);
      await running();
      const now = await carrier(1);
      expect(now?.metadata.uid).not.toBe(uid);
      if (providers[0] !== providers[1]) expect(await carrier(0)).toBeUndefined();
      const seen = server.trialsAndWrites.slice(from);
      const order = [
        (line: string) => line.startsWith("POST") && line.endsWith(`/${plural(1)} (dry run)`),
        (line: string) => line.startsWith("DELETE") && line.endsWith(`/${plural(0)}/${name}`),
        (line: string) => line.startsWith("PATCH") && line.endsWith(`/${plural(1)}/${name}`),
      ].map((isStep) => seen.findIndex(isStep));
      expect([seen, order.includes(-1)]).toEqual([seen, false]);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    });
  });

  test("flags of a KAITO preset are another ConfigMap: the Workspace stays, and the one before goes", async () => {
    const at = { namespace: "default", name: "flags" };
    const configs = async (): Promise<(string | undefined)[]> => {
      const labelSelector = `hawsepipe.dev/model-deployment=${at.name}`;
      const { items } = await server.admin.list(configMaps, { namespace: at.namespace, labelSelector });
      return items.map(({ metadata }) => metadata.name);
    };
    const workspace = async (): Promise<KubeObject> => {
      const ref = await server.admin.resolve("kaito.sh/v1beta1", "Workspace");
      if (ref === undefined) throw new Error("no Workspaces");
      return server.admin.get(ref, at);
    };
    const named = async (): Promise<unknown> => getPath(asJson(await workspace()), "inference", "config");
    const engine = { contextLength: 4096 };
    await server.create(
      aDeployment(at.name, { engine, provider: { name: "kaito" }, model: { id: "phi-4-mini-instruct" } }),
    );
    const [first] = await eventually("a ConfigMap", async () => {
      const found = await configs();
      return found.length === 1 && (await named()) === found[0] ? found : undefined;
    });
    const { uid } = (await workspace()).metadata;
    await server.admin.mergePatch(modelDeployments, at, { spec: { engine: { contextLength: 8192 } } });
    await eventually("another ConfigMap alone", async () => {
      const found = await configs();
      return found.length === 1 && found[0] !== first && (await named()) === found[0];
    });
    expect((await workspace()).metadata.uid).toBe(uid);
  });
});
