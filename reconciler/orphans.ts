/**
 * Rendered resources that outlived their ModelDeployment: counted and told about, never touched. They run on, cost what
 * they cost, and nobody updates or deletes them. Each look lists metadata afresh, because what an event would have told
 * is what may have been missed.
 */
import type { KubeObject } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { Cancel, Clock } from "../machinery/clock.ts";
import {
  isRetained,
  managedByLabel,
  managedByValue,
  modelDeploymentOwner,
  ownerNameOf,
  owningDeployment,
} from "../transformers/ownership.ts";
import type { EventRecorder } from "./events.ts";
import { isKindGone } from "./failure.ts";
import { modelDeployments } from "./names.ts";

/** A kind whose resources are looked at. */
export interface WatchedKind {
  readonly apiVersion: string;
  readonly resource: ResourceRef;
}

export interface OrphanWatchOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The kinds that are served now. */
  readonly kinds: () => readonly WatchedKind[];
  readonly recorder: EventRecorder;
  /** Told how many there are of each kind that was looked at. */
  readonly count: (kind: ResourceRef, orphans: number) => void;
  readonly onError: (what: string, error: unknown) => void;
}

export interface OrphanWatch {
  /** Looks at everything there is; a look that is under way is joined. Never rejects. */
  look(): Promise<void>;
  /** A resource is gone. */
  forget(uid: string): void;
  /** A deployment appeared: what lost its owner and carries this name is its again. */
  claim(namespace: string, name: string): void;
  /** Resolves when the look under way has ended; the signal keeps another from beginning. */
  stop(): Promise<void>;
}

/** A resource of ours, and whose it says it is. */
interface Claim {
  readonly kind: WatchedKind;
  readonly metadata: KubeObject["metadata"];
  readonly deployment: string;
  /** Of the owner; undefined when only labels name it. */
  readonly ownerUid: string | undefined;
}

/**
 * How long a resource whose owner reference leads nowhere must have done so: the garbage collector takes such
 * resources, and what it is about to delete is no orphan. One without a reference it leaves alone.
 */
const collectorMs = 60_000;

export function createOrphanWatch(options: OrphanWatchOptions): OrphanWatch {
  return new Watch(options);
}

class Watch implements OrphanWatch {
  readonly #options: OrphanWatchOptions;
  /** What was told about, by uid. */
  readonly #orphans = new Map<string, Claim>();
  /** What the garbage collector may still take, by uid: since when. */
  readonly #suspects = new Map<string, number>();
  #looking: Promise<void> | undefined;
  #cancelSecondLook: Cancel | undefined;

  constructor(options: OrphanWatchOptions) {
    this.#options = options;
  }

  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        this.#options.onError("orphans", error);
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  forget(uid: string): void {
    this.#suspects.delete(uid);
    this.#drop((claim) => claim.metadata.uid === uid);
  }

