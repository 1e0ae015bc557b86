/**
 * A thousand watchers of one kind, fifty of which never read, on a server in a process of its own. What waits for whom is
 * read from the server's metrics; nothing is measured in time.
 */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { targetOf } from "../../support/client.ts";
import type { LoadClient } from "../../support/load.ts";
import { createLoadClient } from "../../support/load.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";
import type { Watcher } from "./watchers.ts";
import { http1Watches, http2Watches, metadataOnly } from "./watchers.ts";

const path = "/api/v1/namespaces/default/configmaps";
/** A reader may be behind by 16 MiB; its connection holds 1 MiB more, and each of the two one event above its bound. */
const eventBytes = 256 * 1024;
const boundPerWatcher = (16 + 1) * 1024 * 1024 + 2 * (eventBytes + 2048);
/** More than the bound and what the buffers of two sockets take. */
const writes = 100;
/** They all wait for the same bytes: the process grows by less than it would if half of them had bytes of their own. */
const memoryBound = 25 * boundPerWatcher;
const connections = { http2: 9, streams: 50 };
const slow = { http1: 25, http2: 25 };

let server: StandaloneServer;
let client: LoadClient;
let http1: ReturnType<typeof http1Watches>;
let http2: ReturnType<typeof http2Watches>[];

beforeAll(async () => {
  server = await startStandalone({ flags: ["--log-level", "warn", "--no-controllers"] });
  const target = targetOf(server.kubeconfig);
  client = createLoadClient({ cert: target.cert, key: target.key, ca: () => target.ca, keepAlive: true });
  http1 = http1Watches(target);
  http2 = Array.from({ length: connections.http2 + 1 }, () => http2Watches(target));
});
afterAll(async () => {
  http1.close();
  for (const connection of http2) connection.close();
  client.close();
  await server.stop();
  removeDirectory(server.dataDir);
});

/** Writes an object of about so many bytes; its new resourceVersion. */
async function write(name: string, fill: string, bytes: number): Promise<string> {
  const { status, text } = await client.send(`${server.url}${path}/${name}`, "PUT", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data: { text: fill.repeat(bytes) },
  });
  expect(status, text.slice(0, 500)).toBeLessThan(300);
  return (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}

