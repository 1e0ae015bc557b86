import type { KubeObject, OwnerReference } from "../../../api/meta/types.ts";
import type { ResourceRef } from "../../client.ts";
import type { Informer } from "../../informer.ts";

/** One object as the collector knows it: where it lives and what its metadata say about ownership. */
export interface Node {
  readonly resource: ResourceRef;
  readonly object: KubeObject;
}

export interface FollowedResource {
  readonly resource: ResourceRef;
  readonly informer: Informer;
}

/** Names of the informer indexes the graph asks. */
export const graphIndexes = {
  uid: (object: KubeObject): readonly string[] => [object.metadata.uid ?? ""],
  owner: (object: KubeObject): readonly string[] =>
    (object.metadata.ownerReferences ?? []).map((reference) => reference.uid),
};

/** Who owns whom, over all followed resources. */
export class OwnershipGraph {
  readonly #followed: readonly FollowedResource[];

  constructor(followed: readonly FollowedResource[]) {
    this.#followed = followed;
  }

  find(uid: string): Node | undefined {
    for (const { resource, informer } of this.#followed) {
      const object = informer.byIndex("uid", uid)[0];
      if (object !== undefined) return { resource, object };
    }
    return undefined;
  }

  dependentsOf(uid: string): readonly Node[] {
    return this.#followed.flatMap(({ resource, informer }) =>
      informer.byIndex("owner", uid).map((object) => ({ resource, object })),
    );
  }
}

export const isTerminating = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) === true;

/** An owner that waits until the dependents that block it are gone. */
export const waitsForDependents = (object: KubeObject): boolean =>
  isTerminating(object) && hasFinalizer(object, "foregroundDeletion");

export const referenceTo = (object: KubeObject, uid: string): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((reference) => reference.uid === uid);
