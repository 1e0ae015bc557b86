import { expect, test } from "vitest";
import type { Clock } from "../machinery/clock.ts";
import { fakeClock } from "../machinery/clock.ts";
import { createFairTransport } from "./fair-transport.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

const answer = (status: number, headers: Record<string, string> = {}): TransportResponse => ({
  status,
  headers,
  body: (async function* () {})(),
});

interface Scripted extends Transport {
  readonly started: string[];
  /** Answers the oldest open call. */
  answer(response?: TransportResponse): Promise<void>;
}

/** Everything that waits for nothing but promises has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function scripted(): Scripted {
  const open: ((response: TransportResponse) => void)[] = [];
  const started: string[] = [];
  return {
    started,
    request: (request: TransportRequest) => {
      started.push(request.path);
      return new Promise((resolve) => open.push(resolve));
    },
    async answer(response = answer(200)) {
      await settled();
      open.shift()?.(response);
      await settled();
    },
    close: async () => undefined,
  };
}

const get = (path: string): TransportRequest => ({ method: "GET", path, headers: {} });
const pods = "/api/v1/namespaces/a/pods";
const nodes = "/api/v1/nodes";

test("calls over the limit wait, and kinds take turns", async () => {
  const inner = scripted();
  const fair = createFairTransport({
    transport: inner,
    clock: fakeClock(),
    random: () => 0,
    initialLimit: 1,
  });
  for (const path of [`${pods}/1`, `${pods}/2`, `${pods}/3`, `${nodes}/1`]) void fair.request(get(path));
  await settled();
  expect(inner.started).toEqual([`${pods}/1`]);
  await inner.answer();
  expect(inner.started.slice(1)).toEqual([`${pods}/2`, `${nodes}/1`]);
});

test("leases and watches never wait", async () => {
  const inner = scripted();
  const fair = createFairTransport({
    transport: inner,
    clock: fakeClock(),
    random: () => 0,
    initialLimit: 1,
  });
  void fair.request(get(pods));
  void fair.request(get("/apis/coordination.k8s.io/v1/namespaces/a/leases/x"));
  void fair.request({ ...get(`${nodes}?watch=true`), isLongRunning: true });
  await settled();
  expect(inner.started).toHaveLength(3);
});

test("after a refusal nothing else is sent until Retry-After is over", async () => {
  const clock = fakeClock(5000);
  const inner = scripted();
  const fair = createFairTransport({ transport: inner, clock, random: () => 0, initialLimit: 4 });
  const first = fair.request({ ...get(pods), method: "POST" });
  await inner.answer(answer(429, { "retry-after": "3" }));
  expect((await first).status).toBe(429);
  void fair.request(get(nodes));
  await clock.advance(2900);
  expect(inner.started).toEqual([pods]);
  await clock.advance(200);
  expect(inner.started).toEqual([pods, nodes]);
});

test("a call whose caller left while it waited is not sent", async () => {
  const inner = scripted();
  const fair = createFairTransport({
    transport: inner,
    clock: fakeClock(),
    random: () => 0,
    initialLimit: 1,
  });
  const gone = new AbortController();
  void fair.request(get(pods));
  const waiting = fair.request({ ...get(nodes), signal: gone.signal });
  await settled();
  gone.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  await inner.answer();
  expect(inner.started).toEqual([pods]);
});

test.each<{ says: string; request: TransportRequest; headers: Record<string, string> }>([
  { says: "a call, without Retry-After", request: get(pods), headers: {} },
  { says: "a watch", request: { ...get(pods), isLongRunning: true }, headers: { "retry-after": "0" } },
  { says: "a call about a lease", request: get("/apis/coordination.k8s.io/v1/leases"), headers: {} },
])("a refusal of $says counts too", async ({ request, headers }) => {
  const inner = scripted();
  const fair = createFairTransport({
    transport: inner,
    clock: fakeClock(5000),
    random: () => 0,
    initialLimit: 4,
  });
  void fair.request(request);
  await inner.answer(answer(429, headers));
  for (let i = 0; i < 9; i += 1) void fair.request(get(nodes));
  await settled();
  expect(inner.started.filter((path) => path === nodes)).toHaveLength(2);
});

test("a refusal halves the calls at once, once for a burst, and good answers win them back", async () => {
  const clock = fakeClock(5000);
  const inner = scripted();
  const fair = createFairTransport({ transport: inner, clock, random: () => 0, initialLimit: 8 });
  for (let i = 0; i < 40; i += 1) void fair.request(get(pods));
  await settled();
  expect(inner.started).toHaveLength(8);
  // Refused in one burst: the limit is four, not one half of one half.
  for (let i = 0; i < 8; i += 1) await inner.answer(answer(429, { "retry-after": "2" }));
  expect(inner.started).toHaveLength(8);
  await clock.advance(2000);
  expect(inner.started).toHaveLength(8 + 4);
  // Each answer lets in the next; after one round trip or so it lets in one more.
  for (let i = 0; i < 5; i += 1) await inner.answer();
  expect(inner.started).toHaveLength(8 + 4 + 5 + 1);
  // A later burst counts again: of five, two are left.
  for (let i = 0; i < 5; i += 1) await inner.answer(answer(429, { "retry-after": "2" }));
  await clock.advance(2000);
  expect(inner.started).toHaveLength(8 + 4 + 5 + 1 + 2);
});

test("the limit never grows over the highest", async () => {
  const inner = scripted();
  const options = { transport: inner, clock: fakeClock(), random: () => 0 };
  const fair = createFairTransport({ ...options, initialLimit: 2, maxLimit: 3 });
  for (let i = 0; i < 60; i += 1) void fair.request(get(pods));
  for (let i = 0; i < 30; i += 1) await inner.answer();
  expect(inner.started).toHaveLength(30 + 3);
});

test("a timer that ends early leaves nobody waiting", async () => {
  const clock = fakeClock(5000);
  const early: Clock = { ...clock, setTimeout: (fn, ms) => clock.setTimeout(fn, Math.max(1, ms - 1)) };
  const inner = scripted();
  const fair = createFairTransport({ transport: inner, clock: early, random: () => 0 });
  void fair.request({ ...get(`${nodes}?watch=true`), isLongRunning: true });
  await inner.answer(answer(429, { "retry-after": "1" }));
  void fair.request(get(pods));
  await settled();
  expect(inner.started).toHaveLength(1);
  await clock.advance(1000);
  expect(inner.started).toHaveLength(1 + 1);
});
