/**
 * What is special about the kind Namespace: it is always created with the finalizer `kubernetes` in its spec, is Active
 * until it is deleted and Terminating then, and goes away when `/finalize` has emptied the finalizers of its spec.
 */
import type { JsonObject } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject, setPath } from "../../machinery/json/value.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { metadataOf, metaText } from "./object-metadata.ts";

/** Whether the version is of the core kind Namespace. */
export function isNamespaceKind(version: ServedVersion): boolean {
  return version.gvk.group === "" && version.gvk.kind === "Namespace";
}

/** A new namespace has its finalizer and is active. */
export function finalizeNamespaceSpec(object: JsonObject): void {
  const finalizers = specFinalizers(object);
  if (!finalizers.includes("kubernetes"))
    setPath(object, ["spec", "finalizers"], [...finalizers, "kubernetes"]);
  setPath(object, ["status"], { phase: "Active" });
}

/** Every namespace carries its name as a label. */
export function labelNamespace(object: JsonObject): void {
  const name = metaText(object, "name");
  if (name === "") return;
  const metadata = metadataOf(object);
  const labels = getKey(metadata, "labels");
  metadata["labels"] = { ...(isObject(labels) ? labels : {}), "kubernetes.io/metadata.name": name };
}

/** The finalizers in the spec of a namespace. */
export function specFinalizers(object: JsonObject): string[] {
  const finalizers = getPath(object, "spec", "finalizers");
  return Array.isArray(finalizers)
    ? finalizers.filter((item): item is string => typeof item === "string")
    : [];
}

/** A namespace that is going away says so. */
export function markTerminating(object: JsonObject): void {
  setPath(object, ["status", "phase"], "Terminating");
}
