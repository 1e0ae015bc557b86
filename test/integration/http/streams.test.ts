import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { connect as tlsConnect } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { Handler, StreamSink } from "../../../server/http/api-request.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import { healthHandler } from "../../../server/health/health.ts";
import type { Fixture, FixtureOptions } from "./server-fixture.ts";
import { address, startFixture } from "./server-fixture.ts";

const watchPath = "/api/v1/pods?watch=1";
let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});
const start = async (options: FixtureOptions): Promise<Fixture> => (fixture = await startFixture(options));

/** A watch that says nothing until its client or the server ends it. */
const idleWatch: Handler = async () => ({
  status: 200,
  headers: { "content-type": "application/json" },
  stream: (sink) =>
    new Promise((resolve) => {
      if (sink.signal.aborted) resolve();
      sink.signal.addEventListener("abort", () => {
        resolve();
      });
    }),
});

const openHttp1 = async (at: Fixture, path: string): Promise<IncomingMessage> => {
  const made = httpsRequest({
    host: address,
    port: at.port,
    path,
    ca: at.clientPki.ca.cert,
    agent: new Agent(),
  });
  made.end();
  const [response] = (await once(made, "response")) as [IncomingMessage];
  return response;
};

const openHttp2 = async (at: Fixture, path: string): Promise<ClientHttp2Stream> => {
  const stream = at.session().request({ ":path": path });
  await once(stream, "response");
  return stream;
};

