import { asJson } from "../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { getPath, isObject } from "../machinery/json/value.ts";
import type { ObservedResource } from "./transformer.ts";

/** Reading of what was found in the cluster; nothing is taken for granted about other people's objects. */

/** The object of a kind, and of a name where there are several, when it exists. */
export function findObserved(
  observed: readonly ObservedResource[],
  kind: string,
  name?: string,
): JsonObject | undefined {
  const found = observed.find(
    (resource) => resource.kind === kind && (name === undefined || resource.name === name),
  )?.object;
  return found === undefined ? undefined : asJson(found);
}

/** A number at a path, or the fallback. */
export function numberAt(
  object: JsonValue | undefined,
  fallback: number,
  ...path: readonly string[]
): number {
  const value = getPath(object, ...path);
  return typeof value === "number" ? value : fallback;
}

/** A text at a path, or the empty one. */
export function textAt(object: JsonValue | undefined, ...path: readonly string[]): string {
  const value = getPath(object, ...path);
  return typeof value === "string" ? value : "";
}

export interface ObservedCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number | undefined;
}

/** `status.conditions`, without what is not a condition. */
export function conditionsOf(object: JsonObject): readonly ObservedCondition[] {
  const conditions = getPath(object, "status", "conditions");
  if (!Array.isArray(conditions)) return [];
  return conditions.filter(isObject).map((condition) => ({
    type: textAt(condition, "type"),
    status: textAt(condition, "status"),
    reason: textAt(condition, "reason"),
    message: textAt(condition, "message"),
    observedGeneration: generationOf(condition),
  }));
}

function generationOf(condition: JsonObject): number | undefined {
  const value = getPath(condition, "observedGeneration");
  return typeof value === "number" ? value : undefined;
}

/** An operator's own words about what is wrong: the message of the summary when it is False, else that of any condition that is. */
export function complaintOf(conditions: readonly ObservedCondition[], summary: string): string | undefined {
  const broken = conditions.filter(({ status, message }) => status === "False" && message !== "");
  return (broken.find(({ type }) => type === summary) ?? broken[0])?.message;
}
