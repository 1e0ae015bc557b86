import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import { WorkTurns } from "../../machinery/queue/work-turns.ts";
import type { RawRequest, RawResponse } from "./socket-incoming.ts";
import { PeerCache, SocketIncoming } from "./socket-incoming.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("of bodies that are complete at once, the next is handed out when others had their turn", async () => {
  const clock = fakeClock();
  const shared = { peers: new PeerCache(), turns: new WorkTurns(clock) };
  const seen: string[] = [];
  const requests = ["a", "b", "c"].map((body) => {
    const raw = Object.assign(new PassThrough(), { method: "POST", headers: {}, rawHeaders: [], url: "/" });
    const incoming = new SocketIncoming(raw as unknown as RawRequest, {} as RawResponse, shared);
    void incoming.readBody(100).then((read) => {
      seen.push(read.toString());
      // What is made of it takes its time.
      void clock.advance(6);
    });
    return { raw, body };
  });
  for (const { raw, body } of requests) raw.end(body);
  while (seen.length === 0) await turn();
  const counts: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    counts.push(seen.length);
    await turn();
  }
  expect(seen).toEqual(["a", "b", "c"]);
  expect(counts).toEqual([1, 2, 3]);
});
