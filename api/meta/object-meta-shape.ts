/** What Go's ObjectMeta is made of, for decode errors that must name Go types, and for the order of its fields. */
export type MetaType =
  | {
      readonly kind: "string";
      readonly go: string;
      /** Encoded even when empty. */
      readonly always?: true;
    }
  | { readonly kind: "int64"; readonly go: string; readonly pointer?: true }
  | { readonly kind: "bool"; readonly go: string }
  | { readonly kind: "time" | "any"; readonly go: string }
  | { readonly kind: "map" }
  | { readonly kind: "list"; readonly go: string; readonly item: MetaType }
  | { readonly kind: "struct"; readonly go: string; readonly fields: ReadonlyMap<string, MetaType> };

const text: MetaType & { kind: "string" } = { kind: "string", go: "string" };
const int64: MetaType = { kind: "int64", go: "int64" };
const bool: MetaType = { kind: "bool", go: "bool" };
const time: MetaType = { kind: "time", go: "string" };
const uid: MetaType & { kind: "string" } = { kind: "string", go: "types.UID" };

const ownerReference: MetaType = {
  kind: "struct",
  go: "OwnerReference",
  fields: new Map<string, MetaType>([
    ["apiVersion", { ...text, always: true }],
    ["kind", { ...text, always: true }],
    ["name", { ...text, always: true }],
    ["uid", { ...uid, always: true }],
    ["controller", bool],
    ["blockOwnerDeletion", bool],
  ]),
};

const managedFieldsEntry: MetaType = {
  kind: "struct",
  go: "ManagedFieldsEntry",
  fields: new Map<string, MetaType>([
    ["manager", text],
    ["operation", { kind: "string", go: "v1.ManagedFieldsOperationType" }],
    ["apiVersion", text],
    ["time", time],
    ["fieldsType", text],
    ["fieldsV1", { kind: "any", go: "" }],
    ["subresource", text],
  ]),
};

/** ObjectMeta with its fields in the order Go encodes them. */
export const objectMetaShape: MetaType & { kind: "struct" } = {
  kind: "struct",
  go: "ObjectMeta",
  fields: new Map<string, MetaType>([
    ["name", text],
    ["generateName", text],
    ["namespace", text],
    ["selfLink", text],
    ["uid", uid],
    ["resourceVersion", text],
    ["generation", int64],
    ["creationTimestamp", time],
    ["deletionTimestamp", time],
    ["deletionGracePeriodSeconds", { kind: "int64", go: "int64", pointer: true }],
    ["labels", { kind: "map" }],
    ["annotations", { kind: "map" }],
    ["ownerReferences", { kind: "list", go: "[]v1.OwnerReference", item: ownerReference }],
    ["finalizers", { kind: "list", go: "[]string", item: text }],
    ["managedFields", { kind: "list", go: "[]v1.ManagedFieldsEntry", item: managedFieldsEntry }],
  ]),
};
