import { Type } from "typebox";
import type { CelRule } from "../../common/schema.ts";
import { celRules, int32, listSet, stringEnum } from "../../common/schema.ts";
import { kvTypes, providerSections, sqlTypes } from "../enumerations.ts";
import * as parts from "../parts.ts";
import { llamaStackDistributionStatus } from "../status-parts.ts";
import { externalProviders, providers, registered, secretSource } from "./providers.ts";

const distribution = Type.Object(
  { name: Type.Optional(parts.distributionName), image: Type.Optional(parts.distributionImage) },
  {
    description: "The distribution, by name or by image.",
    ...celRules(parts.notNameAndImage, {
      rule: "(has(self.name) && self.name != '') || (has(self.image) && self.image != '')",
      message: "one of name or image is required",
      reason: "FieldValueRequired",
    }),
  },
);

const kv = Type.Object(
  {
    type: Type.Optional(stringEnum(kvTypes, { description: "Kind of the store.", default: "sqlite" })),
    endpoint: Type.Optional(
      Type.String({
        description: "Address of the Redis server: host:port or redis://host:port.",
        minLength: 1,
        maxLength: 2048,
      }),
    ),
    password: Type.Optional(secretSource("Password of the Redis server.")),
  },
  {
    description: "The store for keys and values.",
    ...celRules({
      rule: "!has(self.type) || self.type != 'redis' || has(self.endpoint)",
      message: "is required for type redis",
      reason: "FieldValueRequired",
      fieldPath: ".endpoint",
    }),
  },
);

const sql = Type.Object(
  {
    type: Type.Optional(stringEnum(sqlTypes, { description: "Kind of the store.", default: "sqlite" })),
    connectionString: Type.Optional(
      secretSource(
        "URL of the PostgreSQL database: postgresql://user:password@host:port/database; of parameters, sslmode and sslrootcert.",
      ),
    ),
  },
  {
    description: "The relational store.",
    ...celRules({
      rule: "!has(self.type) || self.type != 'postgres' || has(self.connectionString)",
      message: "is required for type postgres",
      reason: "FieldValueRequired",
      fieldPath: ".connectionString",
    }),
  },
);

const networking = Type.Object(
  {
    port: Type.Optional(
      parts.port(
        "Port of the server and its Service; 8321 when absent. The server takes none below 1024.",
        1024,
      ),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(
            Type.Boolean({
              description:
                "Whether the server speaks TLS, for which its configuration is generated; false when absent.",
            }),
          ),
          secretName: Type.Optional(
            Type.String({
              description: "Secret of type kubernetes.io/tls with the server's certificate.",
              minLength: 1,
              maxLength: 253,
            }),
          ),
          caBundle: Type.Optional(parts.caBundle),
        },
        {
          description: "TLS of the server, and whom it trusts when it calls others.",
          ...celRules({
            rule: "!has(self.enabled) || !self.enabled || has(self.secretName)",
            message: "is required when tls is enabled",
            reason: "FieldValueRequired",
            fieldPath: ".secretName",
          }),
        },
      ),
    ),
    expose: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(
            Type.Boolean({ description: "Whether the server is exposed; true when absent." }),
          ),
          hostname: Type.Optional(
            Type.String({
              description:
                "Host name; when absent, one made from name and namespace in the domain an administrator has set, or else every host.",
              minLength: 1,
              maxLength: 253,
            }),
          ),
          className: Type.Optional(
            Type.String({
              description: "IngressClass; the cluster's default when absent.",
              minLength: 1,
              maxLength: 253,
            }),
          ),
        },
        {
          description:
            "An Ingress that leads to the server; an empty object asks for one. true and false may stand for it.",
        },
      ),
    ),
    allowedFrom: Type.Optional(parts.allowedFrom),
  },
  { description: "How the server is reached." },
);

const overrides = Type.Object(
  {
    serviceAccountName: Type.Optional(parts.serviceAccountName),
    env: Type.Optional(parts.env),
    command: Type.Optional(parts.command),
    args: Type.Optional(parts.args),
    volumes: Type.Optional(parts.volumes),
    volumeMounts: Type.Optional(parts.volumeMounts),
    terminationGracePeriodSeconds: Type.Optional(parts.terminationGracePeriodSeconds),
  },
  { description: "Changes to the pods for what has no field of its own." },
);

const strict = { isStrict: true };

const workload = Type.Object(
  {
    replicas: Type.Optional(
      int32({ description: "Number of replicas; 1 when absent, 0 scales to zero.", minimum: 0 }),
    ),
    workers: Type.Optional(parts.workers),
    resources: Type.Optional(parts.resources),
    autoscaling: Type.Optional(parts.autoscaling(strict)),
    storage: Type.Optional(parts.claim),
    podDisruptionBudget: Type.Optional(parts.podDisruptionBudget(strict)),
    topologySpreadConstraints: Type.Optional(parts.topologySpreadConstraints),
    overrides: Type.Optional(overrides),
  },
  { description: "How the server runs." },
);

const configured = ["providers", "resources", "storage", "disabled"] as const;

const overrideRules: readonly CelRule[] = configured.map((field) => ({
  rule: `!has(self.overrideConfig) || !has(self.${field})`,
  message: `overrideConfig and ${field} are mutually exclusive; a configuration of your own is not changed`,
  reason: "FieldValueForbidden",
  fieldPath: `.${field}`,
}));

const folded = (text: string) => `${text}.replace('_', '').lowerAscii()`;

const disabledRules: readonly CelRule[] = providerSections.map((section) => ({
  rule: `!has(self.disabled) || !has(self.providers) || !has(self.providers.${section}) || self.providers.${section}.size() == 0 || self.disabled.all(api, ${folded("api")} != '${section.toLowerCase()}')`,
  message: `disabled names the API ${section}; remove it there, or remove providers.${section}`,
  reason: "FieldValueForbidden",
  fieldPath: `.providers.${section}`,
}));

/** spec of LlamaStackDistribution v1alpha2. */
export const llamaStackDistributionSpec = Type.Object(
  {
    distribution,
    providers: Type.Optional(providers),
    resources: Type.Optional(registered),
    storage: Type.Optional(
      Type.Object(
        { kv: Type.Optional(kv), sql: Type.Optional(sql) },
        { description: "Where the server keeps its state; as the distribution has it when absent." },
      ),
    ),
    disabled: Type.Optional(
      Type.Array(Type.String({ description: "An API.", minLength: 1, maxLength: 63 }), {
        description: "APIs the server does not offer, such as eval and postTraining.",
        minItems: 1,
        maxItems: 32,
        ...listSet,
      }),
    ),
    networking: Type.Optional(networking),
    workload: Type.Optional(workload),
    externalProviders: Type.Optional(externalProviders),
    overrideConfig: Type.Optional(
      Type.Object(
        {
          configMapName: Type.String({
            description: "Name of the ConfigMap in the same namespace.",
            minLength: 1,
            maxLength: 253,
          }),
        },
        {
          description:
            "ConfigMap whose keys are mounted at /etc/llama-stack; config.yaml is the server's configuration as it stands there.",
        },
      ),
    ),
  },
  {
    description: "The wanted state.",
    ...celRules(...overrideRules, ...disabledRules),
  },
);

/** LlamaStackDistribution v1alpha2 without apiVersion, kind and metadata. */
export const llamaStackDistribution = Type.Object(
  { spec: llamaStackDistributionSpec, status: Type.Optional(llamaStackDistributionStatus) },
  { description: "One Llama Stack server, its configuration made from what it is for." },
);
