/** Admission of one write: objects go to the hub version for the plugins and come back to the version of the request. */
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getKey } from "../../machinery/json/value.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { prune } from "../../machinery/schema/prune.ts";
import type { AdmissionAttributes, AdmissionOperation, SentScale } from "../admission/plugin.ts";
import { checkManagedFieldsAfterAdmission } from "../managedfields/after-admission.ts";
import { shapeMetadata } from "./decode-body.ts";
import { metadataOf } from "./object-metadata.ts";
import type { Scope } from "./scope.ts";

/** One write as admission is told of it; objects are in the version of the request. */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly object?: JsonObject;
  readonly oldObject?: JsonObject;
  readonly scale?: SentScale;
  readonly options: JsonObject;
  readonly dryRun: boolean;
  readonly name: string;
}

/** Runs the plugins that may change the object; answers it in the version of the request, pruned and defaulted anew. */
export async function admitMutating(
  scope: Scope,
  request: AdmissionRequest & { readonly object: JsonObject },
): Promise<JsonObject> {
  const attributes = attributesOf(scope, request);
  const managed = getKey(metadataOf(request.object), "managedFields");
  const before: JsonObject = { metadata: managed === undefined ? {} : { managedFields: cloneJson(managed) } };
  if (!(await scope.deps.admission.admit(attributes))) return request.object;
  const { version } = scope;
  const admitted = version.resource.convert(attributes.object ?? request.object, version);
  const { object, warning } = checkManagedFieldsAfterAdmission(before, admitted);
  if (warning !== undefined) scope.request.warn(warning);
  shapeMetadata(version, object);
  prune(object, version.definition.schema);
  applyDefaults(object, version.definition.schema);
  return object;
}

/** Runs the plugins that may only refuse. */
export async function admitValidating(scope: Scope, request: AdmissionRequest): Promise<void> {
  const attributes = attributesOf(scope, request);
  if (scope.deps.admission.validates(attributes)) await scope.deps.admission.validate(attributes);
}

/** Both steps for a deletion, which has no object to change. */
export async function admitDelete(scope: Scope, request: AdmissionRequest): Promise<void> {
  const attributes = attributesOf(scope, request);
  const { admission } = scope.deps;
  await admission.admit(attributes);
  if (admission.validates(attributes)) await admission.validate(attributes);
}

function attributesOf(scope: Scope, admitted: AdmissionRequest): AdmissionAttributes {
  const { version, request } = scope;
  const { resource } = version;
  const hub = resource.storage;
  const { converter } = resource.definition;
  const toHub = (object: JsonObject | undefined): JsonObject | undefined =>
    object === undefined ? undefined : resource.convert(object, hub);
  const object = toHub(admitted.object);
  const oldObject = toHub(admitted.oldObject);
  return {
    operation: admitted.operation,
    user: request.user,
    resource: hub.gvr,
    kind: hub.gvk,
    subresource: scope.subresource,
    namespace: scope.namespace,
    name: admitted.name,
    ...(object === undefined ? {} : { object }),
    ...(oldObject === undefined ? {} : { oldObject }),
    ...(admitted.scale === undefined ? {} : { scale: admitted.scale }),
    options: admitted.options,
    dryRun: admitted.dryRun,
    requestVersion: version.name,
    clientPath: (path) =>
      hub.name === version.name ? path : (converter?.translatePath?.(path, hub.name, version.name) ?? path),
    warn: (text) => {
      request.warn(text);
    },
    annotate: (key, value) => {
      request.annotate(key, value);
    },
    call: request,
  };
}
