import type { VersionedSet } from "../../machinery/smd/managers.ts";
import { compareText } from "../../machinery/smd/order.ts";
import type { Managed } from "./managed.ts";
import { printIdentity, secondsOf } from "./managed.ts";

/** How many Update entries an object keeps, as kube-apiserver does it. */
const maxUpdateManagers = 10;

/** The manager the oldest Update entries are merged into, one per version. */
const ancientChanges = "ancient-changes";

/** Merges the oldest Update entries into one per version until there are no more than the maximum. */
export function capUpdateManagers(managed: Managed, max: number = maxUpdateManagers): Managed {
  const updaters = [...managed.managers].filter(([, { applied }]) => !applied).map(([key]) => key);
  if (updaters.length <= max) return managed;
  updaters.sort(
    (a, b) => secondsOf(managed.times.get(a)) - secondsOf(managed.times.get(b)) || compareText(a, b),
  );
  const managers = new Map(managed.managers);
  const times = new Map(managed.times);
  const firstOfVersion = new Map<string, string>();
  let left = updaters.length;
  for (const updater of updaters) {
    if (left <= max) break;
    const versioned = managers.get(updater) as VersionedSet;
    const { apiVersion, set } = versioned;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, updater);
      continue;
    }
    const bucket = printIdentity({ manager: ancientChanges, operation: "Update", apiVersion });
    const gathered = (managers.get(bucket) ?? managers.get(first)) as VersionedSet;
    if (!managers.has(bucket)) managers.delete(first);
    managers.delete(updater);
    managers.set(bucket, { ...versioned, set: set.union(gathered.set) });
    left--;
    // The later of the two times: the entry merged in is the younger one.
    const time = managed.times.get(updater);
    if (time === undefined) times.delete(bucket);
    else times.set(bucket, time);
  }
  return { managers, times };
}
