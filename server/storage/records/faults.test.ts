/** What becomes of writes and watches when the way to the host is bad. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeClock } from "../../../machinery/clock.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import type { TransportRequest } from "../../../cluster/transport.ts";
import type { Store } from "../store.ts";
import { recordName } from "./record-name.ts";
import { recordResource } from "./record.ts";
import { eventually, recorder, text, until } from "./testing/events.ts";
import type { Recorder } from "./testing/events.ts";
import type { Fault, FaultyWire } from "./testing/faulty-wire.ts";
import type { Host } from "./testing/host.ts";
import { hostNamespace, openHost } from "./testing/host.ts";

let host: Host;
/** The replica with the bad wire, and another with a good one. */
let store: Store;
let other: Store;
let wire: FaultyWire;
let clock: FakeClock;
let seen: Recorder;
let isOver: boolean;

beforeEach(async () => {
  isOver = false;
  host = await openHost();
  const connection = host.wire();
  wire = connection.wire;
  clock = fakeClock();
  store = await host.open(connection.client, clock);
  other = await host.open();
  seen = recorder();
  await store.watch("", await store.currentRevision(), seen);
});
afterEach(async () => {
  wire.plan = () => undefined;
  // What still waits must see its time run out.
  await pass(host.close());
  isOver = true;
});

/** Lets the time of the bad replica pass until the promise is settled. */
async function pass<T>(promise: Promise<T>): Promise<T> {
  const waiting = new Set([promise]);
  const settle = (): void => void waiting.delete(promise);
  promise.then(settle, settle);
  while (waiting.size > 0) await clock.advance(50);
  return promise;
}

/** Lets time pass in the background until the test is over. */
function tick(): void {
  void (async () => {
    while (!isOver) await clock.advance(50);
  })();
}

const isWrite = ({ method }: TransportRequest): boolean => method !== "GET";
const isWatch = ({ isLongRunning }: TransportRequest): boolean => isLongRunning === true;

/** Applies the fault to the first requests of a kind. */
function first(count: number, of: (request: TransportRequest) => boolean, fault: Fault): void {
  let left = count;
  wire.plan = (request) => (of(request) && left-- > 0 ? fault : undefined);
}

const faults: readonly [string, Fault][] = [
  ["is dropped", { kind: "drop" }],
  ["is done but its answer is lost", { kind: "lose answer" }],
  ["is answered 429", { kind: "answer", code: 429, reason: "TooManyRequests", retryAfterSeconds: 1 }],
  ["is answered 500", { kind: "answer", code: 500, reason: "InternalError" }],
  ["is done but answered 500", { kind: "answer", code: 500, reason: "InternalError", after: true }],
  ["is answered 504", { kind: "answer", code: 504, reason: "Timeout" }],
  ["is done but answered 504", { kind: "answer", code: 504, reason: "Timeout", after: true }],
  ["is done but answered 503", { kind: "answer", code: 503, reason: "ServiceUnavailable", after: true }],
];

describe.each(faults)("a write that %s", (_name, fault) => {
  test.each([1, 3])("takes effect once, %i times in a row", async (count) => {
    first(count, isWrite, fault);
    const created = await pass(store.create("/a", text("1")));
    first(count, isWrite, fault);
    const updated = await pass(store.update("/a", text("2"), created));
    first(count, isWrite, fault);
    const deleted = await pass(store.delete("/a", updated, text("last")));
    expect(seen.told()).toEqual([
      `create /a@${created} 1`,
      `update /a@${updated} 2 was 1@${created}`,
      `delete /a@${deleted} last was 2@${updated}`,
    ]);
    expect([created + 1, updated + 1]).toEqual([updated, deleted]);
    expect(await other.get("/a")).toBeUndefined();
  });

  test("takes effect once also without a watch that tells its outcome", async () => {
    const revision = await store.create("/a", text("1"));
    let writes = 0;
    let isBack = false;
    wire.cutWatches();
    // Nothing tells the replica but what it reads back; the watch returns later.
    wire.plan = (request) => {
      if (isWatch(request)) return isBack ? undefined : { kind: "drop" };
      if (isWrite(request)) writes += 1;
      isBack = writes > 1 || (writes > 0 && !isWrite(request));
      return isWrite(request) && writes === 1 ? fault : undefined;
    };
    const updated = store.update("/a", text("2"), revision);
    tick();
    expect(await updated).toBe(revision + 1);
    expect(seen.told().slice(1)).toEqual([`update /a@${revision + 1} 2 was 1@${revision}`]);
  });
});

