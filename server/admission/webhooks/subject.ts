/** A write in the version a webhook speaks, and back again after a patch. */
import { internalError, invalid } from "../../../api/errors/catalogue.ts";
import type { GroupVersionKind } from "../../../api/meta/types.ts";
import { apiVersionOf, parseApiVersion } from "../../../api/meta/types.ts";
import { invalid as invalidField } from "../../../machinery/field/error.ts";
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

/** The versions of a kind that are served and have the subresource, the preferred one first. */
export function servedVersions(resource: ServedResource, subresource: string): readonly string[] {
  return resource.definition.versions
    .filter(({ served, status, scale }) => {
      if (subresource === "status") return served && status === true;
      return served && (subresource !== "scale" || scale !== undefined);
    })
    .map(({ name }) => name);
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
    object: sentScale(a, convert(a.object)),
    oldObject: a.scale?.live ?? convert(a.oldObject),
  };
}

/** The Scale that was sent, with the count as webhooks before have left it. */
function sentScale({ scale }: AdmissionAttributes, now: JsonObject | undefined): JsonObject | undefined {
  if (scale === undefined || now === undefined) return now;
  const { sent } = scale;
  const status = getKey(sent, "status");
  return {
    ...sent,
    spec: getKey(now, "spec") ?? {},
    status: { replicas: 0, ...(isObject(status) ? status : {}) },
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
  if (!isObject(patched)) throw internalError(`the patch of an admission webhook left no ${wanted.kind}`);
  requireKind(a, patched, wanted);
  const object = a.subresource === "scale" ? withScale(a.object, sent, patched) : shaped(sent, patched);
  replaceContent(a.object, resource.convert(object, resource.storage));
}

/** Refuses an object that has become one of another kind, as kube-apiserver does when it validates it. */
function requireKind(a: AdmissionAttributes, patched: JsonObject, wanted: GroupVersionKind): void {
  const text = (key: string): string => {
    const value = getKey(patched, key);
    return typeof value === "string" ? value : "";
  };
  const apiVersion = apiVersionOf(wanted);
  const errors = [
    ...(text("kind") === wanted.kind ? [] : [invalidField("kind", text("kind"), `must be ${wanted.kind}`)]),
    ...(text("apiVersion") === apiVersion
      ? []
      : [invalidField("apiVersion", text("apiVersion"), `must be ${apiVersion}`)]),
  ];
  if (errors.length === 0) return;
  const { group } = parseApiVersion(text("apiVersion"));
  throw invalid({ group, kind: text("kind") }, a.name, errors);
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
