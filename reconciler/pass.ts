/** One pass over one deployment: look, decide, do, and write down what is. */
import type { KubeObject } from "../api/meta/types.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import type { Clock } from "../machinery/clock.ts";
import { renderHashes } from "../transformers/render-hash.ts";
import type { ObservedResource, ProviderFacts, Rendered, Transformer } from "../transformers/transformer.ts";
import { takeAnswers } from "./answers.ts";
import { decide } from "./decide.ts";
import type { EventNote, EventRecorder } from "./events.ts";
import type { Outcome } from "./execute.ts";
import { execute } from "./execute.ts";
import { askForFailover } from "./failover.ts";
import { classify } from "./failure.ts";
import { withFreshness } from "./freshness.ts";
import { modelDeployments } from "./names.ts";
import { notesOfActions, notesOfTransition } from "./notes.ts";
import { obstacleOf } from "./obstacle.ts";
import type { Plan } from "./plan.ts";
import { hasFinalizer } from "./plan.ts";
import { asOwned, resourceKey, servesOf } from "../transformers/ownership.ts";
import { isStep } from "../transformers/step.ts";
import { jobTrouble } from "../transformers/pod/pod-trouble.ts";
import type { ProviderHealth } from "./provider-health.ts";
import { providerHealth } from "./provider-health.ts";
import type { RenderedKinds } from "./rendered-kinds.ts";
import type { SettledDifferences } from "./settled.ts";
import type { Obstacle, PassResult } from "./status.ts";
import { statusOf, terminatingStatus } from "./status.ts";
import type { StatusWriterOptions } from "./status-writer.ts";
import { writeStatus } from "./status-writer.ts";
import { awaitsClaims } from "./storage-status.ts";
import type { Verdict } from "./verdict.ts";
import { earliest, verdictOf } from "./verdict.ts";

/** How soon claims of the user's are looked at again while one is not bound. */
const claimsAgainMs = 30_000;

export type RenderDeployment = (deployment: ModelDeployment, facts: ProviderFacts) => Rendered;

export interface PassOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly transformers: readonly Transformer[];
  readonly renderDeployment: RenderDeployment;
  /** The InferenceProvider of a name, as far as it is known. */
  readonly providerOf: (name: string) => InferenceProvider | undefined;
  readonly kinds: RenderedKinds;
  readonly settled: SettledDifferences;
  readonly recorder: EventRecorder;
  readonly onStatus: StatusWriterOptions["onStatus"];
  readonly onWritten: StatusWriterOptions["onWritten"];
}

/** What is rendered for a deployment, with the transformer that did it; undefined for an unknown provider. */
interface View {
  readonly transformer: Transformer | undefined;
  readonly rendered: Rendered | undefined;
  readonly hash: string;
  readonly desired: readonly KubeObject[] | undefined;
  readonly live: Map<string, KubeObject>;
  /** Everything that belongs to the deployment, as the plan and the status both see it. */
  readonly owned: readonly KubeObject[];
  /** The user's own claims that are mounted, by name; undefined for one that does not exist. */
  readonly claims: ReadonlyMap<string, KubeObject | undefined>;
}

export async function reconcile(deployment: ModelDeployment, options: PassOptions): Promise<Verdict> {
  const { clock, kinds, settled } = options;
  const health = providerHealth(options.providerOf(deployment.spec.provider?.name ?? ""), clock.now());
  if (health?.mayBeLeft === true && wantsFailover(deployment)) {
    const moved = await leaveProvider(deployment, options);
    if (moved !== undefined) return moved;
  }
  const view = await look(deployment, options);
  const plan = decide({
    deployment,
    now: clock.now(),
    desired: view.desired,
    live: view.live,
    owned: view.owned,
    immutable: (before, after) => view.transformer?.immutable(before, after) ?? [],
    isSettled: (live, _desired, changes) => settled.has(live, view.hash, changes),
  });
  const outcome = await execute(plan.actions, deployment, {
    client: options.client,
    resource: modelDeployments,
    resourceOf: (ref) => kinds.find(ref)?.resource,
  });
  takeAnswers(outcome, view, options);
  const isSameSpec = deployment.status?.rendered?.hash === view.hash;
  tell(deployment, notesOfActions(outcome, plan, { isSameSpec }), options);
  const { failure } = outcome;
  const failed = failure === undefined ? undefined : verdictOf(failure.error);
  if (failed?.failure === "conflict" || outcome.owner === undefined) return failed ?? {};
  if (outcome.owner !== deployment) options.onWritten(outcome.owner);
  const written = await report(outcome.owner, { view, plan, outcome, health }, options);
  return { ...(failed ?? foreignVerdict(plan)), ...written };
}

