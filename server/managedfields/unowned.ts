import { FieldSet } from "../../machinery/smd/field-set.ts";
import { fieldElement } from "../../machinery/smd/path-element.ts";

const metadataField = fieldElement("metadata");

/** What nobody owns: identity and what the server itself maintains. */
export const unowned = FieldSet.of(
  [fieldElement("apiVersion")],
  [fieldElement("kind")],
  [metadataField],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => [metadataField, fieldElement(name)]),
);
