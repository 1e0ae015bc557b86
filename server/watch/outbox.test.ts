import { expect, test } from "vitest";
import { Outbox } from "./outbox.ts";

/** A connection whose turns and room are the test's to give. */
function rig({ room = Infinity, maxFrames = 1_000 }: { room?: number; maxFrames?: number } = {}) {
  const made: number[] = [];
  const sent: number[] = [];
  const told: string[] = [];
  let turn: (() => void) | undefined;
  let drain: (() => void) | undefined;
  let free = room;
  const abort = new AbortController();
  const outbox = new Outbox<number>(
    {
      write(chunk) {
        sent.push(Number(chunk.toString()));
        free -= 1;
        return free > 0;
      },
      onDrain(fn) {
        drain = fn;
      },
      onTurn(fn) {
        expect(turn).toBeUndefined();
        turn = fn;
      },
      bufferedBytes: 0,
      signal: abort.signal,
    },
    { maxFrames, maxBytes: 1_000_000 },
    {
      frameOf(event) {
        if (event < 0) throw new Error("no frame");
        made.push(event);
        return Buffer.from(String(event));
      },
      sizeOf: () => 10,
      overflow: () => told.push("overflow"),
      fail: () => told.push("fail"),
    },
  );
  const take = (): void => {
    const fn = turn;
    turn = undefined;
    fn?.();
  };
  const makeRoom = (count: number): void => {
    free = count;
    drain?.();
  };
  return { outbox, made, sent, told, take, makeRoom, abort, hasTurn: () => turn !== undefined };
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test("events wait for one turn, and no frame is made before", () => {
  const { outbox, made, sent, take, hasTurn } = rig();
  for (const event of upTo(3)) outbox.push(event);
  expect([made, outbox.waiting]).toEqual([[], { events: 3, bytes: 30 }]);
  take();
  expect([sent, outbox.waiting, hasTurn()]).toEqual([upTo(3), { events: 0, bytes: 0 }, false]);
  outbox.push(3);
  take();
  expect(sent).toEqual(upTo(4));
});

test("any number of events at once is not too much for a reader that keeps up", () => {
  const { outbox, sent, told, take } = rig({ maxFrames: 100 });
  for (const event of upTo(1_030)) outbox.push(event);
  take();
  expect([sent, told]).toEqual([upTo(1_030), []]);
});

test("a reader that makes no room is given up when too much waits for it", () => {
  const { outbox, sent, told, take } = rig({ room: 2, maxFrames: 3 });
  for (const event of upTo(5)) outbox.push(event);
  take();
  expect([sent, told, outbox.waiting.events]).toEqual([[0, 1], [], 3]);
  outbox.push(5);
  expect([told, outbox.waiting.events]).toEqual([["overflow"], 0]);
});

test("what waited for room goes out in order when there is some, without a turn", () => {
  const { outbox, sent, makeRoom, take, hasTurn } = rig({ room: 1 });
  for (const event of upTo(4)) outbox.push(event);
  take();
  outbox.push(4);
  expect([sent, hasTurn()]).toEqual([[0], false]);
  makeRoom(Infinity);
  expect(sent).toEqual(upTo(5));
});

test("the end sends what waited for its turn, and drops what the reader has no room for", () => {
  const waiting = rig();
  for (const event of upTo(2)) waiting.outbox.push(event);
  waiting.outbox.end();
  waiting.take();
  expect(waiting.sent).toEqual([0, 1]);
  const slow = rig({ room: 1 });
  for (const event of upTo(3)) slow.outbox.push(event);
  slow.take();
  slow.outbox.end();
  slow.makeRoom(Infinity);
  expect(slow.sent).toEqual([0]);
});

test("nothing follows an event that has no frame, and what came before it is sent", () => {
  const { outbox, sent, told, take } = rig();
  for (const event of [0, 1, -1, 2]) outbox.push(event);
  take();
  expect([sent, told]).toEqual([[0, 1], ["fail"]]);
});

test("whoever waits for everything to be handed over is called after the turn", () => {
  const { outbox, sent, take } = rig();
  outbox.push(0);
  let seen: number[] = [];
  outbox.flushed(() => {
    seen = [...sent];
  });
  expect(seen).toEqual([]);
  take();
  expect(seen).toEqual([0]);
});

test("nothing is sent to a client that is gone", () => {
  const { outbox, sent, abort, take } = rig();
  outbox.push(0);
  abort.abort();
  take();
  expect(sent).toEqual([]);
});
