/** One pass over one distribution: look, decide, do, and write down what is. */
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Condition, KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { SecretUse } from "../../transformers/llamastack/config/result.ts";
import { distributionOwner } from "../../transformers/llamastack/ownership.ts";
import { caBundleName } from "../../transformers/llamastack/render/config-maps.ts";
import { replicasOf } from "../../transformers/llamastack/render/names.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import { asOwned, isOwnedBy, resourceKey } from "../../transformers/ownership.ts";
import { deploymentStatus } from "../../transformers/pod/deployment-status.ts";
import { podTroubles } from "../../transformers/pod/pod-trouble.ts";
import { renderHashes } from "../../transformers/render-hash.ts";
import { takeAnswers } from "../answers.ts";
import type { EventNote, EventRecorder } from "../events.ts";
import type { Outcome } from "../execute.ts";
import { execute } from "../execute.ts";
import { obstacleOf } from "../obstacle.ts";
import type { RenderedKinds } from "../rendered-kinds.ts";
import type { SettledDifferences } from "../settled.ts";
import type { Obstacle } from "../status.ts";
import { namesOf } from "../status.ts";
import type { StatusWriterOptions } from "../status-writer.ts";
import { writeStatus } from "../status-writer.ts";
import type { Verdict } from "../verdict.ts";
import { earliest, verdictOf } from "../verdict.ts";
import type { LlamaStackPlan } from "./decide.ts";
import { decide } from "./decide.ts";
import type { Generated } from "./generation.ts";
import { generate } from "./generation.ts";
import { llamaStackDistributions } from "./names.ts";
import { notesOfPass, notesOfTransition } from "./notes.ts";
import { canBeAsked } from "./observations.ts";
import type { FoundFacts, References } from "./references.ts";
import type { LlamaStackResult } from "./result.ts";
import { configUsers, mayRetire, retiredConfigs } from "./retention.ts";
import type { Running } from "./server-address.ts";
import { mountedConfig, serverAuthorities, serverUrl } from "./server-address.ts";
import type { ServerReport } from "./server-report.ts";
import type { ServerWatch } from "./server-watch.ts";
import { statusOf, terminatingStatus } from "./status.ts";

export interface LlamaStackPassOptions extends Pick<StatusWriterOptions, "onStatus" | "onWritten"> {
  readonly client: Client;
  readonly clock: Clock;
  readonly operatorVersion: string;
  readonly references: References;
  /** What a distribution stands for, as far as it is known; it is looked at again when more is. */
  readonly resolve: (distribution: LlamaStackDistribution) => Resolution;
  readonly kinds: RenderedKinds;
  readonly settled: SettledDifferences;
  readonly recorder: EventRecorder;
  readonly servers: ServerWatch;
  /** The hash of what was rendered last, by uid: the same again means that a difference is somebody else's doing. */
  readonly rendered: Map<string, string>;
}

/** How soon a Secret that is missing is looked for again; Secrets are not watched. */
const secretsAgainMs = 30_000;

/** What a distribution expands to, and what is there of it. */
interface View extends Generated {
  readonly hash: string;
  readonly missingSecrets: readonly SecretUse[];
  /** Complete with ownership; undefined when nothing may be changed. */
  readonly desired: readonly KubeObject[] | undefined;
  readonly live: Map<string, KubeObject>;
  readonly owned: readonly KubeObject[];
}

