/**
 * The kinds that are rendered for owners of one kind, as far as they are served: a cache of what we manage of each, and
 * where it lives. Beside them the pods that come of it, where they say why a model does not serve.
 */
import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { Informer } from "../cluster/informer.ts";
import { startInformer } from "../cluster/informer.ts";
import type { Clock } from "../machinery/clock.ts";
import { fieldManager } from "./names.ts";
import { isKindGone } from "./failure.ts";
import type { OwnerKind } from "../transformers/ownership.ts";
import { kindKey, managedByLabel, managedByValue, ownerNameOf, ownerOf } from "../transformers/ownership.ts";
import { instanceLabel } from "../transformers/names.ts";
import { startPodInformer } from "./pod-informer.ts";
import type { RecentWrites } from "./recent-writes.ts";
import { createRecentWrites } from "./recent-writes.ts";

export interface KindRef {
  readonly apiVersion: string;
  readonly kind: string;
}

/** A kind that is served and followed. */
export interface FollowedKind {
  readonly apiVersion: string;
  readonly resource: ResourceRef;
  readonly informer: Informer;
  readonly recent: RecentWrites;
}

interface Following {
  readonly followed: FollowedKind;
  /** Stops following; nobody is told. */
  leave(): void;
}

export interface RenderedKindsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** The kind whose objects own what is rendered. */
  readonly owner: OwnerKind;
  /** The label of pods of Jobs that run for owners, which are followed like those that serve; absent: there are none. */
  readonly jobLabel?: string;
  /** The versions of a kind in order of preference; the first that is served is followed. */
  readonly kinds: readonly KindRef[];
  /** Something that belongs to an owner changed. */
  readonly onChange: (namespace: string, owner: string) => void;
  /** A rendered resource is gone. */
  readonly onGone: (uid: string) => void;
  /** A kind, or a version of it that is preferred, is served now that was not before. */
  readonly onServed: () => void;
  readonly onError: (what: string, error: unknown) => void;
}

/** How often is asked what is served, for changes nobody told of. */
const pollMs = 30_000;

const podKind: KindRef = { apiVersion: "v1", kind: "Pod" };

export class RenderedKinds {
  readonly #options: RenderedKindsOptions;
  readonly #followed = new Map<string, Following>();
  /** One look at a time; what comes up meanwhile is for one more. */
  #looking: Promise<void> = Promise.resolve();
  #isLookDue = false;
  #pods: { readonly serving: Informer; readonly jobs?: Informer } | undefined;

  constructor(options: RenderedKindsOptions) {
    this.#options = options;
  }

  /** Follows every kind that is served, and from then on those that come later, also when it rejects. */
  async start(): Promise<void> {
    try {
      await this.#followServed();
    } finally {
      this.#poll();
    }
  }

  find(ref: KindRef): FollowedKind | undefined {
    return this.#followed.get(kindKey(ref))?.followed;
  }

