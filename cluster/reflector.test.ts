import { describe, expect, test } from "vitest";
import { ApiError } from "../api/errors/api-error.ts";
import { serviceUnavailable } from "../api/errors/catalogue.ts";
import type { FakeClock } from "../machinery/clock.ts";
import { fakeClock } from "../machinery/clock.ts";
import type { Client, ResourceRef, WatchEvent, WatchOptions } from "./client.ts";
import { reflect } from "./reflector.ts";

const widgets: ResourceRef = {
  group: "example.com",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};

const bookmark = (resourceVersion: string, annotations: Record<string, string> = {}): WatchEvent => ({
  type: "BOOKMARK",
  object: { apiVersion: "example.com/v1", kind: "Widget", metadata: { resourceVersion, annotations } },
});
const initial = bookmark("5", { "k8s.io/initial-events-end": "true" });

/** What a watch does after the complete state, where one was asked for. */
type Ending = "close" | "bookmark, close" | "gone" | "bookmark, gone" | "fail" | "stay";

interface Round {
  readonly ends: Ending;
  /** How long the watch is open before it ends. */
  readonly after?: number;
}

const gone = new ApiError({ code: 410, reason: "Expired", message: "too old resource version" });

/** Follows by a script, its last round for ever, for a while; when each watch was opened, and what was asked for. */
async function follow(options: {
  readonly rounds: readonly Round[];
  readonly forMs: number;
  readonly random?: number;
}): Promise<{ times: number[]; asked: WatchOptions[]; clock: FakeClock; stop: () => Promise<void> }> {
  const clock = fakeClock();
  const abort = new AbortController();
  const times: number[] = [];
  const asked: WatchOptions[] = [];
  let revision = 5;
  async function* watch(_resource: ResourceRef, wanted: WatchOptions): AsyncGenerator<WatchEvent> {
    const { ends, after = 0 } = options.rounds[Math.min(times.length, options.rounds.length - 1)] ?? {
      ends: "stay",
    };
    times.push(clock.now().getTime());
    asked.push(wanted);
    // A reflector that never waits must fail the test, not hang it.
    if (times.length > 200) await new Promise(() => undefined);
    if (wanted.sendInitialEvents === true && ends !== "fail") yield initial;
    if (after > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, after));
    if (ends.startsWith("bookmark")) yield bookmark(String((revision += 1)));
    if (ends.endsWith("gone")) throw gone;
    if (ends === "fail") throw serviceUnavailable("down", 1);
    if (ends !== "stay") return;
    await new Promise((resolve) => {
      wanted.signal.addEventListener("abort", resolve, { once: true });
    });
  }
  const done = reflect({
    client: { watch } as unknown as Client,
    resource: widgets,
    sink: {
      receive: () => undefined,
      replace: () => undefined,
      changed: () => undefined,
      deleted: () => undefined,
    },
    clock,
    random: () => options.random ?? 0,
    signal: abort.signal,
  });
  // The first watch opens before time moves.
  await clock.advance(0);
  await clock.advance(options.forMs);
  return {
    times,
    asked,
    clock,
    stop: () => {
      abort.abort();
      return done;
    },
  };
}

describe("when a watch is opened again", () => {
  test.each<{ name: string; rounds: Round[]; forMs: number; random?: number; opened: number[] }>([
    {
      name: "after a long watch at once, every time",
      rounds: [{ ends: "close", after: 100_000 }],
      forMs: 300_000,
      opened: [0, 100_000, 200_000, 300_000],
    },
    {
      name: "after a long silence at once, every time",
      rounds: [{ ends: "stay" }],
      forMs: 450_000,
      opened: [0, 150_000, 300_000, 450_000],
    },
    {
      name: "after a short watch that told news at once",
      rounds: [{ ends: "bookmark, close", after: 10 }],
      forMs: 30,
      opened: [0, 10, 20, 30],
    },
    {
      name: "after watches that end at once later each time, from the second on",
      rounds: [{ ends: "close" }],
      forMs: 1500,
      opened: [0, 0, 100, 300, 700, 1500],
    },
    {
      name: "after too old at once, and later each time while that does not help",
      rounds: [{ ends: "gone" }],
      forMs: 1500,
      opened: [0, 0, 100, 300, 700, 1500],
    },
    {
      name: "after too old later each time, whatever is told before it",
      rounds: [{ ends: "bookmark, gone" }],
      forMs: 700,
      opened: [0, 0, 100, 300, 700],
    },
    {
      name: "after failures later each time, by the draw",
      rounds: [{ ends: "fail" }],
      forMs: 70_000,
      random: 0.5,
      opened: [0, 150, 450, 1050, 2250, 4650, 9450, 19_050, 38_250, 60_750],
    },
    {
      name: "after failures no earlier than half of the delay, which ends at half a minute",
      rounds: [{ ends: "fail" }],
      forMs: 60_000,
      opened: [0, 100, 300, 700, 1500, 3100, 6300, 12_700, 25_500, 40_500, 55_500],
    },
    {
      name: "after a failure that follows a watch that lived as after the first one",
      rounds: [
        { ends: "fail" },
        { ends: "fail" },
        { ends: "close", after: 1000 },
        { ends: "fail" },
        { ends: "stay" },
      ],
      forMs: 60_000,
      opened: [0, 100, 300, 1300, 1400],
    },
    {
      name: "after the first too old at once, though the server was away before",
      rounds: [{ ends: "fail" }, { ends: "fail" }, { ends: "fail" }, { ends: "gone" }, { ends: "stay" }],
      forMs: 60_000,
      opened: [0, 100, 300, 700, 700],
    },
    {
      name: "after too old at once when it ends a long watch",
      rounds: [{ ends: "gone" }, { ends: "gone" }, { ends: "gone", after: 40_000 }, { ends: "stay" }],
      forMs: 60_000,
      opened: [0, 0, 100, 40_100],
    },
  ])("$name", async ({ opened, ...options }) => {
    const { times, stop } = await follow(options);
    expect(times).toEqual(opened);
    // A round that is open until a later time does not end before it.
    void stop();
  });
});

test("a reflector that waits ends with its signal and leaves no timer", async () => {
  const { clock, stop } = await follow({ rounds: [{ ends: "fail" }], forMs: 250 });
  expect(clock.pending).toBe(1);
  await stop();
  expect(clock.pending).toBe(0);
});

test.each([
  [0, 300],
  [0.5, 450],
  [0.99, 597],
])("a watch with the draw %d asks for an end after %d seconds", async (random, timeoutSeconds) => {
  const { asked, stop } = await follow({
    rounds: [{ ends: "bookmark, close" }, { ends: "stay" }],
    forMs: 0,
    random,
  });
  expect(asked).toMatchObject([
    { sendInitialEvents: true, timeoutSeconds },
    { resourceVersion: "6", timeoutSeconds },
  ]);
  await stop();
});
