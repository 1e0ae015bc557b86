/** What the answers of the worker say, in the words of the store. */
import type { StoredValue, StoreEvent } from "../store.ts";
import { StorageError } from "../store.ts";
import type { PlainError, Row } from "./protocol.ts";
import { changeTypes, outcome } from "./protocol.ts";

/** A write as it was asked for. */
export interface Write {
  readonly type: StoreEvent["type"];
  readonly key: string;
  readonly value: Buffer | undefined;
}

const noValue = Buffer.alloc(0);

/** Its own memory: a value may be kept for long and must not keep the whole message alive. */
function ownCopy(blob: Buffer | undefined): Buffer {
  if (blob === undefined) return noValue;
  const copy = Buffer.allocUnsafeSlow(blob.length);
  blob.copy(copy);
  return copy;
}

/** The value in a row, a view of the message: whoever asked for it makes of it what is kept. */
export const readValue = ({ key, numbers: [revision = 0], blobs: [value] }: Row): StoredValue => ({
  key,
  revision,
  value: value ?? noValue,
});

/** The past event in a row. */
export function readEvent({
  key,
  numbers: [revision = 0, type = 0, previousRevision = 0],
  blobs: [value, previous],
}: Row): StoreEvent {
  return {
    type: changeTypes[type] ?? "delete",
    key,
    revision,
    value: ownCopy(value),
    ...(previousRevision === 0
      ? {}
      : { previous: { key, revision: previousRevision, value: ownCopy(previous) } }),
  };
}

/** The event of a write that was committed. */
export function eventOf(
  { type, key, value }: Write,
  revision: number,
  previousRevision: number,
  previous: Buffer | undefined,
): StoreEvent {
  const before = previous ?? noValue;
  return {
    type,
    key,
    revision,
    value: value ?? before,
    ...(previousRevision === 0 ? {} : { previous: { key, revision: previousRevision, value: before } }),
  };
}

/** Why a write was not committed; `found` is the revision its key is at. */
export function refusal(key: string, result: number, found: number): StorageError {
  if (result === outcome.keyExists) return new StorageError("KeyExists", key, `key ${key} exists`);
  const state = found === 0 ? "does not exist" : `is at revision ${found}`;
  return new StorageError("Conflict", key, `key ${key} ${state}, not at the expected revision`);
}

/** An error of the worker, whose class did not travel. */
export const asError = ({ kind, key, message }: PlainError): StorageError =>
  new StorageError(kind, key, message);
