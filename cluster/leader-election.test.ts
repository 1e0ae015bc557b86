import fc from "fast-check";
import { expect, test } from "vitest";
import { conflict, notFound, serviceUnavailable } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { FakeClock } from "../machinery/clock.ts";
import { fakeClock } from "../machinery/clock.ts";
import type { Client } from "./client.ts";
import { runLeaderElection } from "./leader-election.ts";

const gr = { group: "coordination.k8s.io", resource: "leases" };

/** One Lease with optimistic locking; `down` makes every call fail, `hangs` never answers. */
function leaseServer(): {
  client: Client;
  lease: KubeObject | undefined;
  down: boolean;
  hangs: boolean;
  calls: number;
} {
  let version = 0;
  const server = {
    lease: undefined as KubeObject | undefined,
    down: false,
    hangs: false,
    calls: 0,
    client: undefined as unknown as Client,
  };
  const reach = async (): Promise<void> => {
    server.calls += 1;
    if (server.hangs) await new Promise(() => undefined);
    if (server.down) throw serviceUnavailable("down");
  };
  const store = (object: KubeObject): KubeObject => {
    version += 1;
    server.lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    return server.lease;
  };
  server.client = {
    async get() {
      await reach();
      if (server.lease === undefined) throw notFound(gr, "x");
      return server.lease;
    },
    async create(_resource: unknown, object: KubeObject) {
      await reach();
      return { object: store(object), warnings: [] };
    },
    async update(_resource: unknown, object: KubeObject) {
      await reach();
      if (server.lease?.metadata.resourceVersion !== object.metadata.resourceVersion) throw conflict(gr, "x");
      return { object: store(object), warnings: [] };
    },
  } as unknown as Client;
  return server;
}

interface Candidate {
  readonly leads: () => boolean;
  readonly stop: () => Promise<void>;
  readonly seen: string[];
}

function candidate(
  client: Client,
  clock: FakeClock,
  identity: string,
  random: () => number = () => 0,
): Candidate {
  const end = new AbortController();
  let leading = false;
  const seen: string[] = [];
  const over = runLeaderElection({
    client,
    clock,
    random,
    namespace: "hawsepipe-system",
    name: "hawsepipe-reconciler",
    identity,
    signal: end.signal,
    onNewLeader: (id) => seen.push(id),
    lead: (signal) =>
      new Promise((resolve) => {
        leading = true;
        signal.addEventListener("abort", () => {
          leading = false;
          resolve();
        });
      }),
  });
  return {
    leads: () => leading,
    seen,
    stop: async () => {
      end.abort();
      await over;
    },
  };
}

const holder = (lease: KubeObject | undefined): unknown =>
  (lease?.spec as { holderIdentity?: string }).holderIdentity;
const transitions = (lease: KubeObject | undefined): unknown =>
  (lease?.spec as { leaseTransitions?: number }).leaseTransitions;

test("the first candidate leads and keeps renewing; the second waits", async () => {
  const clock = fakeClock();
  const server = leaseServer();
  const a = candidate(server.client, clock, "a");
  await clock.advance(0);
  const b = candidate(server.client, clock, "b");
  await clock.advance(60_000);
  expect([a.leads(), b.leads()]).toEqual([true, false]);
  expect(b.seen).toEqual(["a"]);
  expect(server.lease?.spec).toMatchObject({
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    leaseTransitions: 0,
    acquireTime: "1970-01-01T00:00:00.000000Z",
    renewTime: "1970-01-01T00:01:00.000000Z",
  });
  await Promise.all([a.stop(), b.stop()]);
});

test("a leader that stops gives the lease up, and the next one leads at its next attempt", async () => {
  const clock = fakeClock();
  const server = leaseServer();
  const a = candidate(server.client, clock, "a");
  await clock.advance(0);
  const b = candidate(server.client, clock, "b");
  await clock.advance(0);
  await a.stop();
  expect(holder(server.lease)).toBe("");
  await clock.advance(2000);
  expect([a.leads(), b.leads()]).toEqual([false, true]);
  expect(transitions(server.lease)).toBe(1);
  await b.stop();
});

