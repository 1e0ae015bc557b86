/**
 * Decides what to do for one distribution from what is wanted and what is there. Pure. Image, configuration and
 * environment are one write of the Deployment; whatever else changes with them changes only if that write is accepted.
 */
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { distributionOwner } from "../../transformers/llamastack/ownership.ts";
import { isAdoptable, isOwnedBy, renderedAnnotation, resourceKey } from "../../transformers/ownership.ts";
import { appliedFields } from "../drift.ts";
import type { Action, Pair, Plan } from "../plan.ts";
import { appliesOf, cleanUp, idle, isTerminating, limited, withFinalizer } from "../plan.ts";
import { isGeneratedConfig } from "./retention.ts";

export interface Situation {
  readonly distribution: LlamaStackDistribution;
  readonly now: Date;
  /** What should exist, complete with ownership, in the order of application; undefined when it cannot be told. */
  readonly desired: readonly KubeObject[] | undefined;
  /** What exists under the names of `desired`, whoever it belongs to, by resourceKey. */
  readonly live: ReadonlyMap<string, KubeObject>;
  /** Everything that belongs to this distribution. */
  readonly owned: readonly KubeObject[];
  /** Generated ConfigMaps that nothing needs any more. */
  readonly retired: readonly KubeObject[];
  /** Differences known to remain after every apply, because the server writes the field differently. */
  readonly isSettled: (live: KubeObject, desired: KubeObject, changes: readonly string[]) => boolean;
}

export interface LlamaStackPlan extends Plan {
  /** ConfigMaps of the name of a configuration that hold another; they can be neither used nor changed. */
  readonly mismatched?: readonly KubeObject[];
}

export function decide(situation: Situation): LlamaStackPlan {
  const { metadata } = situation.distribution;
  if (metadata.deletionTimestamp !== undefined) return cleanUp(metadata, situation.owned, situation.now);
  if (situation.desired === undefined) return idle;
  return withFinalizer(converge(situation, situation.desired), metadata);
}

function converge(situation: Situation, desired: readonly KubeObject[]): LlamaStackPlan {
  const { distribution, owned, retired, now, isSettled } = situation;
  const uid = distribution.metadata.uid ?? "";
  const pairs = desired.map((object): Pair => {
    const live = situation.live.get(resourceKey(object));
    return { object: live === undefined ? object : reconciled(object, live), live };
  });
  const isForeign = (live: KubeObject): boolean =>
    !isOwnedBy(live, uid, distributionOwner) && !isAdoptable(live, distribution, distributionOwner);
  const existing = pairs.flatMap(({ live }) => live ?? []);
  const foreign = existing.filter(isForeign);
  if (foreign.length > 0) return { ...idle, foreign };
  const leaving = existing.filter(isTerminating);
  if (leaving.length > 0) return limited({ ...idle, waitingFor: leaving }, now);
  const mismatched = pairs.flatMap(({ object, live }) =>
    live !== undefined && isImmutable(live) && !holdsTheSame(object, live) ? [live] : [],
  );
  if (mismatched.length > 0) return { ...idle, mismatched };

  const applies = appliesOf(pairs, isSettled);
  const wanted = new Set(desired.map(resourceKey));
  const prunes = [
    ...owned.filter((object) => !wanted.has(resourceKey(object)) && isPrunable(object)),
    // The one it came from is still needed while the Deployment has yet to be written.
    ...(applies.some(isOfDeployment) ? [] : retired),
  ]
    .filter((object) => !isTerminating(object))
    .map((object): Action => ({ type: "delete", object, why: "notRendered", changes: [] }));
  return { ...idle, actions: [...rehearsal(applies), ...applies, ...prunes] };
}

const isOfDeployment = (action: Action): action is Extract<Action, { type: "apply" }> =>
  action.type === "apply" && action.object.kind === "Deployment";

/** A change of the Deployment that would be refused must not find the Service in front of it changed already. */
function rehearsal(applies: readonly Action[]): readonly Action[] {
  const change = applies.find(isOfDeployment);
  if (change?.live === undefined || applies.length < 2) return [];
  return [{ type: "check", object: change.object, live: change.live }];
}

/** Data outlives the wish to have a volume, and old configurations have rules of their own. */
const isPrunable = (object: KubeObject): boolean =>
  object.kind !== "PersistentVolumeClaim" && !isGeneratedConfig(object);

/** What is wanted of a resource that exists, where that depends on what it is. */
function reconciled(desired: KubeObject, live: KubeObject): KubeObject {
  if (desired.kind === "PersistentVolumeClaim") return asClaimed(desired, live);
  return desired.kind === "Deployment" ? withReplicas(desired, live) : desired;
}

/** A claim is never changed once it is there: no class need allow that, and most do not. */
function asClaimed(desired: KubeObject, live: KubeObject): KubeObject {
  const hash = live.metadata.annotations?.[renderedAnnotation];
  const annotations = {
    ...desired.metadata.annotations,
    ...(hash === undefined ? {} : { [renderedAnnotation]: hash }),
  };
  return { ...desired, metadata: { ...desired.metadata, annotations }, spec: claimSpec(desired, live) };
}

function claimSpec(desired: KubeObject, live: KubeObject): JsonObject {
  const storage = getPath(asJson(live), "spec", "resources", "requests", "storage");
  const accessModes = getPath(asJson(live), "spec", "accessModes");
  return {
    ...specOf(desired),
    ...(accessModes === undefined ? {} : { accessModes }),
    ...(storage === undefined ? {} : { resources: { requests: { storage } } }),
  };
}

/**
 * To give up the number of replicas is to have it set to one. So where an autoscaler is to own it, we hold on to what it
 * is until the autoscaler has taken it.
 */
function withReplicas(desired: KubeObject, live: KubeObject): KubeObject {
  const spec = specOf(desired);
  if (spec["replicas"] !== undefined) return desired;
  const isOurs = getPath(appliedFields(live)?.fields, "f:spec", "f:replicas") !== undefined;
  const replicas = getPath(asJson(live), "spec", "replicas");
  return isOurs && replicas !== undefined ? { ...desired, spec: { ...spec, replicas } } : desired;
}

function specOf(object: KubeObject): JsonObject {
  const { spec } = asJson(object);
  return isObject(spec) ? spec : {};
}

const isImmutable = (object: KubeObject): boolean => getPath(asJson(object), "immutable") === true;

function holdsTheSame(desired: KubeObject, live: KubeObject): boolean {
  const text = (object: KubeObject): unknown => getPath(asJson(object), "data", "config.yaml");
  return text(desired) === text(live);
}
