import type { KubeObject } from "../../../api/meta/types.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import { StorageError } from "../store.ts";
import { recordName } from "./record-name.ts";
import { packValue, unpackValue } from "./value-packing.ts";

/**
 * The form of a record in the host. A record either holds a key's value, or is a tombstone (the key was deleted, its
 * last value is kept for a while), or is a mark: `anchor` gives an empty store its revision, `barrier` is written by
 * readers.
 */

/** Records in the host's API. */
export const recordResource: ResourceRef = {
  group: "storage.hawsepipe.dev",
  version: "v1",
  resource: "records",
  kind: "Record",
  namespaced: true,
};

export const anchorName = "anchor";
export const barrierName = "barrier";

/** A record of a key as this process knows it. */
export interface RecordState {
  readonly key: string;
  readonly name: string;
  readonly uid: string;
  /** Counts the writes of this record: the host raises it with each change of the spec, and every write changes it. */
  readonly generation: number;
  readonly revision: number;
  /** The write that made this state. */
  readonly write: string;
  readonly isDeleted: boolean;
  /** The last value when it is deleted. */
  readonly value: Buffer;
}

/** The record to write; `base` is the state it replaces. */
export function encodeRecord(
  namespace: string,
  key: string,
  spec: { readonly value: Buffer; readonly write: string; readonly isDeleted: boolean },
  base?: Pick<RecordState, "revision">,
): KubeObject {
  return {
    apiVersion: "storage.hawsepipe.dev/v1",
    kind: "Record",
    metadata: {
      name: recordName(key),
      namespace,
      ...(base === undefined ? {} : { resourceVersion: String(base.revision) }),
    },
    spec: {
      key,
      ...packValue(spec.value),
      write: spec.write,
      ...(spec.isDeleted ? { deleted: true } : {}),
    },
  };
}

/** A mark of the given name. */
export function encodeMark(namespace: string, name: string, write: string): KubeObject {
  return {
    apiVersion: "storage.hawsepipe.dev/v1",
    kind: "Record",
    metadata: { name, namespace },
    spec: { write },
  };
}

/**
 * The state a record of the host tells; undefined for a mark. Throws Corrupt when it is no record this store wrote.
 * `valueOf` gives the value of a write of this process, which need not be unpacked.
 */
export function decodeRecord(
  object: KubeObject,
  valueOf: (write: string) => Buffer | undefined = () => undefined,
): RecordState | undefined {
  const { name = "", uid = "", generation = 0 } = object.metadata;
  if (isMark(name)) return undefined;
  const spec: JsonObject = isObject(object.spec) ? object.spec : {};
  const key = textOf(spec, "key");
  if (key === undefined || recordName(key) !== name) {
    throw new StorageError("Corrupt", key ?? "", `record ${name} does not hold the key its name is made of`);
  }
  const write = textOf(spec, "write") ?? "";
  return {
    key,
    name,
    uid,
    generation,
    revision: revisionOf(object),
    write,
    isDeleted: getKey(spec, "deleted") === true,
    value: valueOf(write) ?? unpack(key, spec),
  };
}

/** The host's resourceVersion of an object. */
export function revisionOf(object: KubeObject): number {
  return parseRevision(object.metadata.resourceVersion, object.metadata.name ?? "");
}

/** A resourceVersion of the host as a number. */
export function parseRevision(text: string | undefined, name: string): number {
  const revision = Number(text);
  if (Number.isSafeInteger(revision) && revision > 0) return revision;
  throw new StorageError(
    "Corrupt",
    "",
    `the host answered no usable resourceVersion for ${name}: ${text ?? ""}`,
  );
}

/** Whether the record is no key's. */
export const isMark = (name: string): boolean => name === anchorName || name === barrierName;

function unpack(key: string, spec: JsonObject): Buffer {
  const value = textOf(spec, "value");
  const encoding = textOf(spec, "encoding");
  try {
    if (value !== undefined && encoding !== undefined) return unpackValue({ value, encoding });
  } catch (error) {
    throw new StorageError("Corrupt", key, `the record of ${key} holds a damaged value`, error);
  }
  throw new StorageError("Corrupt", key, `the record of ${key} holds no value`);
}

function textOf(object: JsonObject, name: string): string | undefined {
  const value = getKey(object, name);
  return typeof value === "string" ? value : undefined;
}
