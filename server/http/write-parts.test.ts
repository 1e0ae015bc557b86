import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slicesOf, writeParts } from "./write-parts.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("slices", () => {
  test("hold every byte in order, none is larger than asked for unless a piece is", () => {
    const piece = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(piece), fc.integer({ min: 1, max: 60 }), (parts, bytes) => {
        const slices = [...slicesOf(parts, bytes)];
        expect(Buffer.concat(slices)).toEqual(Buffer.concat(parts));
        for (const slice of slices) {
          expect(slice.length).toBeGreaterThan(0);
          if (slice.length > bytes) expect(parts.filter((part) => part.length > 0)).toContainEqual(slice);
        }
      }),
    );
  });

  test("a piece by itself is not copied", () => {
    const large = Buffer.alloc(100, 1);
    const slices = [...slicesOf([Buffer.from("ab"), large, Buffer.from("c")], 50)];
    expect(slices.map(({ length }) => length)).toEqual([2, 100, 1]);
    expect(slices[1]).toBe(large);
  });
});

/** Takes what is written one chunk at a time, when told to. */
class SlowReader extends Writable {
  readonly taken: number[] = [];
  #next: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.taken.push(chunk.length);
    this.#next = callback;
  }

  async take(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    next?.();
    await settled();
  }
}

describe("a large body", () => {
  const parts = Array.from({ length: 5 }, () => Buffer.alloc(200 * 1024));

  test("is handed over slice by slice, as the client takes it", async () => {
    const reader = new SlowReader();
    let isDone = false;
    void writeParts(parts, reader)?.then(() => {
      isDone = true;
    });
    for (let slices = 1; slices <= parts.length; slices += 1) {
      expect(reader.taken).toHaveLength(slices);
      expect(reader.writableLength).toBe(200 * 1024);
      expect(isDone).toBe(false);
      await reader.take();
    }
    expect(isDone).toBe(true);
    expect(reader.writableFinished).toBe(true);
  });

  test("ends for the writer when the client goes away", async () => {
    const reader = new SlowReader();
    const written = writeParts(parts, reader);
    reader.destroy();
    await expect(written).resolves.toBeUndefined();
    expect(reader.taken).toHaveLength(1);
  });
});

test("a small body is one piece and done at once", () => {
  const reader = new SlowReader();
  expect(writeParts([Buffer.from("ab"), Buffer.from("c")], reader)).toBeUndefined();
  expect(reader.taken).toEqual([3]);
});
