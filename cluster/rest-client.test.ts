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
const failure = (code: number, reason: string, details: object = {}): Scripted => ({
  status: code,
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

  test("are never repeated, whatever the server says about later", async () => {
    const { client, requests } = open(failure(429, "TooManyRequests", { retryAfterSeconds: 1 }), { body });
    await expect(client.create(widgets, widget)).rejects.toMatchObject({ code: 429 });
    expect(requests).toHaveLength(1);
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
    { name: "no answer", script: new Error("connect ECONNREFUSED"), code: 503, reason: "ServiceUnavailable" },
  ])("$name becomes $code $reason", async ({ script, code, reason }) => {
    await expect(open(script).client.get(widgets, at)).rejects.toMatchObject({ code, reason });
  });
});

describe("reads", () => {
  test("wait as long as the server says and try again", async () => {
    const { client, requests, clock } = open(failure(429, "TooManyRequests", { retryAfterSeconds: 3 }), {
      body,
    });
    const reading = client.get(widgets, at);
    await clock.advance(0);
    await clock.advance(2999);
    expect(requests).toHaveLength(1);
    await clock.advance(1);
    expect((await reading).metadata.name).toBe("w");
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
