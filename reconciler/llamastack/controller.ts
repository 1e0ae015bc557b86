/** Keeps what is rendered for every LlamaStackDistribution as rendered, and its status true. */
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Client } from "../../cluster/client.ts";
import { startInformer } from "../../cluster/informer.ts";
import type { Clock } from "../../machinery/clock.ts";
import { distributionOwner } from "../../transformers/llamastack/ownership.ts";
import type { RenderFacts } from "../../transformers/llamastack/render/facts.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import { ControlLoop } from "../control-loop.ts";
import type { ReconcilerHandle } from "../controller.ts";
import { createEventRecorder } from "../events.ts";
import type { ReconcilerMetrics } from "../metrics.ts";
import { RenderedKinds } from "../rendered-kinds.ts";
import { createSettledDifferences } from "../settled.ts";
import { configMaps, llamaStackDistributions, renderedKinds } from "./names.ts";
import type { LlamaStackPassOptions } from "./pass.ts";
import { reconcileLlamaStack } from "./pass.ts";
import { configMapsOf, createReferences } from "./references.ts";
import type { AskServer } from "./server-watch.ts";
import { createServerWatch } from "./server-watch.ts";

export interface LlamaStackReconcilerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: ReconcilerMetrics;
  readonly operatorVersion: string;
  /** Facts that are the same for every distribution, as they are now; `lookAtAll` tells of others. */
  readonly facts: () => RenderFacts;
  /** Asks running servers about themselves. */
  readonly ask: AskServer;
  /** What a distribution stands for, as far as it is known; whoever finds out more has it looked at again. */
  readonly resolve: (distribution: LlamaStackDistribution) => Resolution;
  /** Distributions worked on at the same time. */
  readonly workers?: number;
  /** How often every distribution is looked at although nothing happened to it; ten minutes. */
  readonly fullPassMs?: number;
  /** Told of failures that are not the distribution's own; the reconciler itself goes on. */
  readonly onError: (what: string, error: unknown) => void;
}

const defaultWorkers = 8;
const configMapIndex = "configMap";

/** The reconciler as it runs. */
export interface LlamaStackReconcilerHandle extends Omit<ReconcilerHandle, "kindsChanged"> {
  /** What distributions stand for has changed: every one is looked at. */
  lookAtAll(): void;
}

export function startLlamaStackReconciler(options: LlamaStackReconcilerOptions): LlamaStackReconcilerHandle {
  const { client, clock, random, metrics, onError, workers = defaultWorkers } = options;
  const abort = new AbortController();
  const { signal } = abort;
  const common = { client, clock, random, signal, onError };
  const loop = new ControlLoop({
    ...common,
    resource: llamaStackDistributions,
    abort,
    metrics: metrics.of("llamastackdistribution", workers),
    indexes: { [configMapIndex]: (object) => configMapsOf(object as unknown as LlamaStackDistribution) },
    workers,
    fullPassMs: options.fullPassMs,
  });
  const references = startInformer({
    ...common,
    resource: configMaps,
    metadataOnly: true,
    transform: essence,
    onError: (error) => {
      onError(configMaps.resource, error);
    },
  });
  const usersOf = ({ metadata }: KubeObject): void => {
    loop.addByIndex(configMapIndex, `${metadata.namespace ?? ""}/${metadata.name ?? ""}`);
  };
  references.onChange({ added: usersOf, updated: usersOf, deleted: usersOf });
  const settled = createSettledDifferences();
  const recorder = createEventRecorder({ client, clock, onError });
  const kinds = new RenderedKinds({
    ...common,
    owner: distributionOwner,
    kinds: renderedKinds,
    onChange: loop.add,
    onGone: (uid) => {
      settled.forget(uid);
    },
    onServed: loop.addAll,
  });
  const servers = createServerWatch({ clock, random, ask: options.ask, onChange: loop.add });
  const pass: LlamaStackPassOptions = {
    client,
    clock,
    operatorVersion: options.operatorVersion,
    references: createReferences({ client, clock, configMaps: references, common: options.facts }),
    resolve: options.resolve,
    kinds,
    settled,
    recorder,
    servers,
    rendered: new Map(),
    onStatus: loop.onStatus,
    onWritten: loop.onWritten,
  };
  // A kind that may not be read is looked for again; what needs none of it must not wait for that.
  const following = kinds.start().catch((error: unknown) => {
    onError("llamastackdistributions", error);
  });
  const synced = loop.start({
    ready: Promise.all([references.synced, following]),
    reconcile: (object) => reconcileLlamaStack(object as unknown as LlamaStackDistribution, pass),
    removed: ({ metadata: { uid = "" } }) => {
      servers.leave(uid);
      pass.rendered.delete(uid);
    },
  });
  return {
    synced,
    requestNow: (namespace, name) => {
      loop.requestNow(namespace, name);
    },
    lookAtAll: loop.addAll,
    async stop() {
      await loop.stop();
      servers.stop();
      await recorder.stop();
    },
  };
}

/** Enough of a ConfigMap to tell that it is there and has changed. */
function essence({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name = "", namespace = "", uid = "", resourceVersion = "" } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } };
}