const wantsFailover = ({ spec, metadata }: ModelDeployment): boolean =>
  spec.provider?.failover === true && spec.paused !== true && metadata.deletionTimestamp === undefined;

/** Undefined when the deployment stays with its provider. What it becomes elsewhere is for the next pass. */
async function leaveProvider(
  deployment: ModelDeployment,
  options: PassOptions,
): Promise<Verdict | undefined> {
  try {
    const { deployment: moved, note } = await askForFailover(options.client, deployment);
    tell(deployment, [note], options);
    if (moved === undefined) return undefined;
    options.onWritten(moved);
    return moved.spec.provider?.name === deployment.spec.provider?.name ? undefined : { failure: "conflict" };
  } catch (error) {
    return { failure: classify(error), error };
  }
}

/** What belongs to others is not watched, so it has to be looked at again. */
const foreignVerdict = (plan: Plan): Verdict => (plan.foreign.length > 0 ? { failure: "unavailable" } : {});

async function look(deployment: ModelDeployment, options: PassOptions): Promise<View> {
  const live = new Map<string, KubeObject>();
  const { kinds } = options;
  const { namespace = "", uid = "", deletionTimestamp } = deployment.metadata;
  const transformer = options.transformers.find(({ name }) => name === deployment.spec.provider?.name);
  if (transformer === undefined || deletionTimestamp !== undefined) {
    const nothing = {
      rendered: undefined,
      hash: "",
      desired: undefined,
      claims: new Map<string, undefined>(),
    };
    return { transformer, ...nothing, live, owned: kinds.ownedBy(uid) };
  }
  const apiVersion = kinds.servedVersion(transformer.apiVersions, transformer.kind);
  const facts = { apiVersion: apiVersion ?? transformer.apiVersions[0] ?? "" };
  const rendered = options.renderDeployment(deployment, facts);
  // Nothing is created while it is paused, and without our finalizer nothing ever was: others' objects do not matter.
  const isUntouched = deployment.spec.paused === true && !hasFinalizer(deployment.metadata);
  const found = await Promise.all(
    rendered.resources.map(async ({ apiVersion, kind, metadata }) => {
      const followed = kinds.find({ apiVersion, kind });
      if (followed === undefined) return undefined;
      const { name = "" } = metadata;
      return isUntouched ? kinds.known(followed, namespace, name) : kinds.get(followed, namespace, name);
    }),
  );
  for (const object of found) if (object !== undefined) live.set(resourceKey(object), object);
  const serves = servesOf(deployment);
  const hashes = renderHashes(rendered.resources);
  const desired = rendered.resources.map((resource, i) =>
    asOwned(resource, deployment, resource.kind === transformer.kind ? serves : undefined, hashes.each[i]),
  );
  return {
    transformer,
    rendered,
    hash: hashes.all,
    desired: rendered.errors.length > 0 ? undefined : desired,
    live,
    claims: await claimsOf(deployment, rendered, kinds),
    owned: kinds.ownedBy(uid),
  };
}

/** The claims that are mounted but not rendered. */
async function claimsOf(
  { spec, metadata }: ModelDeployment,
  { unsupported }: Rendered,
  kinds: RenderedKinds,
): Promise<ReadonlyMap<string, KubeObject | undefined>> {
  const claims = new Map<string, KubeObject | undefined>();
  const followed = kinds.find({ apiVersion: "v1", kind: "PersistentVolumeClaim" });
  if (followed === undefined || unsupported.some(({ path }) => path === "spec.model.volumes")) return claims;
  for (const { size, claimName = "" } of spec.model.volumes ?? []) {
    if (size !== undefined || claimName === "") continue;
    claims.set(claimName, await kinds.get(followed, metadata.namespace ?? "", claimName));
  }
  return claims;
}

/** What a pass found and did. */
interface Findings {
  readonly view: View;
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly health: ProviderHealth | undefined;
}

async function report(deployment: ModelDeployment, found: Findings, options: PassOptions): Promise<Verdict> {
  const { plan } = found;
  const isDeleting = deployment.metadata.deletionTimestamp !== undefined;
  const { result, againAt } = resultOf(deployment, found, options);
  const status = isDeleting ? terminatingStatus(deployment, plan.waitingFor) : statusOf(result);
  const { isWritten, ...failed } = await writeStatus(deployment, status, {
    ...options,
    resource: modelDeployments,
  });
  if (failed.failure !== undefined) return failed;
  if (isWritten && !isDeleting) {
    tell(deployment, notesOfTransition(deployment.status, status, result.obstacle), options);
  }
  const again = earliest(plan.againAt, againAt);
  return again === undefined ? {} : { againAt: again };
}

