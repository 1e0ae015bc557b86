import { Type } from "typebox";
import { int32, listAtomic, stringMap } from "../common/schema.ts";
import { toleration } from "../common/workload.ts";

/** How the weights get onto the volume of purpose modelCache; the same in every version. */
export const download = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        description:
          "Whether a Job fills the volume of purpose modelCache before the engine starts. Absent means yes, for a model from Hugging Face and a volume that can be written; false leaves the download to the engine.",
      }),
    ),
    image: Type.Optional(
      Type.String({
        description:
          "Image with the command hf, of the Hugging Face Hub's client; the engine's image when absent.",
        maxLength: 1024,
      }),
    ),
    ttlSecondsAfterFinished: Type.Optional(
      int32({
        description:
          "How long the Job is kept after it ended, at least a minute so that its end is seen. A failed one is tried anew then; absent keeps it.",
        minimum: 60,
      }),
    ),
    nodeSelector: Type.Optional(
      stringMap({
        description: "Labels a node must have to run the Job; those of the serving pods when absent.",
        maxProperties: 64,
        maxLength: 63,
      }),
    ),
    tolerations: Type.Optional(
      Type.Array(toleration, {
        description: "Taints the Job tolerates; those of the serving pods when absent.",
        maxItems: 64,
        ...listAtomic,
      }),
    ),
  },
  { description: "How the weights are downloaded onto a volume before the engine starts." },
);
