/** The client's whole way, from reflector to socket, to a server that is slow, busy, or silent. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../../cluster/client.ts";
import { createFairTransport } from "../../../cluster/fair-transport.ts";
import { createHttpTransport } from "../../../cluster/http-transport.ts";
import { reflect } from "../../../cluster/reflector.ts";
import { createRestClient } from "../../../cluster/rest-client.ts";
import { maxCallsAtOnce } from "../../../cluster/transport.ts";
import type { FakeClock } from "../../../machinery/clock.ts";
import { fakeClock } from "../../../machinery/clock.ts";

const widgets: ResourceRef = {
  group: "example.com",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};
const widget = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, namespace: "team-a", resourceVersion },
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Opened {
  readonly client: Client;
  readonly clock: FakeClock;
  /** What was asked, in order. */
  readonly asked: readonly URL[];
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that answers by a script, its last entry for ever, and a client of it whose time stands still. */
async function open(script: readonly Answer[], initialLimit?: number): Promise<Opened> {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? "", "http://server"));
    script[Math.min(asked.length, script.length) - 1]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const clock = fakeClock(1_000_000);
  const transport = createFairTransport({
    transport: createHttpTransport({ origin: `http://127.0.0.1:${String(port)}` }),
    clock,
    random: () => 0,
    ...(initialLimit === undefined ? {} : { initialLimit }),
  });
  closing.push(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client: createRestClient({ transport, clock, userAgent: "test/1" }), clock, asked };
}

const answer = (value: object, status = 200, headers: Record<string, string> = {}): Answer => {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
  };
};
const failure = (code: number, reason: string, headers: Record<string, string> = {}): Answer =>
  answer({ kind: "Status", apiVersion: "v1", code, reason, message: reason }, code, headers);
const busy: Answer = (_request, response) => {
  response.writeHead(429, { "retry-after": "1" }).end("Too many requests, please try again later.");
};
/** Tells events and says nothing more, as a connection does whose other end is gone. */
const tells = (...events: readonly object[]): Answer => {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  };
};

/** Lets time go on until it is so. */
async function passing(clock: FakeClock, ms: number, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await clock.advance(ms);
  }
}

test("one request has one budget of attempts, with fairness below it", async () => {
  const { client, clock, asked } = await open([busy]);
  let failed: unknown;
  void client.get(widgets, { namespace: "team-a", name: "w" }).catch((error: unknown) => {
    failed = error;
  });
  await passing(clock, 500, () => failed !== undefined);
  expect(failed).toMatchObject({ code: 429, reason: "TooManyRequests", details: { retryAfterSeconds: 1 } });
  expect(asked).toHaveLength(10);
});

test("a list that expires between two pages is read whole", async () => {
  const first = { metadata: { resourceVersion: "5", continue: "more" }, items: [widget("a", "1")] };
  const whole = { metadata: { resourceVersion: "9" }, items: [widget("b", "8"), widget("c", "9")] };
  const { client, asked } = await open([answer(first), failure(410, "Expired"), answer(whole)]);
  const list = await client.list(widgets);
  expect([list.resourceVersion, ...list.items.map(({ metadata }) => metadata.name)]).toEqual(["9", "b", "c"]);
  expect(asked.map(({ search }) => search)).toEqual(["?limit=500", "?limit=500&continue=more", ""]);
});

test("a list ends with its signal, and the server notices", async () => {
  const arrived = Promise.withResolvers<ServerResponse>();
  const { client } = await open([
    (_request, response) => {
      arrived.resolve(response);
    },
  ]);
  const stop = new AbortController();
  const listing = client.list(widgets, { signal: stop.signal });
  const response = await arrived.promise;
  const closed = new Promise((resolve) => response.once("close", resolve));
  stop.abort();
  await expect(listing).rejects.toThrow("aborted");
  await closed;
});

test("as many calls are on their way as fairness allows", async () => {
  const held: ServerResponse[] = [];
  const { client, asked } = await open([(_request, response) => held.push(response)], maxCallsAtOnce);
  const calls = Array.from({ length: maxCallsAtOnce + 10 }, (_, i) =>
    client.get(widgets, { namespace: "team-a", name: `w-${String(i)}` }),
  );
  let settled = false;
  const all = Promise.allSettled(calls).finally(() => {
    settled = true;
  });
  await passing(fakeClock(), 0, () => held.length === maxCallsAtOnce);
  expect(asked).toHaveLength(maxCallsAtOnce);
  // Until all are over, not until nobody waits: the next ones may be on their way.
  const over = (): boolean => settled;
  while (!over()) {
    for (const response of held.splice(0)) answer(widget("w", "1"))(response.req, response);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(new Set((await all).map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
});

test("a reflector waits as a busy server says, and goes on from where it was after silence", async () => {
  const initialEnd = { "k8s.io/initial-events-end": "true" };
  const state = [
    { type: "ADDED", object: widget("a", "3") },
    {
      type: "BOOKMARK",
      object: { ...widget("", ""), metadata: { resourceVersion: "5", annotations: initialEnd } },
    },
  ];
  const { client, clock, asked } = await open([
    busy,
    failure(503, "ServiceUnavailable", { "retry-after": "2" }),
    tells(...state),
    busy,
    tells({ type: "MODIFIED", object: widget("a", "7") }),
    tells({ type: "DELETED", object: widget("a", "8") }),
  ]);
  const told: string[] = [];
  const errors: unknown[] = [];
  const stop = new AbortController();
  const done = reflect({
    client,
    resource: widgets,
    clock,
    random: () => 0,
    signal: stop.signal,
    onError: (error) => errors.push(error),
    sink: {
      receive: (object) => object,
      replace: (objects) => told.push(`all ${String(objects.length)}`),
      changed: ({ metadata }) => told.push(`changed ${String(metadata.resourceVersion)}`),
      deleted: ({ metadata }) => told.push(`deleted ${String(metadata.resourceVersion)}`),
    },
  });
  await passing(clock, 1000, () => told.length === 3);
  stop.abort();
  await done;
  expect(told).toEqual(["all 1", "changed 7", "deleted 8"]);
  // Neither a busy server nor silence is a failure: nothing was lost, and nothing was read again.
  expect(errors).toEqual([]);
  expect(asked.map(({ searchParams }) => searchParams.get("resourceVersion"))).toEqual([
    null,
    null,
    null,
    "5",
    "5",
    "7",
  ]);
});