describe.each([
  ["HTTP/1.1", openHttp1],
  ["HTTP/2", openHttp2],
] as const)("%s", (_name, open) => {
  test("the headers of an idle watch come at once", async () => {
    const at = await start({ resources: idleWatch });
    const watch = await open(at, watchPath);
    expect(at.audit.map((line) => (JSON.parse(line) as { stage: string }).stage)).toEqual([
      "ResponseStarted",
    ]);
    watch.destroy();
  });

  test("events arrive while the watch goes on", async () => {
    const at = await start({
      resources: async () => ({
        status: 200,
        headers: {},
        stream: async (sink) => {
          sink.write(Buffer.from("one\n"));
          await once(sink.signal, "abort");
        },
      }),
    });
    const watch = await open(at, watchPath);
    const [chunk] = (await once(watch, "data")) as [Buffer];
    expect(chunk.toString()).toBe("one\n");
    watch.destroy();
  });

  test("a watch whose client goes away ends its signal", async () => {
    const gone = Promise.withResolvers<undefined>();
    const at = await start({
      resources: async () => ({
        status: 200,
        headers: {},
        stream: async (sink) => {
          await once(sink.signal, "abort");
          gone.resolve(undefined);
        },
      }),
    });
    (await open(at, watchPath)).destroy();
    await gone.promise;
    expect(at.server).toBeDefined();
  });

  test("a slow client is not buffered for without end", async () => {
    const limit = 256 * 1024;
    const sinks = Promise.withResolvers<StreamSink>();
    const at = await start({
      limits: { streamBufferBytes: limit },
      resources: async () => ({
        status: 200,
        headers: {},
        stream: async (sink) => {
          sinks.resolve(sink);
          await once(sink.signal, "abort");
        },
      }),
    });
    const watch = await open(at, watchPath);
    watch.pause();
    const sink = await sinks.promise;
    const chunk = Buffer.alloc(64 * 1024, "x");
    let written = 0;
    // Socket buffers on the way take some; after that the sink has to say stop.
    while (sink.write(chunk) && written < 256 * 1024 * 1024) {
      written += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sink.bufferedBytes).toBeGreaterThan(limit);
    expect(sink.bufferedBytes).toBeLessThanOrEqual(limit + 2 * chunk.length);
    const drained = new Promise<void>((resolve) => {
      sink.onDrain(resolve);
    });
    watch.resume();
    await drained;
    expect(sink.bufferedBytes).toBeLessThan(limit);
    watch.destroy();
  });

  test("what the client of an ended watch does not take is given up, and with it the connection", async () => {
    // Waiting for the drain would outlast the test.
    const at = await start({
      limits: { drainMs: 600_000, streamFlushMs: 100 },
      resources: async () => ({
        status: 200,
        headers: {},
        stream: async (sink) => {
          while (sink.write(Buffer.alloc(64 * 1024, "x"))) {
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
      }),
    });
    const watch = await open(at, watchPath);
    watch.pause();
    watch.on("error", () => undefined);
    await at.server.close();
    expect(at.server.address).toBeUndefined();
  });

  test("a stream that fails after its headers is cut, not ended", async () => {
    const hasBegun = Promise.withResolvers<undefined>();
    const at = await start({
      resources: async () => ({
        status: 200,
        headers: {},
        stream: async (sink) => {
          sink.write(Buffer.from('{"items":['));
          await hasBegun.promise;
          throw new Error("the store is gone");
        },
      }),
    });
    const list = await open(at, "/api/v1/pods");
    await once(list, "data");
    const ended = await new Promise<string>((resolve) => {
      list.once("error", () => {
        resolve("error");
      });
      list.once("close", () => {
        resolve("close");
      });
      hasBegun.resolve(undefined);
    });
    expect(ended).toBe("error");
  });

  test("closing ends open watches cleanly and does not wait for them", async () => {
    // Waiting for the drain would outlast the test.
    const at = await start({ resources: idleWatch, limits: { drainMs: 600_000 } });
    const watches = await Promise.all(Array.from({ length: 20 }, () => open(at, watchPath)));
    const ends = watches.map(async (watch) => {
      watch.resume();
      await once(watch, "end");
    });
    await at.server.close();
    expect(await Promise.all(ends)).toHaveLength(20);
  });

  test("a writer that ignores its signal cannot keep the server from closing", async () => {
    const at = await start({
      resources: async () => ({ status: 200, headers: {}, stream: () => new Promise<void>(() => {}) }),
      limits: { drainMs: 600_000, streamEndMs: 100 },
    });
    const watch = await open(at, watchPath);
    watch.resume();
    const ended = once(watch, "end");
    await at.server.close();
    await ended;
    expect(watch.readableEnded).toBe(true);
  });
});

test("a thousand idle watches and other requests share one connection", async () => {
  const at = await start({
    resources: (request) =>
      request.info.verb === "watch"
        ? idleWatch(request)
        : Promise.resolve({ status: 200, headers: {}, body: "x" }),
  });
  const session = at.session();
  const watches = Array.from({ length: 1000 }, () => session.request({ ":path": watchPath }));
  await Promise.all(watches.map((watch) => once(watch, "response")));
  const other = session.request({ ":path": "/api/v1/pods" });
  const [headers] = (await once(other, "response")) as [Record<string, unknown>];
  expect(headers[":status"]).toBe(200);
});

describe("an HTTP/2 stream whose body is not read to its end", () => {
  const answer: Handler = async () => ({ status: 200, headers: {}, body: "x" });

  test.each([
    { says: "too large a body", method: "POST", path: "/api/v1/namespaces", bytes: 4000, status: 413 },
    { says: "a body on its way to nobody", method: "POST", path: "/nowhere", bytes: 10, status: 404 },
    { says: "a body of a GET", method: "GET", path: "/api/v1/namespaces", bytes: 10, status: 200 },
    { says: "a body that never comes", method: "PUT", path: "/nowhere", bytes: 0, status: 404 },
  ])(
    "$says: is closed after the answer, and the connection goes on",
    async ({ method, path, bytes, status }) => {
      const at = await start({ resources: answer, limits: { bodyBytes: 1000 } });
      const session = at.session();
      for (let i = 0; i < 5; i += 1) {
        const stream = session.request({ ":path": path, ":method": method }, { endStream: false });
        const closed = once(stream, "close");
        if (bytes > 0) stream.write(Buffer.alloc(bytes));
        const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
        stream.resume();
        await closed;
        expect([headers[":status"], stream.rstCode]).toEqual([status, 0]);
      }
      const last = session.request({ ":path": "/api/v1/namespaces", ":method": "POST" });
      last.end("{}");
      const [headers] = (await once(last, "response")) as [Record<string, unknown>];
      expect(headers[":status"]).toBe(200);
    },
  );
});

test("while closing, readiness fails first, requests are served on, and running ones finish", async () => {
  const release = Promise.withResolvers<undefined>();
  const running = Promise.withResolvers<undefined>();
  const clock = fakeClock(new Date());
  let at: Fixture | undefined = undefined;
  at = await start({
    clock,
    resources: async () => {
      running.resolve(undefined);
      await release.promise;
      return { status: 200, headers: {}, body: "done" };
    },
    paths: {
      "/readyz": (request) =>
        healthHandler("readyz", [(at as unknown as Fixture).server.shutdownCheck], {
          debug: () => {},
          info: () => {},
          warn: () => {},
          error: () => {},
        })(request),
    },
  });
  expect((await at.h1("/readyz")).body).toBe("ok");
  const slow = at.h1("/api/v1/pods");
  await running.promise;
  const closed = at.server.close({ lameDuckMs: 1000 });
  const notReady = await at.h1("/readyz");
  expect([notReady.status, notReady.body]).toEqual([
    500,
    "[-]shutdown failed: reason withheld\nreadyz check failed\n",
  ]);
  await clock.advance(1000);
  await expect.poll(() => at.server.address).toBeUndefined();
  await expect(at.h1("/readyz")).rejects.toThrow(/ECONNREFUSED/);
  release.resolve(undefined);
  const answer = await slow;
  expect([answer.status, answer.body, answer.headers["connection"]]).toEqual([200, "done", "close"]);
  await closed;
});

/** What comes back until the connection is closed, as it is on the wire. */
async function raw(at: Fixture, text: string): Promise<string> {
  const socket = tlsConnect({
    host: address,
    port: at.port,
    ca: at.clientPki.ca.cert,
    ALPNProtocols: ["http/1.1"],
  });
  await once(socket, "secureConnect");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  // Who is answered before everything is sent may see a reset behind the answer.
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(text);
  await closed;
  return answer;
}

describe("the body of a stream on the wire", () => {
  const countdown: Handler = async () => ({
    status: 200,
    headers: {},
    stream: async (sink) => {
      sink.write(Buffer.from("three\n"));
      sink.write(Buffer.from("two\n"));
      // Called when these have gone out.
      await new Promise<void>((resolve) => {
        sink.onDrain(resolve);
      });
      sink.write(Buffer.from("one\n"));
    },
  });
  const chunks = "a\r\nthree\ntwo\n\r\n4\r\none\n\r\n0\r\n\r\n";
  const get = (more = "") => `GET ${watchPath} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  const bodies = (answer: string): string[] =>
    answer.split(/HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\n/).filter((part) => part !== "");

  test("has what one turn brings in one chunk", async () => {
    const answer = await raw(await start({ resources: countdown }), get("Connection: close\r\n"));
    expect(bodies(answer)).toEqual([chunks]);
  });

  test("waits for the stream before it on the same connection", async () => {
    const answer = await raw(await start({ resources: countdown }), get() + get("Connection: close\r\n"));
    expect(
      bodies(answer)
        .join("|")
        .replaceAll(/(?:a|6|4)\r\n|\r\n/g, ""),
    ).toBe("three\ntwo\none\n0|three\ntwo\none\n0");
  });

  test("has no chunks for HTTP/1.0", async () => {
    const answer = await raw(
      await start({ resources: countdown }),
      `GET ${watchPath} HTTP/1.0\r\nHost: x\r\n\r\n`,
    );
    expect(bodies(answer)).toEqual(["three\ntwo\none\n"]);
  });
});

describe("requests that are none", () => {
  test.each([
    ["garbage", "what\r\n\r\n", "HTTP/1.1 400 Bad Request"],
    ["too long headers", `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(1_100_000)}\r\n\r\n`, "HTTP/1.1 431 "],
    ["a bad path", "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 Bad Request"],
    [
      "an absolute URL",
      "GET https://x/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "HTTP/1.1 404 Not Found",
    ],
    [
      "a method nobody knows",
      "PROPFIND /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "HTTP/1.1 404 Not Found",
    ],
    [
      "an upgrade",
      "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
      "HTTP/1.1 404 Not Found",
    ],
  ])("%s gets a text answer", async (_says, text, first) => {
    const at = await start({});
    const answer = await raw(at, text);
    expect(answer.startsWith(first)).toBe(true);
    expect(answer.toLowerCase()).toContain("content-type: text/plain; charset=utf-8");
    expect(answer).not.toContain("FST_");
  });

  test("a body that never comes is given up on", async () => {
    const at = await start({ limits: { requestTimeoutMs: 200 } });
    const answer = await raw(
      at,
      "POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{",
    );
    expect(answer).toMatch(/^HTTP\/1.1 504 /);
    expect(answer).toContain(
      "Timeout: request did not complete within requested timeout - context deadline exceeded",
    );
  });
});
