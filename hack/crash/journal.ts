import { createHash } from "node:crypto";

/**
 * What the writing process tells before it dies, one JSON document per line of a file. A line is written with one
 * system call before the process goes on, so whatever was acknowledged to it has been told.
 */
export type JournalLine =
  | { readonly is: "ready"; readonly revision: number }
  /** About to write the value of this serial number. */
  | { readonly is: "intent"; readonly serial: number; readonly type: ChangeType; readonly key: string }
  /** The store acknowledged that write. */
  | { readonly is: "ack"; readonly serial: number; readonly revision: number }
  /** A watch of the process showed this change. */
  | { readonly is: "seen"; readonly revision: number; readonly key: string };

export type ChangeType = "create" | "update" | "delete";

/** The value that belongs to a serial number: up to 16 kB, every byte of it determined. */
export function valueOf(serial: number): Buffer {
  const digest = createHash("sha256").update(String(serial)).digest();
  const length = digest.readUInt16LE(0) % (serial % 20 === 0 ? 16_384 : 2_048);
  return Buffer.concat([Buffer.from(`${serial}:`), Buffer.alloc(length, digest)]);
}

/** The serial number of a value; undefined when it is not whole. */
export function serialOf(value: Buffer): number | undefined {
  const serial = Number(value.subarray(0, Math.max(value.indexOf(0x3a), 0)).toString());
  return Number.isSafeInteger(serial) && serial > 0 && valueOf(serial).equals(value) ? serial : undefined;
}

/** The complete lines; a last line cut off by the kill was never told. */
export function readJournal(text: string): JournalLine[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalLine);
}

/** Numbers from 0 to below 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