test("a leader that vanished is followed when its lease was not renewed for the whole duration", async () => {
  const clock = fakeClock();
  const server = leaseServer();
  const vanished = candidate(server.client, clock, "a");
  await clock.advance(0);
  server.hangs = true;
  const alive = leaseServer();
  alive.lease = {
    ...(server.lease as KubeObject),
    metadata: { ...server.lease?.metadata, resourceVersion: "1" },
  };
  const b = candidate(alive.client, clock, "b");
  await clock.advance(14_000);
  expect(b.leads()).toBe(false);
  await clock.advance(4000);
  expect(b.leads()).toBe(true);
  await b.stop();
  expect(vanished.seen).toEqual(["a"]);
});

test("whenever a leader vanishes, it is followed 15 to 19 seconds after its last renewal", async () => {
  const isFollowed = fc.asyncProperty(
    fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1 }),
    fc.integer({ min: 0, max: 10 }),
    async (pauses, renewals) => {
      const clock = fakeClock();
      const server = leaseServer();
      const a = candidate(server.client, clock, "a");
      await clock.advance(0);
      let n = 0;
      const b = candidate(server.client, clock, "b", () => pauses[n++ % pauses.length] ?? 0);
      await clock.advance(renewals * 2000);
      // What vanishes cannot give up its lease.
      const last = server.lease;
      await a.stop();
      server.lease = last;
      let after = 0;
      for (; !b.leads() && after < 60_000; after += 50) await clock.advance(50);
      await b.stop();
      expect(after).toBeGreaterThanOrEqual(15_000);
      expect(after).toBeLessThanOrEqual(19_000);
    },
  );
  await fc.assert(isFollowed, { numRuns: 50 });
});

test.each(["down", "hangs"] as const)(
  "a leader that cannot renew stops before anybody else may start: server %s",
  async (trouble) => {
    const clock = fakeClock();
    const server = leaseServer();
    const a = candidate(server.client, clock, "a");
    await clock.advance(0);
    expect(a.leads()).toBe(true);
    server[trouble] = true;
    await clock.advance(9000);
    expect(a.leads()).toBe(true);
    await clock.advance(3000);
    expect(a.leads()).toBe(false);
    server[trouble] = false;
    await clock.advance(20_000);
    expect(a.leads()).toBe(true);
    await a.stop();
  },
);

test("a leader whose lease was taken stops at once and does not take it back while it is valid", async () => {
  const clock = fakeClock();
  const server = leaseServer();
  const a = candidate(server.client, clock, "a");
  await clock.advance(0);
  server.lease = {
    ...(server.lease as KubeObject),
    metadata: { ...server.lease?.metadata, resourceVersion: "99" },
    spec: { holderIdentity: "thief", leaseDurationSeconds: 15, leaseTransitions: 7 },
  };
  await clock.advance(4000);
  expect(a.leads()).toBe(false);
  await clock.advance(9000);
  expect(holder(server.lease)).toBe("thief");
  await clock.advance(10_000);
  expect([a.leads(), holder(server.lease), transitions(server.lease)]).toEqual([true, "a", 8]);
  await a.stop();
});

test("work that ends by itself gives the lease up and takes part again", async () => {
  const clock = fakeClock();
  const server = leaseServer();
  const end = new AbortController();
  let times = 0;
  const over = runLeaderElection({
    client: server.client,
    clock,
    random: () => 0,
    namespace: "n",
    name: "x",
    identity: "a",
    signal: end.signal,
    lead: async () => {
      times += 1;
      throw new Error("could not start");
    },
  });
  await clock.advance(0);
  await clock.advance(10_000);
  expect(times).toBeGreaterThan(1);
  end.abort();
  await over;
  expect(holder(server.lease)).toBe("");
});
