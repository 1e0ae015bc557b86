import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeyPair } from "../../../server/authn/pki.ts";
import { textError } from "../../../server/http/text-response.ts";
import type { Fixture } from "./server-fixture.ts";
import { callHttp2, startFixture } from "./server-fixture.ts";

const pods = "/api/v1/namespaces/default/pods";
/** As a list is put together: some of them in one slice, some across two. */
const items = Array.from({ length: 2000 }, (_, i) =>
  Buffer.from(`{"name":"item-${String(i)}${"x".repeat(400)}"},`),
);
let fixture: Fixture;
let alice: KeyPair;
let proxy: KeyPair;

beforeAll(async () => {
  fixture = await startFixture({
    deny: (user) => user === "mallory",
    paths: {
      "/warn": async (request) => {
        request.warn("first");
        request.warn('say "hé"');
        request.warn("first");
        return { status: 200, headers: {}, body: "" };
      },
      "/big": async () => ({ status: 200, headers: {}, body: Buffer.alloc(200_000, "x") }),
      "/items": async () => ({ status: 200, headers: {}, body: items }),
      "/parts": async () => ({ status: 200, headers: {}, body: [Buffer.from("one "), Buffer.from("two")] }),
      "/broken": () => {
        throw new TypeError("secret detail");
      },
      "/refused": async () => textError(418, "no"),
    },
  });
  alice = await fixture.clientPki.issueClient({ name: "alice", groups: ["dev", "ops, night"] });
  proxy = await fixture.proxyPki.issueClient({ name: "front-proxy-client", groups: [] });
});
afterAll(() => fixture.stop());

