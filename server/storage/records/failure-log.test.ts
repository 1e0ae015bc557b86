/** A host that refuses is told about in the log, not only in the 503 of each request. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TransportRequest } from "../../../cluster/transport.ts";
import { realClock } from "../../../machinery/clock.ts";
import type { Store } from "../store.ts";
import { text } from "./testing/events.ts";
import type { FaultyWire } from "./testing/faulty-wire.ts";
import type { Host } from "./testing/host.ts";
import { openHost } from "./testing/host.ts";

let host: Host;
let store: Store;
let wire: FaultyWire;
let told: string[];

beforeEach(async () => {
  host = await openHost();
  const connection = host.wire();
  wire = connection.wire;
  told = [];
  store = await host.open(connection.client, realClock(), (error) => told.push((error as Error).message));
  await store.create("/there", text("1"));
});
afterEach(async () => {
  wire.plan = () => undefined;
  await host.close();
});

const isRead = ({ method, isLongRunning }: TransportRequest): boolean =>
  method === "GET" && isLongRunning !== true;
const isWrite = ({ method }: TransportRequest): boolean => method !== "GET";

/** Answers every request of the kind with this code. */
function refuse(of: (request: TransportRequest) => boolean, code: number, reason: string): void {
  wire.plan = (request) => (of(request) ? { kind: "answer", code, reason } : undefined);
}

const lists = async (times: number): Promise<void> => {
  for (let i = 0; i < times; i += 1) {
    await expect(store.list("/")).rejects.toMatchObject({ kind: "Unavailable" });
  }
};

test("reads that are refused are told once per cause, with the reason", async () => {
  refuse(isRead, 403, "Forbidden");
  await lists(3);
  await expect(store.get("/there")).rejects.toMatchObject({ kind: "Unavailable" });
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^the host cannot be read: .*403|Forbidden/);
  refuse(isRead, 401, "Unauthorized");
  await lists(2);
  expect(told).toHaveLength(2);
});

test("a failure that comes back after the host has answered is told again", async () => {
  refuse(isRead, 403, "Forbidden");
  await lists(1);
  wire.plan = () => undefined;
  await store.list("/");
  refuse(isRead, 403, "Forbidden");
  await lists(1);
  expect(told).toHaveLength(2);
});

test("writes that are refused are told apart from reads, whatever their keys", async () => {
  refuse(isWrite, 403, "Forbidden");
  for (const key of ["/a", "/b"]) {
    await expect(store.create(key, text("1"))).rejects.toMatchObject({ kind: "Unavailable" });
  }
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("the host refused a record");
});

test("what callers are told in other words is not told", async () => {
  await expect(store.create("/there", text("2"))).rejects.toMatchObject({ kind: "KeyExists" });
  await expect(store.update("/there", text("2"), 1)).rejects.toMatchObject({ kind: "Conflict" });
  expect(told).toEqual([]);
});
