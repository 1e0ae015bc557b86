import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject, ObjectMeta } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import { cleanupFinalizer } from "../transformers/ownership.ts";
import { probeName } from "../transformers/probe-name.ts";
import { isRoomMade } from "../transformers/quota-refusal.ts";
import { isAboutSibling } from "../transformers/sibling-refusal.ts";
import { isAbsent } from "./failure.ts";
import { fieldManager } from "./names.ts";
import type { Action } from "./plan.ts";

export interface ExecutorOptions {
  readonly client: Client;
  /** Where the owner lives, whose finalizers are among the actions. */
  readonly resource: ResourceRef;
  /** Where a kind lives; undefined when it is not served. */
  readonly resourceOf: (ref: { apiVersion: string; kind: string }) => ResourceRef | undefined;
}

/** What became of a plan: all answers in order, and the action that was refused, if one was. */
export interface Outcome<T = unknown> {
  /** The owner as it is after the actions; undefined when it is gone. */
  readonly owner: T | undefined;
  readonly done: readonly { readonly action: Action; readonly answer?: KubeObject }[];
  readonly failure?: { readonly action: Action; readonly error: unknown };
}

/** The kind of a rendered resource is not served by this cluster. */
export class KindNotServedError extends Error {
  override readonly name = "KindNotServedError";
  readonly apiVersion: string;
  readonly kind: string;

  constructor({ apiVersion, kind }: { apiVersion: string; kind: string }) {
    super(`no kind ${kind} of ${apiVersion} is served: is the provider's operator installed?`);
    this.apiVersion = apiVersion;
    this.kind = kind;
  }
}

/** Carries the actions out one after the other; nothing is repeated, nothing is skipped. */
export async function execute<T extends { readonly metadata: ObjectMeta }>(
  actions: readonly Action[],
  owner: T,
  options: ExecutorOptions,
): Promise<Outcome<T>> {
  const done: { action: Action; answer?: KubeObject }[] = [];
  const checked = actions.flatMap((action) => (action.type === "check" ? [action.object] : []));
  let current: T | undefined = owner;
  for (const action of actions) {
    try {
      if (action.type === "check") {
        await check(action, checked, options);
        done.push({ action });
        continue;
      }
      const answer = await run(action, (current ?? owner).metadata, options);
      done.push({ action, ...(answer === undefined ? {} : { answer }) });
      if (action.type === "addFinalizer") current = answer as unknown as T;
      if (action.type === "removeFinalizer") current = undefined;
    } catch (error) {
      return { owner: current, done, failure: { action, error } };
    }
  }
  return { owner: current, done };
}

/**
 * Asks whether the object would be accepted: as an update of what lives, or, where it has to be created, under another
 * name, since its own is still taken. What else is only checked need not exist either, and its absence says nothing; nor
 * does a quota that what is replaced uses up.
 */
async function check(
  { object, live, replaced = [] }: Extract<Action, { type: "check" }>,
  checked: readonly KubeObject[],
  options: ExecutorOptions,
): Promise<void> {
  const { client } = options;
  const ref = resourceFor(object, options);
  const { name = "" } = object.metadata;
  try {
    if (live !== undefined) {
      await client.apply(ref, withUid({ object, live }), { dryRun: true, fieldManager, force: true });
      return;
    }
    const candidate = { ...object, metadata: { ...object.metadata, name: probeName(name) } };
    await client.create(ref, candidate, { dryRun: true, fieldManager, fieldValidation: "Strict" });
  } catch (error) {
    if (!isApiError(error)) throw error;
    if (isRoomMade(error, object, { plural: ref.resource, created: checked, deleted: replaced })) return;
    if (!isAboutSibling(error, object, checked)) throw error;
  }
}

async function run(
  action: Exclude<Action, { type: "check" }>,
  owner: ObjectMeta,
  options: ExecutorOptions,
): Promise<KubeObject | undefined> {
  const { client } = options;
  switch (action.type) {
    case "addFinalizer":
      return setFinalizers(options, owner, [...(owner.finalizers ?? []), cleanupFinalizer]);
    case "removeFinalizer": {
      const kept = (owner.finalizers ?? []).filter((name) => name !== cleanupFinalizer);
      return setFinalizers(options, owner, kept).catch(ignoreAbsent);
    }
    case "apply": {
      const { object } = await client.apply(resourceFor(action.object, options), withUid(action), {
        fieldManager,
        force: true,
      });
      return object;
    }
    case "delete": {
      const { uid, resourceVersion, name = "", namespace } = action.object.metadata;
      const ref = { name, ...(namespace === undefined ? {} : { namespace }) };
      const preconditions = {
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      };
      const propagationPolicy = action.isForeground === true ? "Foreground" : "Background";
      await client
        .delete(resourceFor(action.object, options), ref, { propagationPolicy, preconditions })
        .catch(ignoreAbsent);
      return undefined;
    }
  }
}

/** An update names the object it means: should another have taken its place, the server answers with a conflict. */
function withUid({ object, live }: { object: KubeObject; live?: KubeObject }): KubeObject {
  const uid = live?.metadata.uid;
  return uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } };
}

function resourceFor(object: KubeObject, { resourceOf }: ExecutorOptions): ResourceRef {
  const resource = resourceOf(object);
  if (resource === undefined) throw new KindNotServedError(object);
  return resource;
}

async function setFinalizers(
  { client, resource }: ExecutorOptions,
  { namespace = "", name = "", uid, resourceVersion }: ObjectMeta,
  finalizers: readonly string[],
): Promise<KubeObject> {
  const patch = { metadata: { uid, resourceVersion, finalizers } };
  const { object } = await client.mergePatch(resource, { namespace, name }, patch, { fieldManager });
  return object;
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
  return undefined;
}
