import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { Dispatch, DispatchSink } from "./in-process-transport.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { realClock } from "../machinery/clock.ts";
import { readBody } from "./answer.ts";

const user = { name: "somebody", groups: [] };
const request = { method: "GET", path: "/", headers: {} } as const;

/** How many wait for the signal to abort. */
const waiting = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

/** Resolves when all that waits for nothing but promises is done, before any timer, socket or next turn of the loop. */
const allPromises = (): Promise<void> =>
  new Promise((resolve) => {
    queueMicrotask(() => {
      process.nextTick(resolve);
    });
  });

test.each<{ says: string; dispatch: Dispatch }>([
  {
    says: "that was answered",
    dispatch: async () => ({ status: 200, headers: {}, body: "{}" }),
  },
  {
    says: "whose stream has ended",
    dispatch: async () => ({
      status: 200,
      headers: {},
      stream: async (sink) => void sink.write(Buffer.from("{}")),
    }),
  },
])("a request $says is kept by nobody who could have ended it", async ({ dispatch }) => {
  const caller = new AbortController();
  const { signal } = caller;
  const transport = createInProcessTransport(dispatch, user, realClock());
  const response = await transport.request({ ...request, signal });
  expect((await readBody(response)).toString()).toBe("{}");
  expect(waiting(signal)).toBe(0);
});

test("a request that fails is kept by nobody who could have ended it", async () => {
  const { signal } = new AbortController();
  const transport = createInProcessTransport(() => Promise.reject(new Error("broken")), user, realClock());
  await expect(transport.request({ ...request, signal })).rejects.toThrow("broken");
  expect(waiting(signal)).toBe(0);
});

test.each<{ says: string; end: (caller: AbortController, transport: { close(): Promise<void> }) => unknown }>(
  [
    {
      says: "its caller leaves",
      end: (caller) => {
        caller.abort(new Error("enough"));
      },
    },
    { says: "the transport is closed", end: (_caller, transport) => transport.close() },
  ],
)("a running stream ends when $says", async ({ end }) => {
  const caller = new AbortController();
  const opened = Promise.withResolvers<DispatchSink>();
  const dispatch: Dispatch = async () => ({
    status: 200,
    headers: {},
    stream: (sink) => {
      opened.resolve(sink);
      return new Promise((resolve) => {
        sink.signal.addEventListener("abort", () => {
          resolve();
        });
      });
    },
  });
  const transport = createInProcessTransport(dispatch, user, realClock());
  const response = await transport.request({ ...request, signal: caller.signal, isLongRunning: true });
  const body = readBody(response);
  const sink = await opened.promise;
  await end(caller, transport);
  expect((await body).toString()).toBe("");
  expect(sink.signal.aborted).toBe(true);
});

test("a request whose caller has left already is not begun as if he had not", async () => {
  const transport = createInProcessTransport(
    async ({ signal }) => ({ status: signal?.aborted === true ? 499 : 200, headers: {}, body: "" }),
    user,
    realClock(),
  );
  expect(await transport.request({ ...request, signal: AbortSignal.abort() })).toMatchObject({ status: 499 });
});

test("a long stream that is read at once leaves the thread to others every few milliseconds", async () => {
  const time = { ms: 0 };
  const clock = { now: () => new Date(time.ms), setTimeout: () => () => undefined };
  const dispatch: Dispatch = async () => ({
    status: 200,
    headers: {},
    stream: async (sink) => {
      for (let i = 0; i < 12; i++) {
        if (sink.write(Buffer.alloc(200_000))) continue;
        await new Promise<void>((resolve) => {
          sink.onDrain(resolve);
        });
      }
    },
  });
  const { body } = await createInProcessTransport(dispatch, user, clock).request(request);
  let others = 0;
  const other = (): void => {
    others += 1;
    if (others < 100) setImmediate(other);
  };
  setImmediate(other);
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    time.ms += 2;
  }
  expect(bytes).toBe(12 * 200_000);
  // Twelve pieces of two milliseconds, three in each turn.
  expect(others).toBeGreaterThanOrEqual(3);
  expect(others).toBeLessThanOrEqual(5);
});

test("a stream that has caught up never waits for a turn, whatever other streams take", async () => {
  const time = { ms: 0 };
  const clock = { now: () => new Date(time.ms), setTimeout: () => () => undefined };
  const sinks: DispatchSink[] = [];
  const ended = Promise.withResolvers<undefined>();
  const dispatch: Dispatch = async () => ({
    status: 200,
    headers: {},
    stream: async (sink) => {
      sinks.push(sink);
      sink.write(Buffer.from("begun"));
      await ended.promise;
    },
  });
  const transport = createInProcessTransport(dispatch, user, clock);
  const read: string[] = [];
  const follow = async (name: string): Promise<void> => {
    const { body } = await transport.request(request);
    for await (const chunk of body) {
      read.push(`${name} ${Buffer.from(chunk).toString()}`);
      // More than there is in a turn.
      time.ms += 50;
    }
  };
  const following = [follow("a"), follow("b")];
  const events = ["a 1", "b 1", "a 2", "b 2", "a 3"];
  await allPromises();
  for (const event of events) {
    const [name, text = ""] = event.split(" ");
    sinks[name === "a" ? 0 : 1]?.write(Buffer.from(text));
    await allPromises();
  }
  expect(read).toEqual(["a begun", "b begun", ...events]);
  ended.resolve(undefined);
  await Promise.all(following);
});
