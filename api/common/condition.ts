import { Type } from "typebox";
import { dateTime, int64, listMap, stringEnum } from "./schema.ts";

/** metav1.Condition with the limits Kubernetes publishes for it. */
export const condition = Type.Object(
  {
    type: Type.String({
      description: "Type of the condition in CamelCase or in foo.example.com/CamelCase.",
      maxLength: 316,
      pattern:
        "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    }),
    status: stringEnum(["True", "False", "Unknown"], { description: "Whether the condition holds." }),
    observedGeneration: Type.Optional(
      int64({ description: "The metadata.generation this condition was computed for.", minimum: 0 }),
    ),
    lastTransitionTime: dateTime("When the status of the condition last changed."),
    reason: Type.String({
      description: "Why the condition last changed, as one CamelCase word programs can match.",
      minLength: 1,
      maxLength: 1024,
      pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    }),
    message: Type.String({ description: "The same for people; may be empty.", maxLength: 32768 }),
  },
  { description: "One observation about the object." },
);

/** A list of conditions, one per type. */
export const conditions = (description: string) => Type.Array(condition, { description, ...listMap("type") });
