/** Bytes that are no requests, or almost are, on connections of HTTP/1.1 and HTTP/2. */
import { once } from "node:events";
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import { connect as connectHttp2, constants } from "node:http2";
import type { TLSSocket } from "node:tls";
import { connect } from "node:tls";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Target } from "../../support/client.ts";
import { targetOf } from "../../support/client.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";
import { complaint } from "./raw-request.ts";
import { ambiguous, hiddenAnswer, plain } from "./smuggling.ts";

const collection = "/api/v1/namespaces/default/configmaps";
let server: StandaloneServer;
let target: Target;

beforeAll(async () => {
  server = await startStandalone({ flags: ["--log-level", "warn", "--no-controllers"] });
  target = targetOf(server.kubeconfig);
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

/** After whatever was sent the process lives and answers. */
afterEach(async () => {
  const answer = await ask(`GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nok$/);
  expect(server.process.exitCode).toBeNull();
});

async function open(protocol: "http/1.1" | "h2"): Promise<TLSSocket> {
  const { hostname, port } = new URL(target.origin);
  const { ca, cert, key } = target;
  const socket = connect({ host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: [protocol] });
  await once(socket, "secureConnect");
  return socket;
}

/** Sends the bytes and no more, and takes what comes until the other side has had enough. */
async function talk(bytes: string | Buffer, protocol: "http/1.1" | "h2" = "http/1.1"): Promise<string> {
  const socket = await open(protocol);
  const answer = listen(socket);
  socket.end(bytes);
  return answer;
}

/** Sends the bytes and stays open: a server need not answer those who have ended. The last request asks for the end. */
async function ask(bytes: string): Promise<string> {
  const socket = await open("http/1.1");
  const answer = listen(socket);
  socket.write(bytes);
  return answer;
}

/** What comes until the connection ends. */
async function listen(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A reset is an end like any other; events' once would take it for a failure.
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString("latin1");
}

/** Bodies may hold anything; what begins an answer stands at the start of a line. */
const statuses = (answers: string): number[] =>
  [...answers.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) => Number(status));

const bounds = (numRuns: number): fc.Parameters<unknown> => ({ seed: 20261121, numRuns });

describe("a hidden request behind", () => {
  test("a request that says where it ends is answered, so it is the others that hide it", async () => {
    const answer = await ask(plain);
    expect(statuses(answer)).toEqual([400, 200]);
    expect(answer).toContain(hiddenAnswer);
  });

  test.each(Object.entries(ambiguous))("%s is not answered", async (_says, bytes) => {
    const answer = await talk(bytes);
    expect(answer).not.toContain(hiddenAnswer);
    expect(statuses(answer).length).toBeLessThanOrEqual(1);
    for (const status of statuses(answer)) expect(status).toBeLessThan(500);
  });
});

describe("over HTTP/1.1", () => {
  const whole = `POST ${collection}?dryRun=All HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;

  test("any bytes are answered with 4xx, or not at all", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const seen = statuses(await talk(Buffer.from(bytes)));
        expect(seen.filter((status) => status < 400 || status > 499)).toEqual([]);
      }),
      bounds(60),
    );
  });

  test("a request with bytes changed, missing or repeated is never a 5xx", async () => {
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      drop: fc.nat(3),
      add: fc.oneof(
        fc.constantFrom("\r\n", "\n", "\r", "\u0000", " ", ":", "\u00ff", "0\r\n\r\n", "HTTP/1.1"),
        fc.string({ maxLength: 4 }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes = whole;
        for (const { at, drop, add } of changes) bytes = bytes.slice(0, at) + add + bytes.slice(at + drop);
        expect(statuses(await talk(Buffer.from(bytes, "latin1"))).filter((status) => status > 499)).toEqual(
          [],
        );
      }),
      bounds(150),
    );
  });

  test("a request that ends anywhere is given up, with or without an answer", async () => {
    for (let length = 1; length < whole.length; length += 7) {
      const seen = statuses(await talk(whole.slice(0, length)));
      expect(seen.filter((status) => status < 400 || status > 499)).toEqual([]);
    }
  });

  test.each([
    ["a header of two megabytes", `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(2_000_000)}\r\n\r\n`, [431]],
    [
      "ten thousand headers",
      `GET / HTTP/1.1\r\nHost: x\r\n${"a: b\r\n".repeat(10_000)}Connection: close\r\n\r\n`,
      [200, 400, 431],
    ],
    ["a line of two megabytes", `GET /${"a".repeat(2_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [414, 431]],
    [
      "a body that is gzip, and cut off",
      Buffer.concat([
        Buffer.from(
          `POST ${collection} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\nConnection: close\r\n\r\n`,
        ),
        gzipSync("{}".repeat(1000)).subarray(0, 20),
      ]),
      [400, 415],
    ],
    ["an asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [200, 400, 404, 405]],
    [
      "a request that waits to be asked on",
      `POST ${collection} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
      [100, 400, 422],
    ],
    [
      "one that expects what there is not",
      "GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n",
      [200, 417],
    ],
  ] as const)("%s", async (_says, bytes, allowed) => {
    const seen = statuses(await talk(bytes));
    expect(seen).not.toEqual([]);
    for (const status of seen) expect(allowed).toContain(status);
  });
});

