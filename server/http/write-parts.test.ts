import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SliceBuffers, writeParts } from "./write-parts.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes what is written one chunk at a time, when told to. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  #next: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.taken.push(chunk.toString("latin1"));
    this.#next = callback;
  }

  async take(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    next?.();
    await settled();
  }
}

const total = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0);
const letters = (sizes: readonly number[]): Buffer[] =>
  sizes.map((size, i) => Buffer.alloc(size, "abcdefgh"[i % 8]));

test("every byte is written in order, however the pieces and slices fall", async () => {
  // Some above the size from which on there are slices.
  const sizes = fc.array(fc.oneof(fc.nat(10), fc.nat(40_000)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1000, max: 50_000 }), async (all, bytes) => {
      const parts = letters(all);
      const reader = new SlowReader();
      const written = writeParts(parts, total(parts), reader, new SliceBuffers(bytes));
      while (!reader.writableFinished) await reader.take();
      await written;
      expect(reader.taken.join("")).toBe(Buffer.concat(parts).toString("latin1"));
      if (written !== undefined) {
        for (const slice of reader.taken) expect(slice.length).toBeLessThanOrEqual(bytes);
      }
    }),
    { numRuns: 50 },
  );
});

describe("a large body", () => {
  const parts = letters([40_000, 40_000, 40_000]);

  test("is handed over slice by slice, as the client takes it", async () => {
    const reader = new SlowReader();
    let isDone = false;
    void writeParts(parts, total(parts), reader, new SliceBuffers(50_000))?.then(() => {
      isDone = true;
    });
    for (const [i, size] of [50_000, 50_000, 20_000].entries()) {
      expect(reader.taken).toHaveLength(i + 1);
      expect(reader.writableLength).toBe(size);
      expect(isDone).toBe(false);
      await reader.take();
    }
    expect(isDone).toBe(true);
    expect(reader.writableFinished).toBe(true);
  });

  test("shares no buffer with another one that is being written", async () => {
    const [first, second] = [new SlowReader(), new SlowReader()];
    const buffers = new SliceBuffers(50_000);
    const others = letters([0, 0, 0, 40_000, 40_000]);
    const both = [
      writeParts(parts, total(parts), first, buffers),
      writeParts(others, total(others), second, buffers),
    ];
    while (!first.writableFinished || !second.writableFinished) {
      await first.take();
      await second.take();
    }
    for (const written of both) await written;
    expect(first.taken.join("")).toBe(Buffer.concat(parts).toString("latin1"));
    expect(second.taken.join("")).toBe(Buffer.concat(others).toString("latin1"));
  });

  test("ends for the writer when the client goes away, whose buffer nobody gets", async () => {
    const reader = new SlowReader();
    const buffers = new SliceBuffers(50_000);
    const given: Buffer[] = [];
    const giveBack = buffers.giveBack.bind(buffers);
    buffers.giveBack = (buffer) => {
      given.push(buffer);
      giveBack(buffer);
    };
    const written = writeParts(parts, total(parts), reader, buffers);
    reader.destroy();
    await expect(written).resolves.toBeUndefined();
    expect(reader.taken).toHaveLength(1);
    expect(given).toEqual([]);
  });
});

test("a small body is one piece and done at once", () => {
  const reader = new SlowReader();
  expect(writeParts([Buffer.from("ab"), Buffer.from("c")], 3, reader, new SliceBuffers())).toBeUndefined();
  expect(reader.taken).toEqual(["abc"]);
});
