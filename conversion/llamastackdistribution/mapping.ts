import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { moverOf, put } from "../moves.ts";
import { special, table } from "./layout.ts";

/** The plain mappings between the versions: what each can say of the other, without any stash. */

const group = "hawsepipe.dev";
const moveToV1alpha2 = moverOf(table, { group, source: "v1alpha1", target: "v1alpha2" });
const moveToV1alpha1 = moverOf(table, { group, source: "v1alpha2", target: "v1alpha1" });
const defaultContainerName = "llama-stack";

/** v1alpha1 → v1alpha2 without stash; the input is not changed. */
export function toV1alpha2(from: JsonObject): JsonObject {
  const to = moveToV1alpha2(from);
  const replicas = getPath(from, ...special.replicasV1alpha1);
  if (replicas !== undefined) put(to, special.replicas, replicas);
  if (getPath(from, ...special.exposeRoute) === true) put(to, special.exposeEnabled, true);
  return to;
}

/**
 * v1alpha2 → v1alpha1 without stash; the input is not changed. What v1alpha1 has by its schema's defaults is written
 * out, so that an object that came from there needs no stash for it. `containerName` is the name v1alpha1 gave.
 */
export function toV1alpha1(from: JsonObject, containerName: string | undefined): JsonObject {
  const to = moveToV1alpha1(from);
  if (isObject(getPath(to, "spec"))) {
    put(to, special.replicasV1alpha1, getPath(from, ...special.replicas) ?? 1);
  }
  if (containerName !== undefined || isObject(getPath(to, ...special.containerSpec))) {
    put(to, special.containerName, containerName ?? defaultContainerName);
  }
  const expose = getPath(from, ...special.expose);
  if (expose !== undefined || isObject(getPath(to, ...special.network))) {
    put(to, special.exposeRoute, isExposed(expose));
  }
  return to;
}

/** The name of the container when it is not the usual one; v1alpha2 has no field for it. */
export function containerNameOf(v1alpha1: JsonObject): string | undefined {
  const name = getPath(v1alpha1, ...special.containerName);
  return typeof name === "string" && name !== defaultContainerName ? name : undefined;
}

/** Presence means exposed unless it says that it is not. */
function isExposed(expose: JsonValue | undefined): boolean {
  return isObject(expose) && getKey(expose, "enabled") !== false;
}
