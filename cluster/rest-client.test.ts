import { describe, expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import type { Client, ResourceRef } from "./client.ts";
import { createRestClient } from "./rest-client.ts";
import type { Scripted } from "./testing/scripted-transport.ts";
import { scriptedTransport } from "./testing/scripted-transport.ts";
import type { TransportRequest } from "./transport.ts";

const widgets: ResourceRef = {
  group: "example.com",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};
const at = { namespace: "team-a", name: "w" };
const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: at };
const body = JSON.stringify(widget);
const failure = (code: number, reason: string, details: { retryAfterSeconds?: number } = {}): Scripted => ({
  status: code,
  headers:
    details.retryAfterSeconds === undefined ? {} : { "retry-after": String(details.retryAfterSeconds) },
  body: JSON.stringify({ kind: "Status", apiVersion: "v1", code, reason, message: reason, details }),
});

function open(...script: readonly (Scripted | Error)[]): {
  client: Client;
  requests: readonly TransportRequest[];
  clock: ReturnType<typeof fakeClock>;
} {
  const clock = fakeClock();
  const { transport, requests } = scriptedTransport(script);
  return { client: createRestClient({ transport, clock, userAgent: "test/1" }), requests, clock };
}

const writes: readonly {
  name: string;
  run: (client: Client) => Promise<unknown>;
  sends: string;
  type: string;
}[] = [
  {
    name: "create",
    run: (client) => client.create(widgets, widget, { fieldManager: "m", fieldValidation: "Strict" }),
    sends: "POST /apis/example.com/v1/namespaces/team-a/widgets?fieldManager=m&fieldValidation=Strict",
    type: "application/json",
  },
  {
    name: "update of a subresource",
    run: (client) => client.update(widgets, widget, { subresource: "status" }),
    sends: "PUT /apis/example.com/v1/namespaces/team-a/widgets/w/status",
    type: "application/json",
  },
  {
    name: "merge patch",
    run: (client) => client.mergePatch(widgets, at, { spec: { a: null } }, { dryRun: true }),
    sends: "PATCH /apis/example.com/v1/namespaces/team-a/widgets/w?dryRun=All",
    type: "application/merge-patch+json",
  },
  {
    name: "apply",
    run: (client) => client.apply(widgets, widget, { fieldManager: "m", force: true }),
    sends: "PATCH /apis/example.com/v1/namespaces/team-a/widgets/w?fieldManager=m&force=true",
    type: "application/apply-patch+yaml",
  },
];

describe("writes", () => {
  test.each(writes)("$name", async ({ run, sends, type }) => {
    const { client, requests } = open({ body });
    await run(client);
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([sends]);
    expect(requests[0]?.headers).toMatchObject({ "content-type": type, "user-agent": "test/1" });
  });

  test.each([
    { says: "after a 429, which nobody has read", code: 429, retryAfterSeconds: 0, sent: 2 },
    { says: "not after a 429 that does not say when", code: 429, sent: 1 },
    { says: "not after a 503, for they may have happened", code: 503, retryAfterSeconds: 0, sent: 1 },
  ])("are repeated $says", async ({ code, sent, ...details }) => {
    const { client, requests, clock } = open(failure(code, "", details), { body });
    const writing = client.create(widgets, widget).then(
      () => "done",
      (error: unknown) => (error as { code: number }).code,
    );
    await clock.advance(0);
    await clock.advance(0);
    expect(await writing).toBe(sent === 2 ? "done" : code);
    expect(requests.map((request) => JSON.parse(String(request.body)) as unknown)).toEqual(
      Array(sent).fill(widget),
    );
  });

  test("answer the warnings that came with them", async () => {
    const warning = '299 - "unknown field \\"spec.x\\"", 299 - "second, with comma"';
    const { client } = open({ body, headers: { warning } });
    const { warnings } = await client.create(widgets, widget);
    expect(warnings).toEqual(['unknown field "spec.x"', "second, with comma"]);
  });

  test("a delete sends its preconditions in the body", async () => {
    const { client, requests } = open({ body: '{"kind":"Status","apiVersion":"v1"}' });
    await client.delete(widgets, at, { propagationPolicy: "Orphan", preconditions: { uid: "u" } });
    expect(JSON.parse(requests[0]?.body?.toString() ?? "")).toEqual({
      kind: "DeleteOptions",
      apiVersion: "v1",
      propagationPolicy: "Orphan",
      preconditions: { uid: "u" },
    });
  });
});

