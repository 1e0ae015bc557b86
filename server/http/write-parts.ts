/**
 * Writes bodies that are made of many kept pieces. A large list is written in slices, each when the client has taken the
 * one before: what is under way is bounded, and other requests are answered between slices.
 */
import type { Writable } from "node:stream";

/** A body up to this is written at once: less than what a socket calls full. */
const smallBytes = 48 * 1024;
/**
 * The last slice is small too, and written when all before it is on its way. Who has all of an answer may send the next
 * request before this process hears that it is gone; Node would pause a connection that is full then, in the middle of
 * the request, and take what it read of it for broken.
 */
const lastBytes = 16 * 1024;
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
  const slices = new Slices(parts, total, buffers.take());
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
  #left: number;

  constructor(parts: readonly Buffer[], total: number, buffer: Buffer) {
    this.#parts = parts;
    this.#left = total;
    this.buffer = buffer;
  }

  /** Undefined after the last. */
  next(): Buffer | undefined {
    const most = this.#left > lastBytes ? this.#left - lastBytes : this.#left;
    const slice = this.buffer.subarray(0, Math.min(this.buffer.length, most));
    let size = 0;
    while (this.#part < this.#parts.length && size < slice.length) {
      const part = this.#parts[this.#part];
      const copied = part?.copy(slice, size, this.#offset) ?? 0;
      size += copied;
      this.#offset += copied;
      if (this.#offset < (part?.length ?? 0)) break;
      this.#part += 1;
      this.#offset = 0;
    }
    this.#left -= size;
    return size === 0 ? undefined : slice;
  }
}
