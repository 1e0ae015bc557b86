/**
 * Writes cluster/standalone/core/generated/core-schemas.json: the shapes of the core kinds that a standalone server serves.
 *
 * usage: npm run -s node -- hack/gen-core-schemas.ts PATH/TO/kubernetes/api/openapi-spec/swagger.json
 *
 * Only field names, types, list keys and required fields are taken; the texts stay behind. The source is too large to
 * fetch on every check, so this is run by hand when the list of kinds or the Kubernetes version changes.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface SwaggerSchema {
  $ref?: string;
  type?: string;
  format?: string;
  required?: string[];
  properties?: Record<string, SwaggerSchema>;
  additionalProperties?: SwaggerSchema;
  items?: SwaggerSchema;
  [extension: `x-kubernetes-${string}`]: unknown;
}

const kinds: Record<string, string> = {
  Namespace: "io.k8s.api.core.v1.Namespace",
  Secret: "io.k8s.api.core.v1.Secret",
  ConfigMap: "io.k8s.api.core.v1.ConfigMap",
  Event: "io.k8s.api.core.v1.Event",
  Service: "io.k8s.api.core.v1.Service",
  ServiceAccount: "io.k8s.api.core.v1.ServiceAccount",
  PersistentVolumeClaim: "io.k8s.api.core.v1.PersistentVolumeClaim",
  Deployment: "io.k8s.api.apps.v1.Deployment",
  Job: "io.k8s.api.batch.v1.Job",
  Ingress: "io.k8s.api.networking.v1.Ingress",
  NetworkPolicy: "io.k8s.api.networking.v1.NetworkPolicy",
  HorizontalPodAutoscaler: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  PodDisruptionBudget: "io.k8s.api.policy.v1.PodDisruptionBudget",
  Role: "io.k8s.api.rbac.v1.Role",
  ClusterRole: "io.k8s.api.rbac.v1.ClusterRole",
  RoleBinding: "io.k8s.api.rbac.v1.RoleBinding",
  ClusterRoleBinding: "io.k8s.api.rbac.v1.ClusterRoleBinding",
};

const listExtensions = [
  "list-type",
  "list-map-keys",
  "map-type",
  "patch-merge-key",
  "patch-strategy",
] as const;

/** Kinds of scalar that are a $ref in the source but one JSON value on the wire. */
const scalars: Record<string, Record<string, unknown>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { "x-kubernetes-int-or-string": true },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { "x-kubernetes-int-or-string": true },
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": { type: "string", format: "date-time", nullable: true },
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": { type: "string", format: "date-time", nullable: true },
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
  },
};

function convert(schema: SwaggerSchema, definitions: Record<string, SwaggerSchema>): Record<string, unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace("#/definitions/", "");
    const scalar = scalars[name];
    const target = definitions[name];
    if (scalar === undefined && target === undefined) throw new Error(`unknown definition ${name}`);
    return { ...(scalar ?? convert(target ?? {}, definitions)), ...extensions(schema) };
  }
  const out: Record<string, unknown> = { type: schema.type ?? "object", ...extensions(schema) };
  if (schema.format !== undefined) out["format"] = schema.format;
  if (schema.required !== undefined) out["required"] = schema.required;
  if (schema.items !== undefined) out["items"] = convert(schema.items, definitions);
  if (schema.additionalProperties !== undefined) {
    out["additionalProperties"] = convert(schema.additionalProperties, definitions);
  }
  if (schema.properties !== undefined) {
    out["properties"] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, convert(property, definitions)]),
    );
  }
  return out;
}

function extensions(schema: SwaggerSchema): Record<string, unknown> {
  const present = listExtensions
    .map((name) => [`x-kubernetes-${name}`, schema[`x-kubernetes-${name}`]] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(present);
}

/** The root of a kind as a CRD would declare it: apiVersion, kind and metadata are understood. */
function root(
  definition: SwaggerSchema,
  definitions: Record<string, SwaggerSchema>,
): Record<string, unknown> {
  const {
    apiVersion: _apiVersion,
    kind: _kind,
    metadata: _metadata,
    ...properties
  } = definition.properties ?? {};
  const required = (definition.required ?? []).filter((name) => name !== "metadata");
  return convert({ ...definition, required, properties }, definitions);
}

const source = process.argv[2];
if (source === undefined) throw new Error("usage: gen-core-schemas.ts PATH/TO/swagger.json");
const { definitions } = JSON.parse(readFileSync(source, "utf8")) as {
  definitions: Record<string, SwaggerSchema>;
};
const out = Object.fromEntries(
  Object.entries(kinds).map(([kind, name]) => {
    const definition = definitions[name];
    if (definition === undefined) throw new Error(`the source has no ${name}`);
    return [kind, root(definition, definitions)];
  }),
);
writeFileSync(
  new URL("../cluster/standalone/core/generated/core-schemas.json", import.meta.url),
  `${JSON.stringify(out, null, 2)}\n`,
);