describe("failures", () => {
  test.each([
    { name: "a Status", script: failure(404, "NotFound"), code: 404, reason: "NotFound" },
    {
      name: "a proxy's 404 page",
      script: { status: 404, body: "404 page not found" },
      code: 404,
      reason: "",
    },
    {
      name: "a proxy's 502 page",
      script: { status: 502, body: "<html>" },
      code: 503,
      reason: "ServiceUnavailable",
    },
    {
      name: "a server's text that it has too much to do",
      script: { status: 429, body: "Too many requests, please try again later." },
      code: 429,
      reason: "TooManyRequests",
    },
    {
      name: "an answer that breaks off",
      script: { body: [Buffer.from("{")], breaks: true },
      code: 503,
      reason: "ServiceUnavailable",
    },
    { name: "no answer", script: new Error("connect ECONNREFUSED"), code: 503, reason: "ServiceUnavailable" },
  ])("$name becomes $code $reason", async ({ script, code, reason }) => {
    await expect(open(script).client.get(widgets, at)).rejects.toMatchObject({ code, reason });
  });
});

describe("reads", () => {
  test.each([429, 500, 503, 504])("wait as long as a %d says and try again", async (code) => {
    const { client, requests, clock } = open(failure(code, "", { retryAfterSeconds: 3 }), { body });
    const reading = client.get(widgets, at);
    await clock.advance(0);
    await clock.advance(2999);
    expect(requests).toHaveLength(1);
    await clock.advance(1);
    expect((await reading).metadata.name).toBe("w");
  });

  test.each([
    { says: "ten times", seconds: 1, sent: 10 },
    { says: "for a minute", seconds: 25, sent: 3 },
    { says: "once when they are to wait longer", seconds: 61, sent: 1 },
  ])("are tried $says", async ({ seconds, sent }) => {
    const refusal = failure(429, "TooManyRequests", { retryAfterSeconds: seconds });
    const { client, requests, clock } = open(...Array<Scripted>(20).fill(refusal));
    const reading = expect(client.get(widgets, at)).rejects.toMatchObject({ code: 429 });
    await clock.advance(0);
    await clock.advance(100_000);
    await reading;
    expect(requests).toHaveLength(sent);
  });

  test("a list without a limit takes every page, with the revision of the first", async () => {
    const page = (name: string, resourceVersion: string, token: string): Scripted => ({
      body: JSON.stringify({
        metadata: { resourceVersion, continue: token },
        items: [{ metadata: { name } }],
      }),
    });
    const { client, requests } = open(page("a", "7", "next"), page("b", "8", ""));
    const list = await client.list(widgets, { labelSelector: "x=y", resourceVersion: "0" });
    expect(list.items.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ["Widget", "a"],
      ["Widget", "b"],
    ]);
    expect(list.resourceVersion).toBe("7");
    expect(requests.map(({ path }) => path.split("?")[1])).toEqual([
      "labelSelector=x%3Dy&resourceVersion=0&limit=500",
      "labelSelector=x%3Dy&limit=500&continue=next",
    ]);
  });

  test("a list whose pages expire is read anew and whole, not mixed from two states", async () => {
    const expired = JSON.parse(failure(410, "Expired").body as string) as object;
    const { client, requests } = open(
      { body: JSON.stringify({ metadata: { resourceVersion: "7", continue: "next" }, items: [widget] }) },
      { status: 410, body: JSON.stringify({ ...expired, metadata: { continue: "the rest of another" } }) },
      { body: JSON.stringify({ metadata: { resourceVersion: "9" }, items: [] }) },
    );
    const list = await client.list(widgets, { labelSelector: "x=y", resourceVersion: "3" });
    expect(list).toEqual({ items: [], resourceVersion: "9", continue: "" });
    expect(requests.map(({ path }) => path.split("?")[1])).toEqual([
      "labelSelector=x%3Dy&resourceVersion=3&limit=500",
      "labelSelector=x%3Dy&limit=500&continue=next",
      "labelSelector=x%3Dy&resourceVersion=3",
    ]);
  });

  test("a page asked for by its token fails when that expired: only who reads pages knows what to do", async () => {
    const { client } = open(failure(410, "Expired"));
    await expect(client.list(widgets, { limit: 1, continue: "t" })).rejects.toMatchObject({ code: 410 });
  });

  test.each([
    {
      says: "",
      options: { resourceVersion: "7" },
      query: "resourceVersion=7&watch=true&allowWatchBookmarks=true",
    },
    {
      says: " with the state first",
      options: { sendInitialEvents: true, timeoutSeconds: 300 },
      query:
        "timeoutSeconds=300&watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    },
  ])("a watch$says asks for bookmarks", async ({ options, query }) => {
    const { client, requests } = open({ body: "" });
    const { signal } = new AbortController();
    for await (const event of client.watch(widgets, { ...options, signal })) expect.unreachable(event.type);
    expect(requests).toMatchObject([{ path: `/apis/example.com/v1/widgets?${query}`, isLongRunning: true }]);
  });

  test("a watch is opened when the server says so", async () => {
    const frame = `{"type":"ADDED","object":${body}}\n`;
    const refusals = [
      failure(429, "TooManyRequests", { retryAfterSeconds: 2 }),
      failure(503, "ServiceUnavailable", { retryAfterSeconds: 1 }),
    ];
    const { client, requests, clock } = open(...refusals, { body: frame });
    const { signal } = new AbortController();
    const first = client.watch(widgets, { signal, resourceVersion: "7" })[Symbol.asyncIterator]().next();
    await clock.advance(0);
    await clock.advance(1999);
    expect(requests).toHaveLength(1);
    await clock.advance(1001);
    expect((await first).value).toMatchObject({ type: "ADDED" });
    expect(new Set(requests.map(({ path }) => path)).size).toBe(1);
  });

  test("a watch that waits to be opened ends with its signal and leaves no timer", async () => {
    const { client, clock } = open(failure(429, "TooManyRequests", { retryAfterSeconds: 50 }));
    const stop = new AbortController();
    const first = client.watch(widgets, { signal: stop.signal })[Symbol.asyncIterator]().next();
    await clock.advance(0);
    expect(clock.pending).toBe(1);
    stop.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    expect(clock.pending).toBe(0);
  });

  test("a watch that is cut off ends with ServiceUnavailable, after what came before", async () => {
    const frame = `{"type":"ADDED","object":${body}}\n`;
    const { client } = open({ body: [Buffer.from(frame)], breaks: true });
    const seen: string[] = [];
    const reading = (async () => {
      const { signal } = new AbortController();
      for await (const { object } of client.watch(widgets, { signal })) seen.push(object.metadata.name ?? "");
    })();
    await expect(reading).rejects.toMatchObject({ reason: "ServiceUnavailable" });
    expect(seen).toEqual(["w"]);
  });
});

