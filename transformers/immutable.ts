import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import { equalJson, getPath } from "../machinery/json/value.ts";

/** Paths per kind that cannot change for an existing object. */
export type ImmutablePaths = Readonly<Record<string, readonly (readonly string[])[]>>;

/** The immutable paths in which two versions of one object differ, as text. */
export function changedPaths(before: KubeObject, after: KubeObject, immutable: ImmutablePaths): string[] {
  const paths = Object.hasOwn(immutable, after.kind) ? (immutable[after.kind] ?? []) : [];
  return paths
    .filter((path) => !equalJson(getPath(asJson(before), ...path), getPath(asJson(after), ...path)))
    .map((path) => path.join("."));
}