  /** Every kind that is followed now. */
  all(): readonly FollowedKind[] {
    return [...this.#followed.values()].map(({ followed }) => followed);
  }

  /** The first of the versions that is the followed one; undefined while the kind is not served. */
  servedVersion(apiVersions: readonly string[], kind: string): string | undefined {
    return apiVersions.find((apiVersion) => this.find({ apiVersion, kind })?.apiVersion === apiVersion);
  }

  /** What we manage under a name. */
  known(followed: FollowedKind, namespace: string, name: string): KubeObject | undefined {
    return followed.recent.newest(`${namespace}/${name}`, followed.informer.get(namespace, name));
  }

  /** What exists under a name, whoever it belongs to. Asks the server for what we do not manage. */
  async get(followed: FollowedKind, namespace: string, name: string): Promise<KubeObject | undefined> {
    const cached = this.known(followed, namespace, name);
    if (cached !== undefined) return cached;
    return this.#options.client.get(followed.resource, { namespace, name }).catch((error: unknown) => {
      if (isApiError(error) && error.code === 404) return undefined;
      throw error;
    });
  }

  /** Everything controlled by the owner with this uid. */
  ownedBy(uid: string): readonly KubeObject[] {
    return this.all().flatMap(({ informer, recent }) =>
      informer.byIndex("owner", uid).flatMap((object) => {
        const newest = recent.newest(localKey(object), object);
        return newest === undefined ? [] : [newest];
      }),
    );
  }

  /** The pods labelled as those of a deployment; none where pods are not served, or not to us. */
  podsOf(namespace: string, deployment: string): readonly KubeObject[] {
    return this.#pods?.serving.byIndex("deployment", `${namespace}/${deployment}`) ?? [];
  }

  /** The same of the Jobs that run for a deployment. */
  jobPodsOf(namespace: string, deployment: string): readonly KubeObject[] {
    return this.#pods?.jobs?.byIndex("deployment", `${namespace}/${deployment}`) ?? [];
  }

  /** Looks again at what is served: kinds that came, and newer or older versions of those that are followed. */
  lookAgain(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    this.#looking = this.#looking
      .then(async () => {
        this.#isLookDue = false;
        if (!this.#options.signal.aborted) await this.#followServed();
      })
      .catch((error: unknown) => {
        this.#options.onError("discovery", error);
      });
  }

  #poll(): void {
    this.#options.clock.setTimeout(() => {
      if (this.#options.signal.aborted) return;
      this.lookAgain();
      this.#poll();
    }, pollMs);
  }

  async #followServed(): Promise<void> {
    await this.#followPods();
    const failures: unknown[] = [];
    for (const versions of Map.groupBy(this.#options.kinds, kindKey).values()) {
      // A group that cannot be asked about must not keep others from being found.
      await this.#followNewest(versions).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #followNewest(versions: readonly KindRef[]): Promise<void> {
    const [first] = versions;
    if (first === undefined) return;
    const current = this.#followed.get(kindKey(first));
    // Whoever follows the only version there can be notices himself when it goes.
    if (current !== undefined && versions.every(({ apiVersion }) => apiVersion === first.apiVersion)) return;
    const newest = await this.#newestServed(versions);
    if (newest === undefined || newest.ref.apiVersion === current?.followed.apiVersion) return;
    const next = this.#follow(newest.ref, newest.resource);
    await next.followed.informer.synced;
    current?.leave();
    this.#followed.set(kindKey(first), next);
    this.#options.onServed();
  }

  async #newestServed(
    versions: readonly KindRef[],
  ): Promise<{ readonly ref: KindRef; readonly resource: ResourceRef } | undefined> {
    for (const ref of versions) {
      const resource = await this.#options.client.resolve(ref.apiVersion, ref.kind, { fresh: true });
      if (resource !== undefined && (await this.#answers(resource))) return { ref, resource };
    }
    return undefined;
  }

  /** Nothing depends on pods, so a right that is missing must not keep anybody from working. */
  async #followPods(): Promise<void> {
    if (this.#pods !== undefined) return;
    try {
      const resource = await this.#options.client.resolve(podKind.apiVersion, podKind.kind);
      if (resource === undefined || !(await this.#answers(resource))) return;
      const common = { ...this.#options, resource };
      const { owner, jobLabel } = this.#options;
      const { nameLabel } = owner;
      this.#pods = {
        serving: startPodInformer({ ...common, label: nameLabel, nameLabel }),
        ...(jobLabel === undefined
          ? {}
          : { jobs: startPodInformer({ ...common, label: jobLabel, nameLabel: instanceLabel }) }),
      };
    } catch (error) {
      this.#options.onError("pods", error);
    }
  }

  /** Discovery is remembered; only the resource itself says that it is still there. */
  async #answers(resource: ResourceRef): Promise<boolean> {
    try {
      await this.#options.client.list(resource, { limit: 1, metadataOnly: true });
      return true;
    } catch (error) {
      if (isKindGone(error)) return false;
      throw error;
    }
  }

  #follow(ref: KindRef, resource: ResourceRef): Following {
    const { client, clock, random, signal, owner: ownerKind, onChange, onGone, onError } = this.#options;
    const leave = new AbortController();
    const informer = startInformer({
      client,
      resource,
      clock,
      random,
      signal: AbortSignal.any([signal, leave.signal]),
      labelSelector: `${managedByLabel}=${managedByValue}`,
      indexes: {
        owner: (object) => {
          const owner = ownerOf(object, ownerKind);
          return owner === undefined ? [] : [owner.uid];
        },
      },
      transform: withoutOthersFields,
      onError: (error) => {
        onError(resource.resource, error);
        if (!isKindGone(error) || this.#followed.get(kindKey(ref))?.followed.informer !== informer) return;
        // The objects of a kind go with it. It is asked for again like one that never was there.
        leave.abort();
        this.#followed.delete(kindKey(ref));
        for (const object of informer.list()) tell(object);
        this.lookAgain();
      },
    });
    const recent = createRecentWrites();
    const tell = (object: KubeObject): void => {
      recent.seen(localKey(object), object);
      const name = ownerNameOf(object, ownerKind);
      if (name !== undefined) onChange(object.metadata.namespace ?? "", name);
    };
    informer.onChange({
      added: tell,
      updated: (object, before) => {
        tell(object);
        const old = before();
        // Whoever lost it has to notice.
        if (ownerOf(old, ownerKind)?.uid !== ownerOf(object, ownerKind)?.uid) tell(old);
      },
      deleted: (object) => {
        recent.forget(localKey(object));
        onGone(object.metadata.uid ?? "");
        tell(object);
      },
    });
    const followed = { apiVersion: ref.apiVersion, resource, informer, recent };
    return {
      followed,
      leave: () => {
        leave.abort();
      },
    };
  }
}

const localKey = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;

/** Managed fields of others are half of an object's memory and say nothing we need. */
function withoutOthersFields(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata;
  const ours = managedFields?.filter(({ manager }) => manager === fieldManager) ?? [];
  return { ...object, metadata: { ...metadata, managedFields: ours } };
}