describe.each(["h1", "h2"] as const)("over %s", (protocol) => {
  const call = (...args: Parameters<Fixture["h1"]>): ReturnType<Fixture["h1"]> => fixture[protocol](...args);
  const userOf = (body: string): unknown => (JSON.parse(body) as { user: unknown }).user;

  test("a request without a certificate is anonymous", async () => {
    const answer = await call(pods);
    expect(answer.status).toBe(200);
    expect(userOf(answer.body)).toEqual({ name: "system:anonymous", groups: ["system:unauthenticated"] });
    expect(answer.headers["cache-control"]).toBe("no-cache, private");
    expect(answer.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a client certificate names the user and its groups, commas and all", async () => {
    const answer = await call(pods, { client: alice });
    expect(userOf(answer.body)).toMatchObject({
      name: "alice",
      groups: ["dev", "ops, night", "system:authenticated"],
    });
    expect(answer.body).toMatch(/X509SHA256=[0-9a-f]{64}/);
  });

  test("identity headers behind a client certificate are nothing but spoofing", async () => {
    const answer = await call(pods, {
      client: alice,
      headers: { "X-Remote-User": "admin", "X-Remote-Group": "system:masters" },
    });
    expect(userOf(answer.body)).toMatchObject({ name: "alice" });
    expect(JSON.parse(answer.body)).toMatchObject({ spoofed: null });
  });

  test.each<Readonly<Record<string, string>>>([
    { "X-Remote-User": "admin" },
    { "X-Remote-User": "" },
    { "x-remote-group": "system:masters" },
    { "X-Remote-Uid": "u-1" },
    { "X-Remote-Extra-Scopes": "all" },
  ])("identity headers without a certificate are a bad credential: %j", async (headers) => {
    const answer = await call(pods, { headers });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([401, { reason: "Unauthorized" }]);
  });

  test("the proxy's name in a certificate of another authority is no proxy", async () => {
    const namesake = await fixture.clientPki.issueClient({ name: "front-proxy-client", groups: [] });
    const answer = await call(pods, { client: namesake, headers: { "X-Remote-User": "admin" } });
    expect(userOf(answer.body)).toMatchObject({ name: "front-proxy-client" });
  });

  test("the front proxy names user, uid, repeated groups and percent-encoded extras", async () => {
    const answer = await call(pods, {
      client: proxy,
      headers: {
        "X-Remote-User": "bob",
        "X-Remote-Uid": "u-1",
        "X-Remote-Group": ["g,2", "x y"],
        "X-Other-Group": "third",
        "X-Remote-Extra-Example.com%2fScopes": ["a", "b"],
      },
    });
    expect(userOf(answer.body)).toEqual({
      name: "bob",
      uid: "u-1",
      groups: ["g,2", "x y", "third", "system:authenticated"],
      extra: { "example.com/scopes": ["a", "b"] },
    });
    // kube-apiserver has set these already.
    expect(answer.headers["audit-id"]).toBeUndefined();
    expect(answer.headers["cache-control"]).toBeUndefined();
  });

  test("a proxy with a name that is not allowed is refused", async () => {
    const other = await fixture.proxyPki.issueClient({ name: "somebody", groups: [] });
    const answer = await call(pods, { client: other, headers: { "X-Remote-User": "bob" } });
    expect(answer.status).toBe(401);
    expect(answer.body).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}\n',
    );
  });

  test("an unknown bearer token is refused, not anonymous", async () => {
    expect((await call(pods, { headers: { authorization: "Bearer x" } })).status).toBe(401);
  });

  test("a user may act as another, groups and extras included", async () => {
    const headers = {
      "Impersonate-User": "bob",
      "Impersonate-Group": ["g,1", "g2"],
      "Impersonate-Extra-Why%2fNot": "x",
    };
    const answer = await call(pods, { client: alice, headers });
    expect(userOf(answer.body)).toEqual({
      name: "bob",
      groups: ["g,1", "g2", "system:authenticated"],
      extra: { "why/not": ["x"] },
    });
    const event = JSON.parse(fixture.audit.at(-1) ?? "") as Record<string, unknown>;
    expect(event).toMatchObject({ user: { username: "alice" }, impersonatedUser: { username: "bob" } });
  });

  test("acting as a group without a user is refused", async () => {
    const answer = await call(pods, { client: alice, headers: { "Impersonate-Group": "x" } });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("requested [{Group  x    }] without impersonating a user");
  });

  test("acting as another needs the right to", async () => {
    const mallory = await fixture.clientPki.issueClient({ name: "mallory", groups: [] });
    const answer = await call(pods, { client: mallory, headers: { "Impersonate-User": "alice" } });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('User \\"mallory\\" cannot impersonate resource \\"users\\"');
  });

  test("a certificate of an unknown authority is refused", async () => {
    const selfMade = await fixture.clientPki.serving();
    expect((await call(pods, { client: selfMade })).status).toBe(401);
  });

  test("what is forbidden says so before the body is looked at", async () => {
    const mallory = await fixture.clientPki.issueClient({ name: "mallory", groups: [] });
    const answer = await call(pods, { method: "POST", body: Buffer.alloc(1000), client: mallory });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain(
      'cannot create resource \\"pods\\" in API group \\"\\" in the namespace \\"default\\"',
    );
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });

  test.each<[string, Record<string, string>]>([
    ["no content type", {}],
    ["an odd content type", { "content-type": "what is this" }],
    ["a merge patch", { "content-type": "application/merge-patch+json" }],
  ])("a body with %s arrives as it is", async (_says, headers) => {
    const answer = await call(`${pods}/x`, { method: "PUT", body: '{"replicas":"3"}', headers });
    expect(JSON.parse(answer.body)).toMatchObject({ verb: "update", body: '{"replicas":"3"}' });
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "an empty %s body with a JSON content type is no error",
    async (method) => {
      const answer = await call(`${pods}/x`, { method, headers: { "content-type": "application/json" } });
      expect(JSON.parse(answer.body)).toMatchObject({ body: "" });
    },
  );

  test("a body of exactly 3 MiB is taken, one byte more is not", async () => {
    const limit = 3 * 1024 * 1024;
    expect((await call(pods, { method: "POST", body: Buffer.alloc(limit, "a") })).status).toBe(200);
    const answer = await call(pods, { method: "POST", body: Buffer.alloc(limit + 1, "a") });
    expect(answer.status).toBe(413);
    expect(answer.body).toContain('"message":"Request entity too large: limit is 3145728"');
  });

  test("who still sends when the body is refused gets the answer all the same", async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, "a");
    const answer = await call(pods, { method: "POST", body });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", reason: "RequestEntityTooLarge" });
  });

  test("names of 253 characters pass the router", async () => {
    const name = "a".repeat(253);
    expect(JSON.parse((await call(`${pods}/${name}`)).body)).toMatchObject({ verb: "get", name });
  });

  test("paths that cannot be decoded are text errors", async () => {
    const answer = await call("/api/v1/%zz");
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
  });

  test("unknown paths are text errors", async () => {
    const answer = await call("/nowhere");
    expect([answer.status, answer.body]).toEqual([404, "404 page not found\n"]);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });

  test("an unexpected failure is an InternalError that tells nothing", async () => {
    const answer = await call("/broken");
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", reason: "InternalError", code: 500 });
    expect(answer.body).not.toContain("secret detail");
  });

  test("HEAD is GET without the body", async () => {
    const answer = await call("/big", { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-length"]).toBe("200000");
    expect(answer.body).toBe("");
  });

  test("OPTIONS on a resource is not supported", async () => {
    const answer = await call(pods, { method: "OPTIONS" });
    expect(answer.status).toBe(405);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", reason: "MethodNotAllowed" });
  });

  test("large bodies are compressed for those who ask for exactly gzip", async () => {
    const plain = await call("/big");
    expect(plain.body).toHaveLength(200_000);
    const zipped = await call("/big", { headers: { "accept-encoding": "br, gzip" } });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(zipped.headers["vary"]).toBe("Accept-Encoding");
    const weighed = await call("/big", { headers: { "accept-encoding": "gzip;q=1" } });
    expect(weighed.headers["content-encoding"]).toBeUndefined();
  });

  test("a large body of many buffers is compressed as one", async () => {
    const plain = await call("/items");
    const zipped = await call("/items", { headers: { "accept-encoding": "gzip" } });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(zipped.raw.length).toBeLessThan(plain.raw.length / 2);
    expect(gunzipSync(zipped.raw).equals(plain.raw)).toBe(true);
    expect(plain.raw.equals(Buffer.concat(items))).toBe(true);
  });

  test("a body of several buffers is sent as one", async () => {
    const answer = await call("/parts");
    expect([answer.body, answer.headers["content-length"]]).toEqual(["one two", "7"]);
  });

  test("warnings come as headers, once each", async () => {
    const answer = await call("/warn");
    const text = Buffer.from(String(answer.headers["warning"]), "latin1").toString("utf8");
    expect(text).toBe('299 - "first", 299 - "say \\"hé\\""');
  });

  test("the audit id of the client is kept, an odd one is not", async () => {
    expect((await call(pods, { headers: { "audit-id": "mine-1" } })).headers["audit-id"]).toBe("mine-1");
    expect((await call(pods, { headers: { "audit-id": "a b" } })).headers["audit-id"]).not.toBe("a b");
  });

  test("a user with a thousand groups gets through", async () => {
    const groups = Array.from({ length: 1000 }, (_, i) => `group-with-a-rather-long-name-${i}`);
    const answer = await call(pods, {
      client: proxy,
      headers: { "X-Remote-User": "bob", "X-Remote-Group": groups },
    });
    expect(answer.status).toBe(200);
    expect((userOf(answer.body) as { groups: string[] }).groups).toHaveLength(1001);
  });
});

test("a method no router knows is a request like any other", async () => {
  const session = fixture.session(alice);
  const answer = await callHttp2(session, pods, { method: "BREW" });
  session.close();
  expect(answer.body).not.toContain("FST_ERR");
  expect(answer.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("one connection serves many requests and leaves no stream open", async () => {
  const session = fixture.session(alice);
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        callHttp2(session, pods, i % 2 === 0 ? {} : { method: "POST", body: "{}" }),
      ),
    );
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
  }
  // A graceful close waits for every stream that is still open.
  await new Promise<void>((resolve) => {
    session.close(resolve);
  });
});

test("a rotated certificate is served to new connections while old ones go on", async () => {
  const old = fixture.session(alice);
  expect((await callHttp2(old, pods, {})).status).toBe(200);
  await fixture.rotate();
  expect((await callHttp2(old, pods, {})).status).toBe(200);
  await expect(fixture.h1(pods)).rejects.toThrow(/certificate|signature|issuer/i);
});
