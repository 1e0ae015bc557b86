import type { StorageErrorKind } from "../store.ts";

/**
 * What the store and its worker say to each other. Both directions keep their order, which the store relies on: what
 * the worker answers describes the state after everything it sent before. Many rows travel as one list of keys, one
 * array of numbers and one array of bytes, because cloning many small objects costs more than the commit.
 */
export type WorkerRequest =
  | { readonly op: "write"; readonly writes: Packed }
  | { readonly op: "get"; readonly id: number; readonly key: string }
  | { readonly op: "list"; readonly id: number; readonly prefix: string }
  | { readonly op: "log"; readonly id: number; readonly prefix: string; readonly after: number }
  | { readonly op: "compact"; readonly id: number; readonly revision: number }
  | { readonly op: "backup"; readonly id: number; readonly path: string }
  | { readonly op: "close"; readonly id: number };

export type WorkerReply =
  | { readonly op: "open"; readonly revision: number; readonly floor: number }
  /** The outcomes of the oldest unanswered writes, all durable. */
  | { readonly op: "committed"; readonly outcomes: Packed }
  /** The oldest unanswered writes all failed and left nothing behind. */
  | { readonly op: "uncommitted"; readonly count: number; readonly error: PlainError }
  | { readonly op: "rows"; readonly id: number; readonly rows: Packed; readonly isLast: boolean }
  | { readonly op: "done"; readonly id: number; readonly number: number }
  | { readonly op: "failed"; readonly id: number; readonly error: PlainError }
  /** The database cannot be used any more. */
  | { readonly op: "broken"; readonly error: PlainError };

export interface PlainError {
  readonly kind: StorageErrorKind;
  readonly key: string;
  readonly message: string;
}

export interface WorkerOptions {
  readonly path: string;
  readonly maxBytes: number | undefined;
}

/** The numbers of a type of event or write, in messages and in the log table. */
export const changeTypes = ["create", "update", "delete"] as const;

/** Outcomes of a write that are no revision. */
export const outcome = { keyExists: -1, conflict: -2 } as const;

export interface Packed {
  readonly keys: readonly string[];
  /** Per row its numbers, then the lengths of its blobs; -1 is no blob. */
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Row {
  readonly key: string;
  readonly numbers: readonly number[];
  readonly blobs: readonly (Buffer | undefined)[];
}

/** Gathers rows of one shape. */
export class Packer {
  #keys: string[] = [];
  #numbers: number[] = [];
  #blobs: Uint8Array[] = [];
  #size = 0;

  /** Bytes gathered. */
  get size(): number {
    return this.#size;
  }

  add(key: string, numbers: readonly number[], blobs: readonly (Uint8Array | undefined)[]): void {
    this.#keys.push(key);
    this.#numbers.push(...numbers);
    for (const blob of blobs) {
      this.#numbers.push(blob?.length ?? -1);
      if (blob === undefined) continue;
      this.#blobs.push(blob);
      this.#size += blob.length;
    }
  }

  /** Empties the packer. */
  pack(): Packed {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const blob of this.#blobs) {
      bytes.set(blob, at);
      at += blob.length;
    }
    const packed = { keys: this.#keys, numbers: Float64Array.from(this.#numbers), bytes };
    this.#keys = [];
    this.#numbers = [];
    this.#blobs = [];
    this.#size = 0;
    return packed;
  }
}

/** What to hand over instead of copying. */
export const transferOf = (packed: Packed): ArrayBuffer[] => [packed.numbers.buffer, packed.bytes.buffer];

/** The rows; each blob is a view of the bytes, so whoever keeps one for long copies it. */
export function* unpack(packed: Packed, numbersPerRow: number, blobsPerRow: number): Generator<Row> {
  const width = numbersPerRow + blobsPerRow;
  let offset = 0;
  for (const [i, key] of packed.keys.entries()) {
    const cells = Array.from(packed.numbers.subarray(i * width, (i + 1) * width));
    const blobs = cells.slice(numbersPerRow).map((length) => {
      if (length < 0) return undefined;
      const blob = Buffer.from(packed.bytes.buffer, offset, length);
      offset += length;
      return blob;
    });
    yield { key, numbers: cells.slice(0, numbersPerRow), blobs };
  }
}
