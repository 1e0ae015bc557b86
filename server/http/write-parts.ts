/**
 * Writes bodies that are made of many kept pieces. A large list is written in slices, each when the client has taken the
 * one before: what is under way is bounded, and other requests are answered between slices.
 */
import type { Writable } from "node:stream";

/** Enough that writing is not dominated by its overhead, and little enough that nobody waits long behind one. */
const sliceBytes = 256 * 1024;

/** The pieces put together, in order, up to so many bytes at a time; a larger piece stays alone, as it is. */
export function* slicesOf(parts: readonly Buffer[], bytes = sliceBytes): Generator<Buffer> {
  let from = 0;
  let size = 0;
  for (let i = 0; i < parts.length; i += 1) {
    const length = parts[i]?.length ?? 0;
    if (size > 0 && size + length > bytes) {
      yield joined(parts, from, i, size);
      from = i;
      size = 0;
    }
    size += length;
  }
  if (size > 0) yield joined(parts, from, parts.length, size);
}

function joined(parts: readonly Buffer[], from: number, to: number, size: number): Buffer {
  const [only] = to - from === 1 ? parts.slice(from, to) : [];
  return only ?? Buffer.concat(parts.slice(from, to), size);
}

/** Writes all pieces and ends the response. The result is settled when that is done or the client is gone. */
export function writeParts(parts: readonly Buffer[], target: Writable): Promise<void> | undefined {
  const slices = slicesOf(parts);
  const { value: first } = slices.next() as { value: Buffer | undefined };
  let next = slices.next();
  if (next.done === true) {
    target.end(first);
    return undefined;
  }
  return new Promise((resolve) => {
    target.once("close", resolve);
    const write = (): void => {
      while (next.done !== true) {
        const slice = next.value;
        next = slices.next();
        if (!target.write(slice)) {
          target.once("drain", write);
          return;
        }
      }
      target.off("close", resolve);
      target.end();
      resolve();
    };
    if (target.write(first)) write();
    else target.once("drain", write);
  });
}
