/** Whether a server over records is ready, by whether it can follow them. */
import { randomInt, randomUUID } from "node:crypto";
import { Registry } from "@prometheus-io/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeClock } from "../../../machinery/clock.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import type { GenericServer } from "../../generic-server.ts";
import { openGenericServer } from "../../generic-server.ts";
import { silentLogger } from "../../http/logger.ts";
import type { Store } from "../store.ts";
import { eventually } from "./testing/events.ts";
import type { FaultyWire } from "./testing/faulty-wire.ts";
import type { Host } from "./testing/host.ts";
import { openHost } from "./testing/host.ts";

const user = { name: "prober", groups: [] };
let host: Host;
let store: Store;
let wire: FaultyWire;
let clock: FakeClock;
let server: GenericServer;

beforeEach(async () => {
  host = await openHost();
  const connection = host.wire();
  wire = connection.wire;
  clock = fakeClock();
  store = await host.open(connection.client, clock);
  server = await openGenericServer({
    store,
    definitions: [],
    authenticator: { authenticate: () => ({ user }) },
    authorization: () => ({
      authorizer: { authorize: () => ({ decision: "Allow", reason: "" }) },
      rules: { rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }) },
    }),
    plugins: () => [],
    clock,
    random: { uuid: randomUUID, integer: (max) => randomInt(max) },
    logger: silentLogger,
    metrics: new Registry(),
    version: { major: "1", minor: "35", gitVersion: "v1.35.0", gitCommit: "", gitTreeState: "", buildDate: "", goVersion: "", compiler: "", platform: "" }, // prettier-ignore
  });
});
afterEach(async () => {
  wire.plan = () => undefined;
  await server.close();
  await host.close();
});

const ready = async (): Promise<number> =>
  (await server.api.dispatch({ method: "GET", url: "/readyz", user })).status;

/** Lets time pass in steps, so that whatever is tried again is tried again. */
async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 10; i++) await clock.advance(100);
}

test("a replica that is cut off is not ready after a while, and is again as soon as it can follow", async () => {
  expect(await ready()).toBe(200);
  wire.plan = () => ({ kind: "drop" });
  wire.cutWatches();
  await pass(10);
  expect(await ready()).toBe(200);
  await pass(10);
  expect(await ready()).toBe(500);
  wire.plan = () => undefined;
  await eventually(async () => {
    await clock.advance(1000);
    return (await ready()) === 200;
  });
});

test("a failure that is over makes nobody unready, however long nothing happens then", async () => {
  const before = wire.watchStarts;
  let left = 3;
  wire.plan = ({ isLongRunning }) => (isLongRunning === true && left-- > 0 ? { kind: "drop" } : undefined);
  wire.cutWatches();
  await eventually(async () => {
    await clock.advance(1000);
    return wire.watchStarts > before;
  });
  expect(left).toBeLessThan(0);
  await pass(20);
  expect(await ready()).toBe(200);
});

test("a watch that hangs is found by the first read that is not answered", async () => {
  // The packets vanish: nothing is refused, and what is open tells nothing.
  wire.plan = ({ isLongRunning }) =>
    isLongRunning === true ? { kind: "drop" } : { kind: "delay", until: new Promise(() => undefined) };
  await pass(30);
  expect(await ready()).toBe(200);
  const read = store.list("");
  read.catch(() => undefined);
  await pass(30);
  await expect(read).rejects.toMatchObject({ kind: "Unavailable" });
  expect(await ready()).toBe(500);
});
