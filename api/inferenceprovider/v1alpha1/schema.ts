import { Type } from "typebox";
import { conditions } from "../../common/condition.ts";
import {
  dateTime,
  int32,
  int64,
  listAtomic,
  listMap,
  listSet,
  quantity,
  stringMap,
  stringEnum,
} from "../../common/schema.ts";
import { apiFormats, engineTypes, servingModes } from "../../modeldeployment/enumerations.ts";

const enforcement = (description: string) =>
  stringEnum(["Enforce", "Warn"], { description, default: "Enforce" });

const engineCapability = Type.Object(
  {
    name: stringEnum(engineTypes, { description: "The engine." }),
    servingModes: Type.Optional(
      Type.Array(stringEnum(servingModes, { description: "A serving mode." }), {
        description: "Serving modes the provider supports with this engine; none when absent.",
        maxItems: 2,
        ...listSet,
      }),
    ),
    gpuSupport: Type.Optional(Type.Boolean({ description: "Whether models can run on accelerators." })),
    cpuSupport: Type.Optional(Type.Boolean({ description: "Whether models can run without accelerators." })),
    apiFormats: Type.Optional(
      Type.Array(stringEnum(apiFormats, { description: "An API format." }), {
        description:
          "API formats the served endpoint speaks, for people to read: no deployment asks for one, so it does not count in selection.",
        maxItems: 3,
        ...listSet,
      }),
    ),
    requiresCRD: Type.Optional(
      Type.Boolean({
        description:
          "Whether this engine needs a resource kind of the provider's own, for people to read: readiness follows what is served.",
      }),
    ),
  },
  { description: "What the provider can do with one engine." },
);

const selectionRule = Type.Object(
  {
    condition: Type.String({
      description:
        "CEL expression over the variable spec, the v1alpha2 spec being admitted; absent fields read as their zero value.",
      minLength: 1,
      maxLength: 4096,
    }),
    priority: Type.Optional(
      int32({
        description:
          "Priority of the provider when the condition holds. The highest rule that holds counts; ties go to the smaller name.",
        minimum: 0,
        maximum: 1000000,
        default: 0,
      }),
    ),
  },
  { description: "Raises the priority of the provider for some deployments." },
);

const ceilings = Type.Object(
  {
    gpus: Type.Optional(int32({ description: "Most accelerators per replica.", minimum: 0 })),
    replicas: Type.Optional(int32({ description: "Most replicas per component.", minimum: 0 })),
    cpu: Type.Optional(quantity("Most CPU per replica.")),
    memory: Type.Optional(quantity("Most memory per replica.")),
  },
  { description: "Upper limits for deployments on this provider; what is absent comes from the server." },
);

const policy = Type.Object(
  {
    missingCRD: Type.Optional(
      enforcement(
        "What happens when the provider's resource kind is not installed: refuse the deployment or warn.",
      ),
    ),
    references: Type.Optional(
      Type.Object(
        {
          secrets: Type.Optional(enforcement("What happens when a named Secret or its key does not exist.")),
          configMaps: Type.Optional(enforcement("What happens when a named ConfigMap does not exist.")),
          persistentVolumeClaims: Type.Optional(
            enforcement("What happens when a named PersistentVolumeClaim does not exist."),
          ),
        },
        {
          description:
            "How strictly references are checked, by kind; Warn lets GitOps apply things in any order.",
        },
      ),
    ),
    ceilings: Type.Optional(ceilings),
    overridePaths: Type.Optional(
      Type.Array(
        Type.String({
          description: "Steps joined by dots; * stands for every key of a map or item of a list.",
          minLength: 1,
          maxLength: 512,
        }),
        {
          description:
            "Fields of the provider's resource that spec.provider.overrides may set, with all below them: spec.template.spec.tolerations. An empty list forbids overrides; every field that is not forbidden anyway when absent.",
          maxItems: 64,
          ...listSet,
        },
      ),
    ),
    allowedImages: Type.Optional(
      Type.Array(
        Type.String({ description: "A prefix, or an image reference.", minLength: 1, maxLength: 1024 }),
        {
          description:
            "Images deployments on this provider may name: a reference, or a prefix that ends in / or *. Every image when absent.",
          maxItems: 64,
          ...listSet,
        },
      ),
    ),
  },
  { description: "What administrators allow on this provider." },
);