describe("metadata only", () => {
  const one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  const many = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  const page = { body: JSON.stringify({ metadata: { continue: "next" }, items: [] }) };
  const lastPage = { body: JSON.stringify({ metadata: {}, items: [] }) };
  const drain = async (client: Client, metadataOnly: boolean): Promise<void> => {
    const { signal } = new AbortController();
    for await (const event of client.watch(widgets, { signal, metadataOnly })) expect(event).toBeDefined();
  };

  // An Accept that also named plain JSON would let a server answer with the contents.
  test.each<{ name: string; script: Scripted[]; run: (client: Client) => Promise<unknown>; want: string[] }>([
    {
      name: "getMetadata takes nothing else for an answer",
      script: [{ body }],
      run: (client) => client.getMetadata(widgets, at),
      want: [one],
    },
    {
      name: "getMetadata asks for the same when it is told to come back",
      script: [failure(429, "TooManyRequests", { retryAfterSeconds: 0 }), { body }],
      run: (client) => client.getMetadata(widgets, at),
      want: [one, one],
    },
    {
      name: "every page of a list is asked for so",
      script: [page, lastPage],
      run: (client) => client.list(widgets, { metadataOnly: true }),
      want: [many, many],
    },
    {
      name: "so is a single page",
      script: [page],
      run: (client) => client.list(widgets, { metadataOnly: true, limit: 1 }),
      want: [many],
    },
    {
      name: "so is a watch",
      script: [{ body: "" }],
      run: (client) => drain(client, true),
      want: [one],
    },
    {
      name: "whole objects come to whoever does not ask for it",
      script: [{ body }, lastPage, { body: "" }],
      run: async (client) => {
        await client.get(widgets, at);
        await client.list(widgets);
        await drain(client, false);
      },
      want: ["application/json", "application/json", "application/json"],
    },
  ])("$name", async ({ script, run, want }) => {
    const { client, requests, clock } = open(...script);
    const running = run(client);
    await clock.advance(0);
    await clock.advance(0);
    await running;
    expect(requests.map(({ headers }) => headers["accept"])).toEqual(want);
  });
});

describe("finding kinds", () => {
  const found = {
    body: JSON.stringify({
      resources: [
        { name: "widgets", kind: "Widget", namespaced: true },
        { name: "widgets/status", kind: "Widget" },
      ],
    }),
  };
  test("asks once for a kind that is served", async () => {
    const { client, requests } = open(found);
    const both = [client.resolve("example.com/v1", "Widget"), client.resolve("example.com/v1", "Widget")];
    expect(await Promise.all(both)).toEqual([widgets, widgets]);
    expect(await client.resolve("example.com/v1", "Widget")).toEqual(widgets);
    expect(requests.map(({ path }) => path)).toEqual(["/apis/example.com/v1"]);
  });

  test("asks again for a kind that is not", async () => {
    const { client } = open({ status: 404, body: "404 page not found" }, found);
    expect(await client.resolve("example.com/v1", "Widget")).toBeUndefined();
    expect(await client.resolve("example.com/v1", "Widget")).toEqual(widgets);
  });

  test("does not take a failure for an absence", async () => {
    const { client } = open(failure(503, "ServiceUnavailable"));
    await expect(client.resolve("example.com/v1", "Widget")).rejects.toMatchObject({ code: 503 });
  });
});