export async function reconcileLlamaStack(
  distribution: LlamaStackDistribution,
  options: LlamaStackPassOptions,
): Promise<Verdict> {
  const { clock, kinds, settled, rendered } = options;
  const { uid = "" } = distribution.metadata;
  const view = await look(distribution, options);
  // What was said of this very spec holds until it is known better, as after a restart of ours.
  if (view.generation.failure?.isAwaited === true && isSpokenOf(distribution)) return {};
  const plan = decide({
    ...view,
    distribution,
    now: clock.now(),
    retired: await retired(distribution, view, options),
    isSettled: (live, _desired, changes) => settled.has(live, view.hash, changes),
  });
  // A Secret that is missing keeps everything as it is: pods that need it could not start.
  const isHeldBack =
    view.missingSecrets.length > 0 && plan.actions.some(({ type }) => type !== "removeFinalizer");
  const outcome = await execute(isHeldBack ? [] : plan.actions, distribution, {
    client: options.client,
    resource: llamaStackDistributions,
    resourceOf: (ref) => kinds.find(ref)?.resource,
  });
  takeAnswers(outcome, view, options);
  const isSameSpec = rendered.get(uid) === view.hash;
  const release = view.generation.rendered;
  tell(distribution, notesOfPass(outcome, plan, { distribution, release, isSameSpec }), options);
  if (outcome.failure === undefined && !isHeldBack && view.desired !== undefined)
    rendered.set(uid, view.hash);
  const failed = outcome.failure === undefined ? undefined : verdictOf(outcome.failure.error);
  if (failed?.failure === "conflict" || outcome.owner === undefined) return failed ?? {};
  if (outcome.owner !== distribution) options.onWritten(outcome.owner);
  const written = await report(outcome.owner, { view, plan, outcome, isHeldBack }, options);
  return { ...(failed ?? unsettled(view, plan)), ...written };
}

/** Whether there is a verdict about the configuration of the spec as it is. */
const isSpokenOf = ({ metadata, status }: LlamaStackDistribution): boolean =>
  (status?.conditions as readonly Condition[] | undefined)?.some(
    ({ type, observedGeneration, reason }) =>
      type === "ConfigGenerated" &&
      observedGeneration === (metadata.generation ?? 0) &&
      reason !== "WaitingForRegistry",
  ) === true;

/** What belongs to others is not watched, nor is a registry, so they have to be looked at again. */
const unsettled = ({ generation }: View, { foreign, mismatched = [] }: LlamaStackPlan): Verdict =>
  foreign.length + mismatched.length > 0 || generation.failure?.isTransient === true
    ? { failure: "unavailable" }
    : {};

async function look(distribution: LlamaStackDistribution, options: LlamaStackPassOptions): Promise<View> {
  const { kinds, references, operatorVersion } = options;
  const { uid = "", namespace = "", deletionTimestamp } = distribution.metadata;
  const live = new Map<string, KubeObject>();
  const nothing = { hash: "", desired: undefined, missingSecrets: [], live };
  const isLeaving = deletionTimestamp !== undefined;
  const found: FoundFacts = isLeaving ? { facts: {}, errors: [] } : await references.facts(distribution);
  const resolution = isLeaving ? {} : options.resolve(distribution);
  const generated = generate(distribution, found, { resolution, operatorVersion });
  const { resources } = generated;
  // What is owned and what lives are put together, so both are of one moment: nothing is waited for in between.
  const owned = kinds.ownedBy(uid);
  if (isLeaving || resources === undefined) return { ...generated, ...nothing, owned };
  const objects = await Promise.all(
    resources.map(async ({ apiVersion, kind, metadata }) => {
      const followed = kinds.find({ apiVersion, kind });
      return followed && kinds.get(followed, namespace, metadata.name ?? "");
    }),
  );
  for (const object of objects) if (object !== undefined) live.set(resourceKey(object), object);
  const { all: hash, each } = renderHashes(resources);
  const fresh = options.rendered.get(uid) !== hash;
  return {
    ...generated,
    hash,
    missingSecrets: await references.missing(namespace, generated.secrets, { fresh }),
    desired: resources.map((resource, i) => asOwned(resource, distribution, undefined, each[i])),
    live,
    owned,
  };
}

/** The old configurations that may go; whoever may use one is only asked about when there are several. */
async function retired(
  { metadata: { namespace = "", name = "" } }: LlamaStackDistribution,
  { owned, generation, desired }: View,
  { client }: LlamaStackPassOptions,
): Promise<readonly KubeObject[]> {
  if (desired === undefined || !mayRetire(owned)) return [];
  const deployments = owned.filter(({ kind }) => kind === "Deployment");
  const users = [...deployments, ...(await configUsers(client, { namespace, name }))];
  return retiredConfigs(owned, generation.rendered?.configMapName ?? "", users);
}

/** What a pass found and did. */
interface Findings {
  readonly view: View;
  readonly plan: LlamaStackPlan;
  readonly outcome: Outcome;
  readonly isHeldBack: boolean;
}

