import { Type } from "typebox";
import type { TUnsafe } from "typebox";
import { anyObject, int64, listAtomic, listMap, quantityPattern, stringEnum, stringMap } from "./schema.ts";

const optionalFlag = (what: string) =>
  Type.Optional(Type.Boolean({ description: `Whether the ${what} may be absent without an error.` }));
const objectName = (what: string) =>
  Type.Optional(Type.String({ description: `Name of the ${what} in the same namespace.`, maxLength: 253 }));

const keySelector = (what: string) =>
  Type.Object(
    {
      name: objectName(what),
      key: Type.String({ description: `Key in the ${what}.`, maxLength: 253 }),
      optional: optionalFlag(`${what} or its key`),
    },
    { description: `One key of a ${what}.`, "x-kubernetes-map-type": "atomic" },
  );

const divisor: TUnsafe<string | number> = Type.Unsafe<string | number>({
  anyOf: [{ type: "integer" }, { type: "string" }],
  pattern: quantityPattern,
  "x-kubernetes-int-or-string": true,
  description: "The value is divided by this quantity; 1 when absent.",
});

const envVarSource = Type.Object(
  {
    configMapKeyRef: Type.Optional(keySelector("ConfigMap")),
    secretKeyRef: Type.Optional(keySelector("Secret")),
    fieldRef: Type.Optional(
      Type.Object(
        {
          apiVersion: Type.Optional(
            Type.String({ description: "Version the path is written in; v1 when absent.", maxLength: 253 }),
          ),
          fieldPath: Type.String({ description: "Path of the field in the pod.", maxLength: 1024 }),
        },
        { description: "A field of the pod.", "x-kubernetes-map-type": "atomic" },
      ),
    ),
    resourceFieldRef: Type.Optional(
      Type.Object(
        {
          containerName: Type.Optional(
            Type.String({ description: "Name of the container; optional for env vars.", maxLength: 63 }),
          ),
          resource: Type.String({ description: "The resource, such as limits.memory.", maxLength: 253 }),
          divisor: Type.Optional(divisor),
        },
        { description: "A resource of the container.", "x-kubernetes-map-type": "atomic" },
      ),
    ),
    fileKeyRef: Type.Optional(
      Type.Object(
        {
          volumeName: Type.String({
            description: "Name of the volume mount that holds the file.",
            maxLength: 63,
          }),
          path: Type.String({
            description: "Path of the file inside the volume; relative.",
            maxLength: 4096,
          }),
          key: Type.String({ description: "Key in the file.", maxLength: 253 }),
          optional: optionalFlag("file or its key"),
        },
        { description: "One key of an env file in a volume.", "x-kubernetes-map-type": "atomic" },
      ),
    ),
  },
  { description: "Where the value comes from, when it is not written in place." },
);

/** core/v1 EnvVar. */
export const envVar = Type.Object(
  {
    name: Type.String({ description: "Name of the variable.", minLength: 1, maxLength: 253 }),
    value: Type.Optional(
      Type.String({ description: "The value; may refer to earlier variables as $(NAME).", maxLength: 32768 }),
    ),
    valueFrom: Type.Optional(envVarSource),
  },
  {
    description: "An environment variable of the serving containers.",
    "x-kubernetes-validations": [
      {
        rule: "!has(self.valueFrom) || !has(self.value) || self.value == ''",
        message: "may not be specified when value is not empty",
        fieldPath: ".valueFrom",
      },
    ],
  },
);

/** core/v1 Toleration. */
export const toleration = Type.Object(
  {
    key: Type.Optional(
      Type.String({
        description: "The taint key; absent with operator Exists matches every taint.",
        maxLength: 316,
      }),
    ),
    operator: Type.Optional(
      stringEnum(["Exists", "Equal", "Lt", "Gt"], {
        description: "How key and value are compared; Equal when absent.",
      }),
    ),
    value: Type.Optional(
      Type.String({ description: "The taint value; empty with operator Exists.", maxLength: 63 }),
    ),
    effect: Type.Optional(
      stringEnum(["NoSchedule", "PreferNoSchedule", "NoExecute"], {
        description: "The taint effect; absent matches every effect.",
      }),
    ),
    tolerationSeconds: Type.Optional(
      int64({ description: "How long a NoExecute taint is tolerated; absent means forever." }),
    ),
  },
  { description: "A taint the pods tolerate." },
);

/** The pods' environment. */
export const envList = Type.Array(envVar, {
  description: "Environment variables of the serving containers.",
  maxItems: 256,
  ...listMap("name"),
});

/** The taints the pods tolerate. */
export const tolerationList = Type.Array(toleration, {
  description: "Taints the serving pods tolerate, beside those the provider adds for its accelerators.",
  maxItems: 64,
  ...listAtomic,
});

/** The labels a node must have. */
export const nodeSelector = stringMap({
  description: "Labels a node must have to run the serving pods.",
  maxProperties: 64,
  maxLength: 63,
});

/** Labels and annotations of the pods. */
export const podTemplateMetadata = Type.Object(
  {
    labels: Type.Optional(
      stringMap({
        description: "Labels added to the serving pods. Labels the provider selects by cannot be replaced.",
        maxProperties: 64,
        maxLength: 63,
      }),
    ),
    annotations: Type.Optional(
      stringMap({
        description: "Annotations added to the serving pods.",
        maxProperties: 64,
        maxLength: 65536,
      }),
    ),
  },
  { description: "Metadata of the serving pods." },
);

/** Plain pod configuration, the same for every kind that runs a server. */
export const workload = Type.Object(
  {
    env: Type.Optional(envList),
    nodeSelector: Type.Optional(nodeSelector),
    tolerations: Type.Optional(tolerationList),
    podTemplate: Type.Optional(
      Type.Object(
        {
          metadata: Type.Optional(podTemplateMetadata),
          spec: Type.Optional(
            anyObject(
              "A partial PodSpec merged over the rendered pods by strategic merge: whatever has no field of its own, such as affinity, sidecars or volumes. Setting it needs the verb override on modeldeployments.",
            ),
          ),
        },
        { description: "Metadata and pod settings merged into every pod that serves the model." },
      ),
    ),
  },
  { description: "Configuration of the pods that serve the model." },
);
