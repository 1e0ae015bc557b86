/** Which generated ConfigMaps are kept: the newest, and any that something still runs on. */
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { configComponent } from "../../transformers/llamastack/render/config-maps.ts";
import { componentLabel, selectorLabels } from "../../transformers/llamastack/render/names.ts";
import { numberAt, textAt } from "../../transformers/observed.ts";
import { isKindGone } from "../failure.ts";
import { pods, replicaSets } from "./names.ts";

/** Generated configurations kept, the current one among them. */
const kept = 2;

/** Whether the object is a generated configuration. */
export const isGeneratedConfig = ({ kind, metadata }: KubeObject): boolean =>
  kind === "ConfigMap" && metadata.labels?.[componentLabel] === configComponent;

/**
 * Those of the owned ConfigMaps that may go: generated, not among the newest, and neither current nor named by anything
 * in `users`. Order of creation is not order of use, so the current one counts whatever its age.
 */
export function retiredConfigs(
  owned: readonly KubeObject[],
  current: string,
  users: readonly KubeObject[],
): readonly KubeObject[] {
  const [, ...older] = newestFirst(owned, current);
  const inUse = new Set(users.flatMap(configMapsIn));
  return older.slice(kept - 1).filter(({ metadata }) => !inUse.has(metadata.name ?? ""));
}

/** Whether there are more than are kept anyway, so that it has to be asked who uses them. */
export const mayRetire = (owned: readonly KubeObject[]): boolean =>
  owned.filter(isGeneratedConfig).length > kept;

/** What may run on a configuration of the distribution: its ReplicaSets with pods to have, and its pods. */
export async function configUsers(
  client: Client,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly KubeObject[]> {
  const labelSelector = Object.entries(selectorLabels(name))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const list = async (resource: ResourceRef): Promise<readonly KubeObject[]> => {
    try {
      return (await client.list(resource, { namespace, labelSelector })).items;
    } catch (error) {
      // Where nothing runs, nothing is in use.
      if (isKindGone(error)) return [];
      throw error;
    }
  };
  const [sets, running] = await Promise.all([list(replicaSets), list(pods)]);
  return [...sets.filter(hasPods), ...running.filter(isRunning)];
}

/** The current one, then the others from the newest on. */
function newestFirst(owned: readonly KubeObject[], current: string): readonly KubeObject[] {
  const rank = ({ metadata }: KubeObject): string =>
    metadata.name === current ? "~" : `${metadata.creationTimestamp ?? ""} ${metadata.name ?? ""}`;
  return owned.filter(isGeneratedConfig).sort((a, b) => (rank(a) < rank(b) ? 1 : -1));
}

const hasPods = (set: KubeObject): boolean =>
  numberAt(asJson(set), 0, "spec", "replicas") > 0 || numberAt(asJson(set), 0, "status", "replicas") > 0;

const isRunning = (pod: KubeObject): boolean =>
  !["Succeeded", "Failed"].includes(textAt(asJson(pod), "status", "phase"));

/** The ConfigMaps that the pods of an object mount, wherever its pod spec is. */
export function configMapsIn(object: KubeObject): readonly string[] {
  const { spec } = asJson(object);
  const template = getPath(spec, "template", "spec");
  return mounted(template ?? spec);
}

function mounted(podSpec: JsonValue | undefined): readonly string[] {
  const volumes = getPath(podSpec, "volumes");
  if (!Array.isArray(volumes)) return [];
  return volumes.filter(isObject).map((volume) => textAt(volume, "configMap", "name"));
}
