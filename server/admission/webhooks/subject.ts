/** A write in the version a webhook speaks, and back again after a patch. */
import { internalError } from "../../../api/errors/catalogue.ts";
import { apiVersionOf } from "../../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { cloneJson, getKey, getPath, isObject, setKey } from "../../../machinery/json/value.ts";
import { applyDefaults } from "../../../machinery/schema/defaults.ts";
import { prune } from "../../../machinery/schema/prune.ts";
import { shapeMetadata } from "../../handlers/decode-body.ts";
import { scaleValue } from "../../handlers/scale-object.ts";
import type { ServedResource, ServedVersion } from "../../registry/served-resource.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import type { ReviewedKind, ReviewSubject } from "./review.ts";

const scaleKind = { group: "autoscaling", version: "v1", kind: "Scale" };

/** The versions of a kind that are served, the preferred one first. */
export function servedVersions(resource: ServedResource): readonly string[] {
  return resource.definition.versions.filter((version) => version.served).map((version) => version.name);
}

/** The objects of a write as the given version has them; a write to `scale` is about Scales. */
export function subjectIn(a: AdmissionAttributes, resource: ServedResource, version: string): ReviewSubject {
  const sent = versionOf(resource, version);
  const convert = (object: JsonObject | undefined): JsonObject | undefined => {
    if (object === undefined) return undefined;
    const converted = resource.convert(object, sent);
    return a.subresource === "scale" ? scaleValue(sent, converted, 0) : converted;
  };
  return {
    sent: kindOf(a, sent),
    requested: kindOf(a, resource.versions.get(a.requestVersion) ?? sent),
    object: convert(a.object),
    oldObject: convert(a.oldObject),
  };
}

const kindOf = (a: AdmissionAttributes, version: ServedVersion): ReviewedKind => ({
  kind: a.subresource === "scale" ? scaleKind : version.gvk,
  resource: version.gvr,
});

function versionOf(resource: ServedResource, name: string): ServedVersion {
  const version = resource.versions.get(name);
  if (version === undefined) throw new Error(`${resource.gr.resource} has no version ${name}`);
  return version;
}

/** Puts a patched object in the place of the object of the write: read again, pruned and defaulted like a new one. */
export function takePatched(
  a: AdmissionAttributes & { readonly object: JsonObject },
  resource: ServedResource,
  { version, patched }: { readonly version: string; readonly patched: JsonValue },
): void {
  const sent = versionOf(resource, version);
  const wanted = a.subresource === "scale" ? scaleKind : sent.gvk;
  if (
    !isObject(patched) ||
    getKey(patched, "kind") !== wanted.kind ||
    getKey(patched, "apiVersion") !== apiVersionOf(wanted)
  ) {
    throw internalError(`the patch of an admission webhook left no ${wanted.kind}`);
  }
  const object = a.subresource === "scale" ? withScale(a.object, sent, patched) : shaped(sent, patched);
  replaceContent(a.object, resource.convert(object, resource.storage));
}

function shaped(version: ServedVersion, patched: JsonObject): JsonObject {
  const { definition } = version.resource;
  const object = definition.canonicalize?.(patched, version.name) ?? patched;
  shapeMetadata(version, object);
  prune(object, version.definition.schema);
  applyDefaults(object, version.definition.schema);
  return object;
}

/** Of a Scale only the wanted replicas can be changed. */
function withScale(hub: JsonObject, version: ServedVersion, scale: JsonObject): JsonObject {
  const object = cloneJson(version.resource.convert(hub, version));
  version.scale?.setSpecReplicas(object, getPath(scale, "spec", "replicas") ?? 0);
  return object;
}

/** Callers hold on to the object itself. */
function replaceContent(object: JsonObject, next: JsonObject): void {
  for (const key of Object.keys(object)) Reflect.deleteProperty(object, key);
  for (const key of Object.keys(next)) setKey(object, key, next[key] as JsonValue);
}