  claim(namespace: string, name: string): void {
    this.#drop(
      ({ metadata, deployment, ownerUid }) =>
        ownerUid === undefined && metadata.namespace === namespace && deployment === name,
    );
  }

  async stop(): Promise<void> {
    this.#cancelSecondLook?.();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { client, signal } = this.#options;
    const kinds = this.#options.kinds();
    // The objects of a kind go with it.
    this.#drop((claim) => !kinds.some((kind) => isSameKind(kind, claim.kind)));
    const found = await this.#find(kinds);
    if (signal.aborted) return;
    // Read after the resources: whatever they were rendered for was there before them.
    const exists = [...found.values()].some((claims) => claims.length > 0)
      ? await deploymentsThatExist(client)
      : () => true;
    const suspects = new Set<string>();
    for (const [kind, claims] of found) {
      const gone = claims.filter((claim) => !exists(claim));
      for (const { metadata, ownerUid } of gone) if (ownerUid !== undefined) suspects.add(metadata.uid ?? "");
      this.#report(
        kind,
        gone.filter((claim) => this.#isLeftAlone(claim)),
      );
    }
    for (const uid of this.#suspects.keys()) if (!suspects.has(uid)) this.#suspects.delete(uid);
    if ([...this.#suspects.keys()].some((uid) => !this.#orphans.has(uid))) this.#lookAgain();
  }

  /** What is ours of each kind; a kind that cannot be read stays as it was seen last. */
  async #find(kinds: readonly WatchedKind[]): Promise<ReadonlyMap<WatchedKind, readonly Claim[]>> {
    const { client, signal, onError } = this.#options;
    const found = new Map<WatchedKind, readonly Claim[]>();
    for (const kind of kinds) {
      if (signal.aborted) break;
      try {
        found.set(kind, await claimsOf(client, kind));
      } catch (error) {
        if (!isKindGone(error)) onError(kind.resource.resource, error);
      }
    }
    return found;
  }

  /** Whether nobody is about to take the resource, whose deployment is gone. */
  #isLeftAlone({ metadata: { uid = "" }, ownerUid }: Claim): boolean {
    if (ownerUid === undefined) return true;
    const now = this.#options.clock.now().getTime();
    const since = this.#suspects.get(uid) ?? now;
    this.#suspects.set(uid, since);
    return now - since >= collectorMs;
  }

  #lookAgain(): void {
    this.#cancelSecondLook?.();
    this.#cancelSecondLook = this.#options.clock.setTimeout(() => {
      if (!this.#options.signal.aborted) void this.look();
    }, collectorMs);
  }

  /** Tells about those that were not known, and forgets those that are none any more. */
  #report(kind: WatchedKind, orphans: readonly Claim[]): void {
    const uids = new Set(orphans.map(({ metadata }) => metadata.uid));
    for (const [uid, known] of this.#orphans) {
      if (isSameKind(known.kind, kind) && !uids.has(uid)) this.#orphans.delete(uid);
    }
    for (const orphan of orphans) {
      const { uid = "" } = orphan.metadata;
      if (!this.#orphans.has(uid)) this.#tell(orphan);
      this.#orphans.set(uid, orphan);
    }
    this.#count(kind);
  }

  #tell({ kind, metadata, deployment, ownerUid }: Claim): void {
    const message =
      ownerUid === undefined
        ? `ModelDeployment "${deployment}" is gone and left this behind without an owner: nothing updates or deletes it. A ModelDeployment of that name takes it back; otherwise delete it`
        : `ModelDeployment "${deployment}" (uid ${ownerUid}), which owns this, is gone, and the garbage collector has not taken it away: nothing updates it. Delete it`;
    const about = { apiVersion: kind.apiVersion, kind: kind.resource.kind, metadata };
    this.#options.recorder.record(about, { type: "Warning", reason: "Orphaned", message });
  }

  #drop(isOne: (claim: Claim) => boolean): void {
    for (const [uid, claim] of this.#orphans) {
      if (!isOne(claim)) continue;
      this.#orphans.delete(uid);
      this.#count(claim.kind);
    }
  }

  #count(kind: WatchedKind): void {
    const orphans = [...this.#orphans.values()].filter((claim) => isSameKind(claim.kind, kind));
    this.#options.count(kind.resource, orphans.length);
  }
}

/** Everything of a kind that is ours and should have a deployment. */
async function claimsOf(client: Client, kind: WatchedKind): Promise<readonly Claim[]> {
  const labelSelector = `${managedByLabel}=${managedByValue}`;
  const { items } = await client.list(kind.resource, { labelSelector, metadataOnly: true });
  return items.flatMap((object) => {
    const deployment = claimedDeployment(object);
    const { metadata } = object;
    return deployment === undefined
      ? []
      : [{ kind, metadata, deployment, ownerUid: owningDeployment(object)?.uid }];
  });
}

/** The name of the deployment that should exist for the object; undefined when none has to. */
function claimedDeployment(object: KubeObject): string | undefined {
  const { deletionTimestamp, ownerReferences = [] } = object.metadata;
  if (deletionTimestamp !== undefined || isRetained(object)) return undefined;
  const isSomebodyElses =
    owningDeployment(object) === undefined && ownerReferences.some(({ controller }) => controller === true);
  return isSomebodyElses ? undefined : ownerNameOf(object, modelDeploymentOwner);
}

/** A resource with an owner needs this very owner; one without, any deployment of its name. */
async function deploymentsThatExist(client: Client): Promise<(claim: Claim) => boolean> {
  const { items } = await client.list(modelDeployments, { metadataOnly: true });
  const uids = new Set(items.map(({ metadata }) => metadata.uid));
  const names = new Set(items.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name ?? ""}`));
  return ({ metadata, deployment, ownerUid }) =>
    ownerUid === undefined ? names.has(`${metadata.namespace ?? ""}/${deployment}`) : uids.has(ownerUid);
}

const isSameKind = ({ resource: a }: WatchedKind, { resource: b }: WatchedKind): boolean =>
  a.group === b.group && a.kind === b.kind;
