import type { KubeObject } from "../api/meta/types.ts";
import { resourceKey } from "../transformers/ownership.ts";
import { findDrift } from "./drift.ts";
import type { Outcome } from "./execute.ts";
import type { RenderedKinds } from "./rendered-kinds.ts";
import type { SettledDifferences } from "./settled.ts";

/** What the applies answered is newer than any cache: into `live`, and kept until the watch brings it. */
export function takeAnswers(
  { done }: Outcome,
  { live, hash }: { readonly live: Map<string, KubeObject>; readonly hash: string },
  { kinds, settled }: { readonly kinds: RenderedKinds; readonly settled: SettledDifferences },
): void {
  for (const { action, answer } of done) {
    if (action.type !== "apply" || answer === undefined) continue;
    live.set(resourceKey(answer), answer);
    const { namespace = "", name = "" } = answer.metadata;
    const followed = kinds.find(answer);
    followed?.recent.remember(`${namespace}/${name}`, answer, followed.informer.get(namespace, name));
    settled.remember(answer, hash, findDrift(answer, action.object));
  }
}
