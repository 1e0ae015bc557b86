/**
 * Metadata of objects and lists as kube-apiserver writes them in protobuf, the one form of a custom resource that has
 * messages: every text and the generation are there also when they are empty, what is behind a pointer in Go only when it
 * is set, and the entries of a map are sorted by key.
 */
import { compareUtf8, encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import type { ListMeta } from "../printers/list-meta.ts";
import type { MessageWriter } from "./writer.ts";
import { message } from "./writer.ts";

/** A PartialObjectMetadata of this metadata, without its envelope. */
export function encodePartialMetadata(metadata: JsonValue | undefined): Buffer {
  const fields = isObject(metadata) ? metadata : {};
  return message((w) => {
    w.bytes(1, encodeObjectMeta(fields));
  });
}

/** A PartialObjectMetadataList of encoded items, without its envelope. */
export function encodePartialList(meta: ListMeta, items: readonly Buffer[]): Buffer {
  return message((w) => {
    w.bytes(
      1,
      message((list) => {
        list.bytes(1, "");
        list.bytes(2, meta.resourceVersion);
        list.bytes(3, meta.continue);
        if (meta.remainingItemCount !== undefined) list.varint(4, meta.remainingItemCount);
      }),
    );
    for (const item of items) w.bytes(2, item);
  });
}

function encodeObjectMeta(metadata: JsonObject): Buffer {
  return message((w) => {
    texts(w, metadata, {
      1: "name",
      2: "generateName",
      3: "namespace",
      4: "selfLink",
      5: "uid",
      6: "resourceVersion",
    });
    w.varint(7, integer(getKey(metadata, "generation")) ?? 0);
    w.bytes(8, encodeTime(getKey(metadata, "creationTimestamp")));
    const deletion = getKey(metadata, "deletionTimestamp");
    if (typeof deletion === "string") w.bytes(9, encodeTime(deletion));
    const grace = integer(getKey(metadata, "deletionGracePeriodSeconds"));
    if (grace !== undefined) w.varint(10, grace);
    textMap(w, 11, getKey(metadata, "labels"));
    textMap(w, 12, getKey(metadata, "annotations"));
    for (const owner of objects(getKey(metadata, "ownerReferences"))) w.bytes(13, encodeOwner(owner));
    for (const finalizer of list(getKey(metadata, "finalizers"))) w.bytes(14, text(finalizer));
    for (const entry of objects(getKey(metadata, "managedFields"))) w.bytes(17, encodeManager(entry));
  });
}

function encodeOwner(owner: JsonObject): Buffer {
  return message((w) => {
    texts(w, owner, { 1: "kind", 3: "name", 4: "uid", 5: "apiVersion" });
    for (const [number, key] of [
      [6, "controller"],
      [7, "blockOwnerDeletion"],
    ] as const) {
      const value = getKey(owner, key);
      if (typeof value === "boolean") w.varint(number, value ? 1 : 0);
    }
  });
}

function encodeManager(entry: JsonObject): Buffer {
  return message((w) => {
    texts(w, entry, { 1: "manager", 2: "operation", 3: "apiVersion" });
    const time = getKey(entry, "time");
    if (typeof time === "string") w.bytes(4, encodeTime(time));
    texts(w, entry, { 6: "fieldsType" });
    const fields = getKey(entry, "fieldsV1");
    if (isObject(fields)) {
      w.bytes(
        7,
        message((raw) => {
          raw.bytes(1, encodeJson(fields));
        }),
      );
    }
    texts(w, entry, { 8: "subresource" });
  });
}

/** A time of seconds; no time is an empty message. */
function encodeTime(value: JsonValue | undefined): Buffer {
  const milliseconds = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(milliseconds)) return Buffer.alloc(0);
  return message((w) => {
    w.varint(1, Math.floor(milliseconds / 1000));
    w.varint(2, 0);
  });
}

function texts(w: MessageWriter, from: JsonObject, keys: Readonly<Record<number, string>>): void {
  for (const [number, key] of Object.entries(keys)) w.bytes(Number(number), text(getKey(from, key)));
}

function textMap(w: MessageWriter, number: number, value: JsonValue | undefined): void {
  if (!isObject(value)) return;
  for (const key of Object.keys(value).sort(compareUtf8)) {
    w.bytes(
      number,
      message((entry) => {
        entry.bytes(1, key);
        entry.bytes(2, text(getKey(value, key)));
      }),
    );
  }
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const integer = (value: JsonValue | undefined): number | bigint | undefined =>
  typeof value === "number" || typeof value === "bigint" ? value : undefined;
const list = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);
const objects = (value: JsonValue | undefined): readonly JsonObject[] => list(value).filter(isObject);