describe("a write whose outcome is unknown", () => {
  test("is found to have taken effect even when another write followed it", async () => {
    const revision = await store.create("/a", text("1"));
    let isWatchBack = false;
    wire.cutWatches();
    let puts = 0;
    wire.plan = (request) => {
      if (isWatch(request) && !isWatchBack) return { kind: "drop" };
      return isWrite(request) && puts++ === 0 ? { kind: "lose answer" } : undefined;
    };
    const writing = store.update("/a", text("mine"), revision);
    await until(() => puts > 0);
    await eventually(async () => (await other.get("/a"))?.value.toString() === "mine");
    const mine = revision + 1;
    await other.update("/a", text("theirs"), mine);
    isWatchBack = true;
    tick();
    expect(await writing).toBe(mine);
    await until(() => seen.events.length === 3);
    expect(seen.told().slice(1)).toEqual([
      `update /a@${mine} mine was 1@${revision}`,
      `update /a@${mine + 1} theirs was mine@${mine}`,
    ]);
  });

  test("is refused when it did not happen and another write made it impossible", async () => {
    const revision = await store.create("/a", text("1"));
    let puts = 0;
    wire.plan = (request) => (isWrite(request) && puts++ === 0 ? { kind: "drop" } : undefined);
    const writing = store.update("/a", text("mine"), revision);
    const refused = expect(writing).rejects.toMatchObject({ kind: "Conflict" });
    await until(() => puts > 0);
    await other.update("/a", text("theirs"), revision);
    tick();
    await refused;
    expect(puts).toBe(1);
    expect((await other.get("/a"))?.value.toString()).toBe("theirs");
  });

  test("stays unknown when the host lost the history that would tell", async () => {
    const revision = await store.create("/a", text("1"));
    let puts = 0;
    let isWatchBack = false;
    wire.cutWatches();
    wire.plan = (request) => {
      if (isWatch(request)) {
        return isWatchBack ? undefined : { kind: "answer", code: 410, reason: "Expired" };
      }
      if (request.method === "GET" && !isWatchBack) return { kind: "drop" };
      return isWrite(request) && puts++ === 0 ? { kind: "lose answer" } : undefined;
    };
    const writing = store.update("/a", text("mine"), revision);
    const unknown = expect(writing).rejects.toMatchObject({ kind: "Unavailable" });
    await until(() => puts > 0);
    await eventually(async () => (await other.get("/a"))?.value.toString() === "mine");
    await other.update("/a", text("theirs"), revision + 1);
    isWatchBack = true;
    tick();
    await unknown;
  });

  test("that arrives long after its sender gave up waiting does no harm", async () => {
    const revision = await store.create("/a", text("1"));
    const { promise: later, resolve } = Promise.withResolvers<undefined>();
    first(1, isWrite, { kind: "delay", until: later });
    const updated = await pass(store.update("/a", text("2"), revision));
    resolve(undefined);
    await new Promise((done) => setTimeout(done, 20));
    expect(updated).toBe(revision + 1);
    expect(await host.backing.currentRevision()).toBe(updated);
    expect(seen.events.length).toBe(2);
  });

  test("fails with Unavailable in the end", async () => {
    const revision = await store.create("/a", text("1"));
    wire.plan = () => ({ kind: "drop" });
    const failing = [
      pass(store.update("/a", text("2"), revision)),
      pass(store.create("/b", text("2"))),
      pass(store.delete("/c", 1)),
    ];
    for (const outcome of await Promise.allSettled(failing)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { kind: "Unavailable" } });
    }
    expect((await other.list("")).items.map((item) => item.value.toString())).toEqual(["1"]);
  });
});

describe("while the host is away", () => {
  const away: readonly [string, Fault][] = [
    ["cannot be reached", { kind: "drop" }],
    ["answers 500", { kind: "answer", code: 500, reason: "InternalError" }],
    ["answers 503", { kind: "answer", code: 503, reason: "ServiceUnavailable" }],
    ["does not serve the kind", { kind: "answer", code: 404, reason: "NotFound" }],
    ["refuses us", { kind: "answer", code: 403, reason: "Forbidden" }],
    ["does not know us", { kind: "answer", code: 401, reason: "Unauthorized" }],
  ];
  test.each(away)("because it %s, nothing is said not to exist, and it recovers", async (_name, fault) => {
    const revision = await store.create("/a", text("1"));
    wire.plan = () => fault;
    wire.cutWatches();
    const calls: (() => Promise<unknown>)[] = [
      () => store.currentRevision(),
      () => store.get("/a"),
      () => store.get("/never"),
      () => store.list(""),
      () => store.create("/b", text("1")),
      () => store.update("/a", text("2"), revision),
      () => store.delete("/a", revision),
    ];
    for (const call of calls) await expect(pass(call())).rejects.toMatchObject({ kind: "Unavailable" });
    expect(seen.ended).toBe("not yet");
    const updated = await other.update("/a", text("2"), revision);
    const created = await other.create("/b", text("3"));
    wire.plan = () => undefined;
    tick();
    await until(() => seen.events.length === 3);
    expect(await store.currentRevision()).toBe(created);
    expect(seen.told().slice(1)).toEqual([
      `update /a@${updated} 2 was 1@${revision}`,
      `create /b@${created} 3`,
    ]);
  });

  test("a store cannot be opened", async () => {
    const connection = host.wire();
    connection.wire.plan = () => ({ kind: "drop" });
    await expect(host.open(connection.client)).rejects.toMatchObject({ kind: "Unavailable" });
  });
});