/** The values of a metric for ConfigMaps, added up. */
async function metric(name: string, labels = ""): Promise<number> {
  const { text } = await client.send(`${server.url}/metrics`, "GET");
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) && line.includes('resource="configmaps"'))
    .filter((line) => line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** The memory of the server's process, as its operating system counts it. */
const residentBytes = (): number =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", String(server.process.pid)], { encoding: "utf8" })) * 1024;

const runningWatches = (): Promise<number> => metric("apiserver_longrunning_requests", 'verb="WATCH"');

const patience = { timeout: 120_000, interval: 100 };

test("watchers that never read cost a bounded backlog and their own watch, and nobody else an event", async () => {
  const created = await client.send(`${server.url}${path}`, "POST", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "busy" },
  });
  const { resourceVersion: start } = (JSON.parse(created.text) as { metadata: { resourceVersion: string } })
    .metadata;
  const from = `${path}?watch=1&resourceVersion=${start}`;

  const ownWatches = await runningWatches();
  const watches = async (): Promise<number> => (await runningWatches()) - ownWatches;

  // Each connection of HTTP/2 has a stream that is not read among those that are; one has nothing else.
  const mixed = http2.slice(0, connections.http2);
  const lonely = http2[connections.http2]!;
  const stuck: Watcher[] = await Promise.all([
    ...Array.from({ length: slow.http1 }, () => http1.open(from)),
    ...mixed.map((connection) => connection.open(from)),
    ...Array.from({ length: slow.http2 - connections.http2 }, () => lonely.open(from)),
  ]);
  const readers: Watcher[] = [];
  for (const connection of mixed) {
    readers.push(
      ...(await Promise.all(
        Array.from({ length: connections.streams }, () => connection.open(from, metadataOnly)),
      )),
    );
  }
  // Two take whole objects.
  const whole = [await mixed[0]!.open(from), await http1.open(from)];
  readers.push(...whole);
  while (readers.length < 1000 - stuck.length) {
    const count = Math.min(50, 1000 - stuck.length - readers.length);
    readers.push(...(await Promise.all(Array.from({ length: count }, () => http1.open(from, metadataOnly)))));
  }
  for (const reader of readers) reader.read();
  expect(await watches()).toBe(1000);

  const written: string[] = [];
  const residentBefore = residentBytes();
  let mostResident = 0;
  let mostBytes = 0;
  let writtenWhileBehind = 0;
  const keepUp = (): boolean => whole.every(({ revisions }) => written.length - revisions.length < 16);
  for (let i = 0; i < writes; i += 1) {
    // A stream of HTTP/2 takes an event in several windows, a write is one request: who reads must not fall behind as far
    // as who does not.
    if (!keepUp()) await expect.poll(keepUp, { ...patience, interval: 5 }).toBe(true);
    written.push(await write("busy", String.fromCharCode(97 + (i % 26)), eventBytes));
    mostResident = Math.max(mostResident, residentBytes());
    if (i % 8 !== 0) continue;
    const bytes = await metric("hawsepipe_watch_backlog_max_bytes");
    mostBytes = Math.max(mostBytes, bytes);
    if ((await metric("hawsepipe_watch_backlog_events")) > 0) writtenWhileBehind += 1;
  }
  // There were readers behind all the time, and each write was answered; none of them may be behind further than this.
  expect(writtenWhileBehind).toBeGreaterThan(0);
  expect(mostBytes).toBeGreaterThan(1024 * 1024);
  expect(mostBytes).toBeLessThanOrEqual(boundPerWatcher);
  expect(mostResident - residentBefore).toBeLessThan(memoryBound);

  await expect.poll(() => readers.every(({ revisions }) => revisions.length >= writes), patience).toBe(true);
  for (const { revisions } of readers) expect(revisions).toEqual(written);
  expect(readers.some(({ isOver }) => isOver)).toBe(false);

  await expect.poll(watches, patience).toBe(readers.length);
  expect(await metric("apiserver_terminated_watchers_total")).toBe(stuck.length);
  await expect.poll(() => metric("hawsepipe_watch_backlog_events"), patience).toBe(0);

  // They find what was on its way to them, without a gap, then the end; and go on from there with a new watch.
  for (const watcher of stuck) watcher.read();
  await expect.poll(() => stuck.every(({ isOver }) => isOver), patience).toBe(true);
  const resumed = await Promise.all(
    stuck.map(async ({ revisions, error }) => {
      expect(error).toBeUndefined();
      const last = revisions.at(-1) ?? start;
      const watch = await http1.open(`${path}?watch=1&resourceVersion=${last}`, metadataOnly);
      return { before: revisions, after: watch.read() };
    }),
  );
  await expect
    .poll(
      () => resumed.every(({ before, after }) => before.length + after.revisions.length >= writes),
      patience,
    )
    .toBe(true);
  for (const { before, after } of resumed) {
    expect(before.length).toBeLessThan(writes);
    expect([...before, ...after.revisions]).toEqual(written);
  }

  for (const watcher of [...readers, ...resumed.map(({ after }) => after)]) watcher.close();
  await expect.poll(watches, patience).toBe(0);

  // History is bounded in bytes, too: who was away for more than that starts anew.
  await write("busy", "x", 1_000_000);
  const labels = Array.from({ length: 110 }, (_, i) => ({ metadata: { labels: { n: String(i) } } }));
  for (const label of labels) {
    const { status } = await client.send(`${server.url}${path}/busy`, "PATCH", label);
    expect(status).toBe(200);
  }
  const late = (await http1.open(from, metadataOnly)).read();
  await expect.poll(() => late.isOver, patience).toBe(true);
  expect(late.revisions).toEqual([]);
  expect(late.error).toMatch(
    /^\{"type":"ERROR","object":\{.*"message":"too old resource version: \d+ \(\d+\)","reason":"Expired","code":410\}\}$/,
  );
}, 600_000);