describe("over HTTP/2", () => {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

  /** A frame with a true length, so that what follows is read as one, too. */
  const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };

  test("any bytes and any frames end the connection at most", async () => {
    const frames = fc.array(
      fc
        .tuple(fc.nat(10), fc.nat(255), fc.nat(5), fc.uint8Array({ maxLength: 40 }))
        .map((parts) => frame(...parts)),
      { maxLength: 8 },
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)),
      frames.map((all) => Buffer.concat([preface, settings, ...all])),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        await talk(sent, "h2");
      }),
      bounds(100),
    );
  });

  async function session(): Promise<ClientHttp2Session> {
    const { ca, cert, key } = target;
    const made = connectHttp2(target.origin, { ca, cert, key });
    made.on("error", () => undefined);
    await once(made, "connect");
    return made;
  }

  /** The answer to a stream; undefined when it was reset. */
  async function exchange(
    over: ClientHttp2Session,
    headers: Readonly<Record<string, string>>,
    send: (stream: ReturnType<ClientHttp2Session["request"]>) => void,
  ): Promise<{ status: number; contentType: string; body: string } | undefined> {
    const stream = over.request(headers, { endStream: false });
    const chunks: Buffer[] = [];
    let received: IncomingHttpHeaders | undefined;
    stream.on("response", (given) => (received = given));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => undefined);
    // `once` of node:events would reject for streams that are reset.
    const closed = new Promise((resolve) => stream.once("close", resolve));
    send(stream);
    await closed;
    if (received === undefined) return undefined;
    const { ":status": status, "content-type": contentType = "" } = received as Record<string, unknown>;
    return {
      status: Number(status),
      contentType: String(contentType),
      body: Buffer.concat(chunks).toString(),
    };
  }

  test("any headers and bodies get a Status, or are refused as streams", async () => {
    const over = await session();
    const name = fc.constantFrom(
      ..."accept content-type content-encoding expect x-remote-user cookie :authority".split(" "),
    );
    const text = fc.oneof(
      fc.constantFrom(
        "",
        "0",
        "-1",
        "gzip",
        "trailers",
        "application/json",
        "application/vnd.kubernetes.protobuf",
      ),
      fc.string({ maxLength: 20 }).map((raw) => raw.replaceAll(/[^\t\x20-\x7e]/g, "?").trim()),
    );
    const method = fc.constantFrom(
      "GET",
      "POST",
      "PUT",
      "PATCH",
      "DELETE",
      "OPTIONS",
      "HEAD",
      "TRACE",
      "QUERY",
    );
    const path = fc.constantFrom(
      collection,
      `${collection}/victim`,
      `${collection}?watch=1&timeoutSeconds=1`,
      "*",
      "/",
      "//",
      "/%zz",
    );
    const body = fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 100 }));
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        fc.dictionary(name, text, { maxKeys: 3 }),
        body,
        async (verb, where, more, bytes) => {
          const answer = await exchange(over, { ...more, ":method": verb, ":path": where }, (stream) =>
            stream.end(bytes),
          );
          if (answer !== undefined && verb !== "HEAD") expect(complaint(answer)).toBeUndefined();
          if (answer !== undefined) expect(answer.status).toBeLessThan(500);
        },
      ),
      bounds(300),
    );
    expect(over.destroyed).toBe(false);
    over.destroy();
  });

  test("a body that is not as long as announced ends its own connection at most", async () => {
    const [over, other] = [await session(), await session()];
    const request = { ":method": "POST", ":path": collection, "content-length": "1" };
    const answer = await exchange(over, request, (stream) => stream.end("abc"));
    expect(answer?.status ?? 400).toBe(400);
    const health = await exchange(other, { ":method": "GET", ":path": "/healthz" }, (stream) => stream.end());
    expect(health?.status).toBe(200);
    over.destroy();
    other.destroy();
  });

  test("streams that are reset, left half open or flooded leave the others alone", async () => {
    const over = await session();
    const request = { ":method": "POST", ":path": collection, "content-type": "application/json" };
    const left = Array.from({ length: 50 }, () => over.request(request, { endStream: false }));
    for (const stream of left) {
      stream.on("error", () => undefined);
      stream.write('{"kind":');
    }
    await Promise.all(
      Array.from({ length: 20 }, () =>
        exchange(over, request, (stream) => {
          stream.write("{");
          stream.close(constants.NGHTTP2_CANCEL);
        }),
      ),
    );
    const flooded = await exchange(over, request, (stream) => {
      stream.write(Buffer.alloc(4 * 1024 * 1024, " "));
    });
    expect(flooded?.status).toBe(413);
    const other = await exchange(over, { ":method": "GET", ":path": "/healthz" }, (stream) => stream.end());
    expect(other).toMatchObject({ status: 200, body: "ok" });
    for (const stream of left) stream.close(constants.NGHTTP2_CANCEL);
    over.destroy();
  });

  test("a header of half a megabyte and a thousand cookies are served or refused", async () => {
    const over = await session();
    const seen = await Promise.all(
      [
        { accept: "a/b,".repeat(120_000) },
        { cookie: Array.from({ length: 1000 }, (_, i) => `a=${String(i)}`).join("; ") },
      ].map((headers) =>
        exchange(over, { ":method": "GET", ":path": collection, ...headers }, (stream) => stream.end()),
      ),
    );
    for (const answer of seen) if (answer !== undefined) expect(complaint(answer)).toBeUndefined();
    over.destroy();
  });
});