describe("when the host no longer has what followed", () => {
  const expired: Fault = { kind: "answer", code: 410, reason: "Expired" };
  let isBack: boolean;
  beforeEach(() => {
    isBack = false;
  });

  /** Cuts the watch; when it is back, it has to start over. */
  function lose(): void {
    let refusals = 1;
    wire.plan = (request) => {
      if (!isWatch(request)) return undefined;
      if (!isBack) return { kind: "drop" };
      return refusals-- > 0 ? expired : undefined;
    };
    wire.cutWatches();
  }

  test("single changes of keys are told in order, once, and the watch goes on", async () => {
    const a = await store.create("/a", text("1"));
    const b = await store.create("/b", text("1"));
    const before = seen.events.length;
    lose();
    const c = await other.create("/c", text("1"));
    const gone = await other.delete("/b", b, text("last"));
    const changed = await other.update("/a", text("2"), a);
    isBack = true;
    tick();
    await until(() => seen.events.length === before + 3);
    const after = await store.create("/d", text("1"));
    expect(seen.told().slice(before)).toEqual([
      `create /c@${c} 1`,
      `delete /b@${gone} last was 1@${b}`,
      `update /a@${changed} 2 was 1@${a}`,
      `create /d@${after} 1`,
    ]);
    expect(seen.ended).toBe("not yet");
    const again = recorder();
    await store.watch("", b, again);
    expect(again.told()).toEqual(seen.told().slice(before));
  });

  const incomplete: readonly [string, (a: number) => Promise<unknown>][] = [
    [
      "a key changed twice",
      async (a) => other.update("/a", text("3"), await other.update("/a", text("2"), a)),
    ],
    ["a key came and went", async () => other.delete("/n", await other.create("/n", text("1")))],
    [
      "a key went and came back",
      async (a) => {
        await other.delete("/a", a);
        await other.create("/a", text("2"));
      },
    ],
  ];
  test.each(incomplete)("and %s, watches end and must start over", async (_name, change) => {
    const a = await store.create("/a", text("1"));
    lose();
    await change(a);
    isBack = true;
    tick();
    await until(() => seen.ended !== "not yet");
    expect(seen.ended).toMatchObject({ kind: "Unavailable" });
    expect(seen.events.length).toBe(1);
    const revision = await store.currentRevision();
    expect(revision).toBe(await other.currentRevision());
    expect(await store.list("")).toEqual(await other.list(""));
    await expect(store.watch("", a, recorder())).rejects.toMatchObject({ kind: "Compacted" });
    const again = recorder();
    await store.watch("", revision, again);
    const next = await store.create("/z", text("1"));
    expect(again.told()).toEqual([`create /z@${next} 1`]);
  });
});

describe("a record that is not ours", () => {
  const foreign = {
    apiVersion: "storage.hawsepipe.dev/v1",
    kind: "Record",
    metadata: { name: recordName("/a"), namespace: hostNamespace },
    spec: { key: "/other", value: "x", encoding: "text", write: "nobody" },
  };

  test("makes the store fail as corrupt, not forget, until it is gone", async () => {
    tick();
    await store.create("/b", text("1"));
    await host.client.create(recordResource, foreign);
    await until(() => seen.ended !== "not yet");
    expect(seen.ended).toMatchObject({ kind: "Corrupt" });
    await expect(host.open()).rejects.toMatchObject({ kind: "Corrupt" });
    await expect(store.create("/a", text("1"))).rejects.toMatchObject({ kind: "Corrupt" });
    await host.client.delete(recordResource, { namespace: hostNamespace, name: foreign.metadata.name });
    await eventually(async () => (await store.currentRevision().catch(() => 0)) > 0);
    expect((await store.list("")).items.map((item) => item.key)).toEqual(["/b"]);
    expect(await store.create("/a", text("1"))).toBeGreaterThan(0);
  });
});
