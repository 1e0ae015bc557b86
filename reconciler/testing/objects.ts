import type { KubeObject, ObjectMeta } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";

/** A deployment with its finalizer, as a pass usually finds it. */
export function aModelDeployment(
  metadata: ObjectMeta = {},
  spec: Partial<ModelDeployment["spec"]> = {},
): ModelDeployment {
  return {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: {
      name: "m",
      namespace: "default",
      uid: "u1",
      generation: 1,
      finalizers: ["hawsepipe.dev/cleanup"],
      ...metadata,
    },
    spec: { model: { id: "org/m" }, engine: { type: "vllm" }, provider: { name: "p" }, ...spec },
  };
}

/** The object with managed fields as after an apply of ours, every list atomic unless `fields` says otherwise. */
export function applied(object: KubeObject, fields: JsonObject = fieldsOf(object)): KubeObject {
  const entry = { manager: "hawsepipe", operation: "Apply", fieldsType: "FieldsV1" } as const;
  const { apiVersion, metadata } = object;
  return {
    ...object,
    metadata: {
      uid: `uid-${metadata.name ?? ""}`,
      resourceVersion: "1",
      ...metadata,
      managedFields: [{ ...entry, apiVersion, time: "2026-01-01T00:00:00Z", fieldsV1: fields }],
    },
  };
}

/** FieldsV1 with every leaf of the object, apart from what nobody owns. */
export function fieldsOf(object: KubeObject): JsonObject {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const { name: _name, namespace: _namespace, ...owned } = metadata;
  return leaves({ metadata: owned, ...rest } as unknown as JsonObject);
}

function leaves(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const isMap = typeof child === "object" && child !== null && !Array.isArray(child);
      return [`f:${key}`, isMap ? leaves(child) : {}];
    }),
  );
}
