/**
 * Writes bodies that are made of many kept pieces. A large list is written in slices, each when the client has taken the
 * one before: what is under way is bounded, and other requests are answered between slices.
 */
import type { Writable } from "node:stream";

/** A body up to this is written at once. */
const smallBytes = 64 * 1024;
/** Enough that writing is not dominated by its overhead, and little enough that nobody waits long behind one. */
const sliceBytes = 256 * 1024;
/** More than a few large lists at a time are rare, and their buffers may go again. */
const keptBuffers = 8;

/**
 * Where slices are put together. Buffers of this size are costly to come by, and they make the collector run; so the few
 * that are in use at a time are used again.
 */
export class SliceBuffers {
  readonly #free: Buffer[] = [];
  readonly #bytes: number;

  constructor(bytes = sliceBytes) {
    this.#bytes = bytes;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
  }

  /** Only a buffer nobody reads any more. */
  giveBack(buffer: Buffer): void {
    if (this.#free.length < keptBuffers) this.#free.push(buffer);
  }
}

/** Writes all pieces, so many bytes, and ends the response. Settled when that is done or the client is gone. */
export function writeParts(
  parts: readonly Buffer[],
  total: number,
  target: Writable,
  buffers: SliceBuffers,
): Promise<void> | undefined {
  if (total <= smallBytes) {
    const [only] = parts;
    target.end(parts.length === 1 ? only : Buffer.concat(parts, total));
    return undefined;
  }
  const slices = new Slices(parts, buffers.take());
  return new Promise((resolve) => {
    target.once("close", resolve);
    const next = (error?: Error | null): void => {
      // Who knows who still reads from the buffer of a write that failed.
      if (error !== undefined && error !== null) return;
      const slice = slices.next();
      if (slice !== undefined) {
        target.write(slice, next);
        return;
      }
      buffers.giveBack(slices.buffer);
      target.off("close", resolve);
      target.end();
      resolve();
    };
    next();
  });
}

/** Puts one slice after the other together, always in the same buffer. */
class Slices {
  readonly buffer: Buffer;
  readonly #parts: readonly Buffer[];
  #part = 0;
  /** What of the part is written already. */
  #offset = 0;

  constructor(parts: readonly Buffer[], buffer: Buffer) {
    this.#parts = parts;
    this.buffer = buffer;
  }

  /** Undefined after the last. */
  next(): Buffer | undefined {
    let size = 0;
    while (this.#part < this.#parts.length && size < this.buffer.length) {
      const part = this.#parts[this.#part];
      const copied = part?.copy(this.buffer, size, this.#offset) ?? 0;
      size += copied;
      this.#offset += copied;
      if (this.#offset < (part?.length ?? 0)) break;
      this.#part += 1;
      this.#offset = 0;
    }
    return size === 0 ? undefined : this.buffer.subarray(0, size);
  }
}
