import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { decodeFieldsV1, encodeFieldsV1 } from "../../machinery/smd/fields-v1.ts";
import type { FieldSet } from "../../machinery/smd/field-set.ts";
import { emptySet } from "../../machinery/smd/field-set.ts";
import type { VersionedSet } from "../../machinery/smd/managers.ts";
import { compareText } from "../../machinery/smd/order.ts";

/** Who owns what, and when each manager last changed something. Keys are printed identities. */
export interface Managed {
  readonly managers: ReadonlyMap<string, VersionedSet>;
  /** RFC 3339, UTC, seconds. Managers may lack one. */
  readonly times: ReadonlyMap<string, string>;
}

/** What tells managers apart. Appliers are the same whatever version they apply at. */
export interface Identity {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  /** Only for Update. */
  readonly apiVersion?: string;
  readonly subresource?: string;
}

export const nothingManaged: Managed = { managers: new Map(), times: new Map() };

/** The identity as a map key. */
export function printIdentity({ manager, operation, apiVersion, subresource }: Identity): string {
  return JSON.stringify({
    manager,
    operation,
    ...(operation === "Apply" || apiVersion === undefined ? {} : { apiVersion }),
    ...(subresource === undefined || subresource === "" ? {} : { subresource }),
  });
}

/** The identity of a map key. */
export const parseIdentity = (key: string): Identity => JSON.parse(key) as Identity;

// Sets keep the JSON they came from, so what a write does not touch is neither encoded again nor changed.
const encodings = new WeakMap<FieldSet, JsonObject>();

const text = (entry: JsonObject, key: string): string => {
  const value = getKey(entry, key);
  return typeof value === "string" ? value : "";
};

/** What decodeManaged throws; the message is kube-apiserver's. */
export class ManagedFieldsError extends Error {
  override readonly name = "ManagedFieldsError";
}

/** Reads metadata.managedFields; absent counts as empty. Throws ManagedFieldsError when any entry is malformed. */
export function decodeManaged(object: JsonObject | undefined): Managed {
  const entries = getPath(object, "metadata", "managedFields");
  if (!Array.isArray(entries)) return nothingManaged;
  const managers = new Map<string, VersionedSet>();
  const times = new Map<string, string>();
  for (const [index, entry] of entries.entries()) {
    const { key, versioned, time } = decodeEntry(isObject(entry) ? entry : {}, index);
    managers.set(key, versioned);
    if (time === "") times.delete(key);
    else times.set(key, time);
  }
  return { managers, times };
}

/** Like decodeManaged, but answers undefined for what cannot be read. */
export function decodeManagedOrNone(object: JsonObject | undefined): Managed | undefined {
  try {
    return decodeManaged(object);
  } catch (error) {
    if (error instanceof ManagedFieldsError) return undefined;
    throw error;
  }
}

interface DecodedEntry {
  readonly key: string;
  readonly versioned: VersionedSet;
  readonly time: string;
}

function decodeEntry(entry: JsonObject, index: number): DecodedEntry {
  const operation = text(entry, "operation");
  const apiVersion = text(entry, "apiVersion");
  const fieldsType = text(entry, "fieldsType");
  const time = text(entry, "time");
  if (operation !== "Apply" && operation !== "Update") fail("operation must be `Apply` or `Update`");
  if (apiVersion === "") fail("apiVersion must not be empty");
  if (fieldsType === "") fail(`missing fieldsType in managed fields entry ${String(index)}`);
  if (fieldsType !== "FieldsV1") {
    fail(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${String(index)}`);
  }
  if (time !== "" && Number.isNaN(Date.parse(time))) {
    fail(`invalid time ${JSON.stringify(time)} in managed fields entry ${String(index)}`);
  }
  const key = printIdentity({
    manager: text(entry, "manager"),
    operation,
    apiVersion,
    subresource: text(entry, "subresource"),
  });
  const set = decodeSet(getKey(entry, "fieldsV1"));
  return { key, versioned: { set, apiVersion, applied: operation === "Apply" }, time };
}

function fail(message: string, cause?: unknown): never {
  throw new ManagedFieldsError(message, { cause });
}

function decodeSet(fields: JsonValue | undefined): FieldSet {
  if (fields === undefined || fields === null) return emptySet;
  try {
    const set = decodeFieldsV1(fields);
    if (set !== emptySet && isObject(fields)) encodings.set(set, fields);
    return set;
  } catch (cause) {
    return fail(`error decoding set: ${(cause as Error).message}`, cause);
  }
}

/** The entries as stored in metadata.managedFields, sorted; undefined when there are none. */
export function encodeManaged({ managers, times }: Managed): JsonObject[] | undefined {
  if (managers.size === 0) return undefined;
  const entries = [...managers].map(([key, versioned]) => encodeEntry(key, versioned, times.get(key)));
  return entries.sort(compareEntries);
}

function encodeEntry(
  key: string,
  { set, apiVersion, applied }: VersionedSet,
  time: string | undefined,
): JsonObject {
  const { manager, subresource } = parseIdentity(key);
  // In the order in which they are stored, which spares the encoder to bring them into it.
  return {
    apiVersion,
    fieldsType: "FieldsV1",
    fieldsV1: encodings.get(set) ?? encodeFieldsV1(set),
    manager,
    operation: applied ? "Apply" : "Update",
    ...(subresource === undefined ? {} : { subresource }),
    ...(time === undefined ? {} : { time }),
  };
}

/** Seconds since the epoch, 0 for no time: the precision managers are ordered by. */
export const secondsOf = (time: string | undefined): number =>
  time === undefined || time === "" ? 0 : Math.floor(Date.parse(time) / 1000);

function compareEntries(a: JsonObject, b: JsonObject): number {
  return (
    compareText(text(a, "operation"), text(b, "operation")) ||
    secondsOf(text(a, "time")) - secondsOf(text(b, "time")) ||
    compareText(text(a, "manager"), text(b, "manager")) ||
    compareText(text(a, "apiVersion"), text(b, "apiVersion")) ||
    compareText(text(a, "subresource"), text(b, "subresource"))
  );
}

/** Whether the object asks for its managed fields to be cleared: exactly one empty entry. */
export function isReset(object: JsonObject): boolean {
  const entries = getPath(object, "metadata", "managedFields");
  if (!Array.isArray(entries) || entries.length !== 1) return false;
  const [entry] = entries;
  return isObject(entry) && Object.keys(entry).length === 0;
}

/** The object with other managed fields, or none; everything but metadata is shared. */
export function withManagedFields(
  object: JsonObject,
  entries: readonly JsonObject[] | undefined,
): JsonObject {
  const stored = getKey(object, "metadata");
  if (entries === undefined && (!isObject(stored) || !Object.hasOwn(stored, "managedFields"))) return object;
  const metadata: JsonObject = isObject(stored) ? { ...stored } : {};
  if (entries === undefined) delete metadata["managedFields"];
  else metadata["managedFields"] = [...entries];
  return { ...object, metadata };
}
