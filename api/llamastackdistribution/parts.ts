/**
 * The parts of LlamaStackDistribution that are the same in every version: what concerns pods, claims and the network.
 *
 * What a default would change in the other version has no schema default: a port written into a v1alpha1 object that
 * never had one would be a difference to whoever applied it. Such defaults hold where the field is used.
 */
import { Type } from "typebox";
import {
  anyObject,
  celRules,
  int32,
  int64,
  listAtomic,
  listMap,
  listSet,
  quantity,
  stringEnum,
} from "../common/schema.ts";
import { envList } from "../common/workload.ts";

const text = (description: string, maxLength: number) => Type.String({ description, maxLength });

export const distributionName = text(
  "Name of a distribution Hawsepipe knows: starter, remote-vllm, meta-reference-gpu or postgres-demo.",
  253,
);
export const distributionImage = text("Container image of a distribution of your own.", 1024);

/** What is wrong with naming a distribution twice. */
export const notNameAndImage = {
  rule: "!(has(self.name) && self.name != '' && has(self.image) && self.image != '')",
  message: "only one of name or image may be set",
};

export const port = (description: string, minimum: number) => int32({ description, minimum, maximum: 65535 });

const amounts = (what: string) =>
  Type.Unsafe<Record<string, string | number>>({
    type: "object",
    description: what,
    maxProperties: 32,
    additionalProperties: quantity("An amount."),
  });

export const resources = Type.Object(
  {
    limits: Type.Optional(amounts("The most the container may use.")),
    requests: Type.Optional(
      amounts("What the container is scheduled by; limits where absent, and 1 CPU per worker and 1Gi."),
    ),
    claims: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: text("Name of a resource claim of the pod.", 63),
            request: Type.Optional(text("Name of the request inside the claim.", 127)),
          },
          { description: "A claim the container uses." },
        ),
        { description: "Resource claims of the pod the container uses.", maxItems: 32, ...listMap("name") },
      ),
    ),
  },
  { description: "Resources of the server's container." },
);

export const workers = int32({
  description:
    "Worker processes of a server whose configuration is generated; 1 when absent. Also the CPUs requested when none are named.",
  minimum: 1,
});

export const autoscaling = (limits: { readonly isStrict: boolean }) => {
  const at = (minimum: number) => (limits.isStrict ? { minimum } : {});
  const target = limits.isStrict ? { minimum: 1, maximum: 100 } : {};
  return Type.Object(
    {
      minReplicas: Type.Optional(
        int32({ description: "Fewest replicas; the replicas asked for when absent.", ...at(1) }),
      ),
      maxReplicas: int32({ description: "Most replicas.", ...at(1) }),
      targetCPUUtilizationPercentage: Type.Optional(
        int32({
          description: "Wanted CPU use in percent of the request; 80 when no target is set.",
          ...target,
        }),
      ),
      targetMemoryUtilizationPercentage: Type.Optional(
        int32({ description: "Wanted memory use in percent of the request.", ...target }),
      ),
    },
    {
      description: "Bounds and targets of a HorizontalPodAutoscaler.",
      ...(limits.isStrict
        ? celRules({
            rule: "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
            message: "must be greater than or equal to minReplicas",
            fieldPath: ".maxReplicas",
          })
        : {}),
    },
  );
};

export const claim = Type.Object(
  {
    size: Type.Optional(quantity("Size of the claim; 10Gi when absent.")),
    mountPath: Type.Optional(text("Where the claim is mounted; /.llama when absent.", 4096)),
  },
  {
    description:
      "A PersistentVolumeClaim for the server's files; an empty object asks for one with defaults.",
  },
);

const intOrPercent = (description: string) =>
  Type.Unsafe<number | string>({
    anyOf: [{ type: "integer" }, { type: "string" }],
    description,
    "x-kubernetes-int-or-string": true,
  });

export const podDisruptionBudget = (limits: { readonly isStrict: boolean }) =>
  Type.Object(
    {
      minAvailable: Type.Optional(intOrPercent("Pods that must stay, as a number or a percentage.")),
      maxUnavailable: Type.Optional(
        intOrPercent("Pods that may be away, as a number or a percentage; 1 when neither is set."),
      ),
    },
    {
      description: "How many pods voluntary disruptions must leave.",
      ...(limits.isStrict
        ? celRules({
            rule: "!(has(self.minAvailable) && has(self.maxUnavailable))",
            message: "only one of minAvailable or maxUnavailable may be set",
          })
        : {}),
    },
  );