const operatorDeployment = Type.Object(
  {
    namespace: Type.Optional(Type.String({ description: "Its namespace; any when absent.", maxLength: 63 })),
    matchLabels: stringMap({
      description: "Labels the Deployment has.",
      maxProperties: 16,
      maxLength: 63,
    }),
  },
  { description: "A Deployment by its labels; alive when it has an available replica." },
);

const operatorLease = Type.Object(
  {
    namespace: Type.String({ description: "Its namespace.", minLength: 1, maxLength: 63 }),
    name: Type.String({ description: "Its name.", minLength: 1, maxLength: 253 }),
  },
  { description: "A Lease the operator holds; alive when it was renewed in time." },
);

const operator = Type.Object(
  {
    deployments: Type.Optional(
      Type.Array(operatorDeployment, {
        description: "Deployments of which one has to have an available replica.",
        maxItems: 8,
        ...listAtomic,
      }),
    ),
    leases: Type.Optional(
      Type.Array(operatorLease, {
        description: "Leases of which one has to be held; asked when no Deployment is alive.",
        maxItems: 8,
        ...listAtomic,
      }),
    ),
  },
  {
    description:
      "How to tell that the provider's operator is alive. When nothing is named, the kind being served is enough.",
  },
);

/** spec of InferenceProvider v1alpha1. */
export const inferenceProviderSpec = Type.Object(
  {
    capabilities: Type.Optional(
      Type.Object(
        {
          engines: Type.Optional(
            Type.Array(engineCapability, {
              description: "Engines the provider can run.",
              maxItems: 16,
              ...listMap("name"),
            }),
          ),
        },
        { description: "What the provider can do." },
      ),
    ),
    selectionRules: Type.Optional(
      Type.Array(selectionRule, {
        description: "When this provider is preferred for deployments that name none.",
        maxItems: 64,
        ...listAtomic,
      }),
    ),
    restricted: Type.Optional(
      Type.Boolean({
        description: "Whether a user needs the verb use on this provider to have a deployment served by it.",
      }),
    ),
    policy: Type.Optional(policy),
    operator: Type.Optional(operator),
    failoverAfterSeconds: Type.Optional(
      int32({
        description:
          "How long the provider has to be not ready before deployments with spec.provider.failover move to another; 300 when absent.",
        minimum: 0,
        maximum: 86400,
      }),
    ),
  },
  { description: "Capabilities and policy of the provider." },
);

/** status of InferenceProvider v1alpha1. */
export const inferenceProviderStatus = Type.Object(
  {
    ready: Type.Optional(
      Type.Boolean({
        description: "Whether the provider can take deployments; unready ones are never chosen.",
      }),
    ),
    version: Type.Optional(
      Type.String({ description: "apiVersion of the provider's kind that is written." }),
    ),
    lastHeartbeat: Type.Optional(dateTime("When readiness was last established.")),
    observedGeneration: Type.Optional(
      int64({ description: "The metadata.generation this status was computed for." }),
    ),
    selectionRuleErrors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            index: int32({ description: "Index of the rule in spec.selectionRules.", minimum: 0 }),
            condition: Type.String({ description: "The rule's condition." }),
            message: Type.String({ description: "Why it cannot be evaluated." }),
          },
          { description: "A selection rule that failed; it counts as not matching." },
        ),
        { description: "Selection rules that failed to compile or to evaluate.", ...listAtomic },
      ),
    ),
    conditions: Type.Optional(conditions("Observations about the provider: Ready, SelectionRulesValid.")),
  },
  { description: "Health of the provider; written by Hawsepipe only." },
);

/** InferenceProvider v1alpha1 without apiVersion, kind and metadata. */
export const inferenceProvider = Type.Object(
  { spec: inferenceProviderSpec, status: Type.Optional(inferenceProviderStatus) },
  {
    description:
      "An operator or built-in way of serving models: what it can do, when it is chosen, who may use it.",
  },
);