function resultOf(
  deployment: ModelDeployment,
  { view, plan, outcome, health }: Findings,
  { clock, kinds }: PassOptions,
): { readonly result: PassResult; readonly againAt: Date | undefined } {
  const { transformer, rendered, live, hash, claims } = view;
  const now = clock.now();
  const primaryKind = transformer?.kind ?? "";
  const wanted = rendered?.resources ?? [];
  const isWithoutPrimary = rendered?.errors.length === 0 && wanted.every(({ kind }) => kind !== primaryKind);
  const observed = observe(deployment, { view, kinds, isWithoutPrimary });
  const primary = observed.find(({ kind, object }) => kind === primaryKind && object !== undefined)?.object;
  const isOurs = primary !== undefined && !plan.foreign.includes(primary);
  const judged =
    transformer === undefined || !(isOurs || isWithoutPrimary)
      ? undefined
      : withFreshness(transformer.status(deployment, observed), primary, now);
  const trouble = troubleOfJobs(deployment, rendered, kinds);
  const obstacle =
    rendered === undefined
      ? noProvider(deployment)
      : (renderErrors(rendered) ?? obstacleOf(plan, outcome.failure, trouble));
  const provider = judged?.status;
  const result = {
    ...{ deployment, now, rendered, hash, live, claims, provider, obstacle, primaryKind },
    ...(trouble === undefined ? {} : { jobTrouble: trouble }),
    fresh: health?.observation,
  };
  const claimsAgain = awaitsClaims(claims) ? new Date(now.getTime() + claimsAgainMs) : undefined;
  return { result, againAt: earliest(judged?.againAt, claimsAgain, health?.againAt) };
}

/** What there is to judge by: the rendered resources, what is left of the one that carries the model, and the pods. */
function observe(
  { metadata }: ModelDeployment,
  {
    view,
    kinds,
    isWithoutPrimary,
  }: { readonly view: View; readonly kinds: RenderedKinds; readonly isWithoutPrimary: boolean },
): readonly ObservedResource[] {
  const { namespace = "", name = "" } = metadata;
  // A provider may need nothing at all, scaled to zero for one: what is still there then decides with what is not.
  const leftover = isWithoutPrimary ? view.owned.filter(({ kind }) => kind === view.transformer?.kind) : [];
  const found = (view.rendered?.resources ?? []).map((resource) => {
    const object = view.live.get(resourceKey(resource));
    return observedAs(resource, object);
  });
  const others = [...leftover, ...kinds.podsOf(namespace, name)].map((object) => observedAs(object, object));
  return [...found, ...others];
}

/** What the pods of the Jobs that are rendered now say is wrong. */
function troubleOfJobs(
  { metadata }: ModelDeployment,
  rendered: Rendered | undefined,
  kinds: RenderedKinds,
): string | undefined {
  const names = new Set(rendered?.resources.filter(isStep).map((job) => job.metadata.name));
  const pods = kinds
    .jobPodsOf(metadata.namespace ?? "", metadata.name ?? "")
    .filter((pod) => names.has(pod.metadata.labels?.["batch.kubernetes.io/job-name"]));
  return jobTrouble(pods.map((object) => observedAs(object, object)));
}

const observedAs = (
  { apiVersion, kind, metadata }: KubeObject,
  object: KubeObject | undefined,
): ObservedResource => ({
  apiVersion,
  kind,
  name: metadata.name ?? "",
  ...(object === undefined ? {} : { object }),
});

function noProvider({ spec }: ModelDeployment): Obstacle {
  const name = spec.provider?.name;
  const message =
    name === undefined ? "no provider is chosen" : `this server cannot render for the provider ${name}`;
  return { reason: "NoProvider", message, isFinal: true };
}

function renderErrors({ errors }: Rendered): Obstacle | undefined {
  if (errors.length === 0) return undefined;
  const message = errors.map(({ path, detail }) => `${path}: ${detail}`).join("; ");
  return { reason: "RenderFailed", message, isFinal: true };
}

function tell(deployment: ModelDeployment, notes: readonly EventNote[], { recorder }: PassOptions): void {
  for (const note of notes) recorder.record(deployment, note);
}