const topologySpreadConstraint = Type.Object(
  {
    maxSkew: int32({ description: "By how much the numbers of pods may differ.", minimum: 1 }),
    topologyKey: text("Node label that tells the domains apart.", 316),
    whenUnsatisfiable: stringEnum(["DoNotSchedule", "ScheduleAnyway"], {
      description: "What happens to a pod that would break the constraint.",
    }),
    labelSelector: Type.Optional(anyObject("Pods that are counted; the server's own when absent.")),
    minDomains: Type.Optional(int32({ description: "Fewest domains there have to be.", minimum: 1 })),
    nodeAffinityPolicy: Type.Optional(
      stringEnum(["Honor", "Ignore"], { description: "Whether node affinity decides which nodes count." }),
    ),
    nodeTaintsPolicy: Type.Optional(
      stringEnum(["Honor", "Ignore"], { description: "Whether taints decide which nodes count." }),
    ),
    matchLabelKeys: Type.Optional(
      Type.Array(text("A label key.", 316), {
        description: "Labels of the pod whose values are added to the selector.",
        maxItems: 16,
        ...listAtomic,
      }),
    ),
  },
  { description: "How the pods are spread over the nodes." },
);

export const topologySpreadConstraints = Type.Array(topologySpreadConstraint, {
  description:
    "How the pods are spread; when absent and there is more than one replica, over regions, zones and nodes as far as possible.",
  maxItems: 16,
  ...listMap("topologyKey", "whenUnsatisfiable"),
});

const words = (description: string, maxItems: number) =>
  Type.Array(Type.String({ description: "A word.", maxLength: 32768 }), {
    description,
    maxItems,
    ...listAtomic,
  });

export const env = envList;
export const command = words(
  "Command of the server's container, in the place of what starts the server.",
  64,
);
export const args = words("Arguments of the server's container.", 256);

export const volumes = Type.Array(
  Type.Object(
    { name: text("Name of the volume.", 63) },
    { description: "A core/v1 Volume.", "x-kubernetes-preserve-unknown-fields": true },
  ),
  { description: "Volumes added to the pod.", maxItems: 64, ...listMap("name") },
);

export const volumeMounts = Type.Array(
  Type.Object(
    {
      name: text("Name of the volume.", 63),
      mountPath: text("Where it is mounted.", 4096),
      readOnly: Type.Optional(Type.Boolean({ description: "Whether the mount cannot be written to." })),
      subPath: Type.Optional(text("Path inside the volume.", 4096)),
      subPathExpr: Type.Optional(text("Path inside the volume with variables.", 4096)),
      mountPropagation: Type.Optional(
        stringEnum(["None", "HostToContainer", "Bidirectional"], { description: "How mounts spread." }),
      ),
      recursiveReadOnly: Type.Optional(
        stringEnum(["Disabled", "IfPossible", "Enabled"], {
          description: "Whether mounts below are read-only too.",
        }),
      ),
    },
    { description: "Where a volume is mounted." },
  ),
  { description: "Mounts added to the server's container.", maxItems: 64, ...listMap("mountPath") },
);

export const serviceAccountName = text("ServiceAccount of the pods; one of their own when absent.", 253);
export const terminationGracePeriodSeconds = int64({
  description: "Seconds between the signal to stop and the kill; 30 when absent, 0 kills at once.",
  minimum: 0,
});

const caBundleKey = Type.String({
  description: "A key of the ConfigMap.",
  minLength: 1,
  maxLength: 253,
  pattern: "^[A-Za-z0-9]([A-Za-z0-9_-]|[.][A-Za-z0-9_-])*$",
});

/** Certificates of authorities the server trusts. `namespace` tells whether another namespace may be named. */
export const caBundle = Type.Object(
  {
    configMapName: Type.String({ description: "Name of the ConfigMap.", minLength: 1, maxLength: 253 }),
    configMapNamespace: Type.Optional(text("Namespace of the ConfigMap; the object's own when absent.", 63)),
    configMapKeys: Type.Optional(
      Type.Array(caBundleKey, {
        description: "Keys whose certificates are trusted; ca-bundle.crt when absent.",
        maxItems: 50,
        ...listAtomic,
      }),
    ),
  },
  {
    description:
      "ConfigMap with certificates of authorities the server trusts when it calls others. It takes the place of the image's own list.",
  },
);

export const allowedFrom = Type.Object(
  {
    namespaces: Type.Optional(
      Type.Array(text("A namespace, or * for all.", 63), {
        description: "Namespaces whose pods may call the server; * allows all.",
        maxItems: 256,
        ...listSet,
      }),
    ),
    labels: Type.Optional(
      Type.Array(text("A label key.", 316), {
        description: "Keys of labels; pods of a namespace that has one of them may call the server.",
        maxItems: 256,
        ...listSet,
      }),
    ),
  },
  { description: "Who may call the server; a NetworkPolicy when set. Pods of its own namespace always may." },
);
