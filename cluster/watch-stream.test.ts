import fc from "fast-check";
import { expect, test } from "vitest";
import { lines, watchEvents } from "./watch-stream.ts";

async function* cut(bytes: Buffer, at: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set(at.map((n) => n % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    yield bytes.subarray(from, place);
    from = place;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("lines are the same wherever the stream is cut, also inside a character", async () => {
  const text = fc.string({ unit: "grapheme" }).map((line) => line.replaceAll("\n", ""));
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.array(fc.nat()), async (given, at) => {
      const bytes = Buffer.from(given.map((line) => `${line}\n`).join(""));
      const found = await all(lines(cut(bytes, at)));
      expect(found.map((line) => line.toString("utf8"))).toEqual(given);
    }),
  );
});

test("what follows the last newline is no event: the connection broke in it", async () => {
  const whole = '{"type":"ADDED","object":{"apiVersion":"v1","kind":"X","metadata":{"name":"a"}}}\n';
  const events = await all(watchEvents(cut(Buffer.from(`${whole}{"type":"MODIF`), [])));
  expect(events.map(({ type, object }) => [type, object.metadata.name])).toEqual([["ADDED", "a"]]);
});

test("an ERROR event is thrown as the failure it carries, after the events before it", async () => {
  const status = { kind: "Status", apiVersion: "v1", code: 410, reason: "Expired", message: "too old" };
  const frames = `{"type":"ADDED","object":{"apiVersion":"v1","kind":"X"}}\n${JSON.stringify({ type: "ERROR", object: status })}\n`;
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { type } of watchEvents(cut(Buffer.from(frames), [7]))) seen.push(type);
  })();
  await expect(reading).rejects.toMatchObject({ reason: "Expired", code: 410, message: "too old" });
  expect(seen).toEqual(["ADDED"]);
});