async function report(
  distribution: LlamaStackDistribution,
  found: Findings,
  options: LlamaStackPassOptions,
): Promise<Verdict> {
  const { view, plan } = found;
  const isDeleting = distribution.metadata.deletionTimestamp !== undefined;
  if (isDeleting) options.servers.leave(distribution.metadata.uid ?? "");
  const status = isDeleting
    ? terminatingStatus(distribution)
    : statusOf(resultOf(distribution, found, options));
  const { isWritten, ...failed } = await writeStatus(distribution, status, {
    ...options,
    resource: llamaStackDistributions,
  });
  if (failed.failure !== undefined) return failed;
  if (isWritten && !isDeleting) tell(distribution, notesOfTransition(distribution.status, status), options);
  const secretsAgain =
    view.missingSecrets.length === 0 ? undefined : new Date(options.clock.now().getTime() + secretsAgainMs);
  const again = earliest(plan.againAt, secretsAgain);
  return again === undefined ? {} : { againAt: again };
}

function resultOf(
  distribution: LlamaStackDistribution,
  { view, plan, outcome, isHeldBack }: Findings,
  options: LlamaStackPassOptions,
): LlamaStackResult {
  const { clock, kinds, operatorVersion } = options;
  const { namespace = "", name = "", uid = "" } = distribution.metadata;
  const existing = new Map(view.owned.map((object) => [resourceKey(object), object]));
  for (const [key, object] of view.live) {
    if (isOwnedBy(object, uid, distributionOwner)) existing.set(key, object);
  }
  const all = [...existing.values()];
  const running: Running = {
    deployment: all.find(({ kind }) => kind === "Deployment"),
    service: all.find(({ kind }) => kind === "Service"),
    configMaps: all.filter(({ kind }) => kind === "ConfigMap"),
  };
  const { deployment } = running;
  const pods = kinds
    .podsOf(namespace, name)
    .map((object) => ({ apiVersion: "v1", kind: "Pod", name: object.metadata.name ?? "", object }));
  const obstacle = mismatch(plan) ?? obstacleOf(plan, outcome.failure);
  const server = ask(distribution, running, options);
  const missingKey = missingKeyOf(podTroubles(pods).failing ?? "");
  return {
    ...{ distribution, operatorVersion, isHeldBack },
    now: clock.now(),
    generation: view.generation,
    secretCount: new Set(view.secrets.map((use) => use.name)).size,
    missingSecrets: view.missingSecrets,
    ...(missingKey === undefined ? {} : { missingKey }),
    ...(obstacle === undefined ? {} : { obstacle }),
    existing: all,
    ...(deployment === undefined ? {} : { deployment }),
    serving: deploymentStatus(deployment && asJson(deployment), replicasOf(distribution), pods),
    ...(server === undefined ? {} : { server }),
  };
}

/** What the server says, as far as it was asked; it is asked about as long as a pod of it is available. */
function ask(
  distribution: LlamaStackDistribution,
  running: Running,
  { servers }: LlamaStackPassOptions,
): ServerReport | undefined {
  const { uid = "", namespace = "", name = "" } = distribution.metadata;
  const url = canBeAsked(running.deployment) ? serverUrl(running) : undefined;
  if (url === undefined) {
    servers.leave(uid);
    return undefined;
  }
  const ca = serverAuthorities(running, caBundleName(distribution));
  const config = mountedConfig(running);
  return servers.follow({ uid, namespace, name, url, ...(ca === undefined ? {} : { ca }), config });
}

/** The kubelet alone sees what keys a Secret has; it says so when a container cannot be made. */
const missingKeyOf = (trouble: string): string | undefined =>
  /couldn't find key \S+ in Secret \S+/.test(trouble) ? trouble : undefined;

function mismatch({ mismatched }: LlamaStackPlan): Obstacle | undefined {
  if (mismatched === undefined) return undefined;
  const message = `${namesOf(mismatched)} has the name of this configuration and holds another, which cannot be changed; delete it`;
  return { reason: "ResourceConflict", message, isFinal: true };
}

function tell(
  distribution: LlamaStackDistribution,
  notes: readonly EventNote[],
  { recorder }: LlamaStackPassOptions,
): void {
  for (const note of notes) recorder.record(distribution, note);
}
