/** Keeps the rendered resources of every ModelDeployment as rendered, and its status true. */
import type { KubeObject } from "../api/meta/types.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import { startInformer } from "../cluster/informer.ts";
import type { Clock } from "../machinery/clock.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson } from "../machinery/json/value.ts";
import { modelDeploymentOwner } from "../transformers/ownership.ts";
import { downloadJobLabel } from "../transformers/pod/download-job.ts";
import type { Transformer } from "../transformers/transformer.ts";
import { ControlLoop } from "./control-loop.ts";
import { createEventRecorder } from "./events.ts";
import type { ReconcilerMetrics } from "./metrics.ts";
import { inferenceProviders, modelDeployments } from "./names.ts";
import { createOrphanWatch } from "./orphans.ts";
import type { RenderDeployment } from "./pass.ts";
import { reconcile } from "./pass.ts";
import { RenderedKinds } from "./rendered-kinds.ts";
import { createSettledDifferences } from "./settled.ts";

export interface ReconcilerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: ReconcilerMetrics;
  readonly transformers: readonly Transformer[];
  /** The renderer admission uses too. */
  readonly renderDeployment: RenderDeployment;
  /** Deployments worked on at the same time. */
  readonly workers?: number;
  /** How often every deployment is looked at although nothing happened to it; ten minutes. */
  readonly fullPassMs?: number;
  /** Told of failures that are not the deployment's own; the reconciler itself goes on. */
  readonly onError: (what: string, error: unknown) => void;
}

export interface ReconcilerHandle {
  /** Resolves when everything there is has been seen; work starts then. */
  readonly synced: Promise<void>;
  /** Looks at the object as soon as a worker is free, whatever backoff it is in. */
  requestNow(namespace: string, name: string): void;
  /** Asks at once what kinds are served, rather than when it would anyway. */
  kindsChanged(): void;
  /** Lets running passes finish and ends. */
  stop(): Promise<void>;
}

const defaultWorkers = 16;

export function startReconciler(options: ReconcilerOptions): ReconcilerHandle {
  const { client, clock, random, metrics, transformers, renderDeployment, onError } = options;
  const { workers = defaultWorkers, fullPassMs } = options;
  const abort = new AbortController();
  const { signal } = abort;
  const common = { client, clock, random, signal, onError };
  const loop = new ControlLoop({
    ...common,
    resource: modelDeployments,
    abort,
    metrics: metrics.of("modeldeployment", workers),
    indexes: { [providerIndex]: providersOf },
    workers,
    fullPassMs,
  });
  const providers = startInformer({
    ...common,
    resource: inferenceProviders,
    onError: (error) => {
      onError(inferenceProviders.resource, error);
    },
  });
  const settled = createSettledDifferences();
  const recorder = createEventRecorder({ client, clock, onError });
  const kinds = new RenderedKinds({
    ...common,
    owner: modelDeploymentOwner,
    jobLabel: downloadJobLabel,
    kinds: transformers.flatMap(({ renders }) => renders),
    onChange: loop.add,
    onGone: (uid) => {
      settled.forget(uid);
      orphans.forget(uid);
    },
    onServed: loop.addAll,
  });
  const orphans = createOrphanWatch({
    ...common,
    kinds: () => kinds.all(),
    recorder,
    count: (kind, number) => {
      metrics.orphaned(kind, number);
    },
  });
  const pass = {
    client,
    clock,
    transformers,
    renderDeployment,
    providerOf: (name: string) => providers.get("", name) as InferenceProvider | undefined,
    kinds,
    settled,
    recorder,
    onStatus: loop.onStatus,
    onWritten: loop.onWritten,
  };
  providers.onChange({
    updated: (object, old) => {
      if (equalJson(readinessOf(object), readinessOf(old()))) return;
      loop.addByIndex(providerIndex, object.metadata.name ?? "");
      loop.addByIndex(providerIndex, anyProvider);
    },
  });
  const synced = loop.start({
    ready: Promise.all([providers.synced, kinds.start()]),
    reconcile: (object) => reconcile(object as unknown as ModelDeployment, pass),
    begun: () => void orphans.look(),
    fullPass: () => void orphans.look(),
    added: (namespace, name) => {
      orphans.claim(namespace, name);
    },
  });
  return {
    synced,
    requestNow: (namespace, name) => {
      loop.requestNow(namespace, name);
    },
    kindsChanged: () => {
      kinds.lookAgain();
    },
    async stop() {
      await loop.stop();
      await orphans.stop();
      await recorder.stop();
    },
  };
}

const providerIndex = "provider";
/** No name of a provider. */
const anyProvider = "*";

/** Those a provider serves are as true as it is alive; those that may leave another could come to it. */
function providersOf(object: KubeObject): readonly string[] {
  const { provider } = (object as unknown as ModelDeployment).spec;
  return [
    ...(provider?.name === undefined ? [] : [provider.name]),
    ...(provider?.failover === true ? [anyProvider] : []),
  ];
}

/** What of a provider concerns those it serves; its heartbeat alone does not. */
function readinessOf(object: KubeObject): JsonValue {
  const { spec, status } = object as unknown as InferenceProvider;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return [
    status?.ready ?? false,
    ready?.lastTransitionTime ?? "",
    ready?.message ?? "",
    // Whether it may be left, and what may come to it.
    spec,
  ];
}
