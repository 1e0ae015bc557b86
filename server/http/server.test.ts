import { Registry } from "@prometheus-io/client";
import { describe, expect, test } from "vitest";
import { badRequest } from "../../api/errors/catalogue.ts";
import type { FakeClock } from "../../machinery/clock.ts";
import { fakeClock, realClock } from "../../machinery/clock.ts";
import { anonymousAuthenticator } from "../authn/anonymous.ts";
import { unionAuthenticator } from "../authn/union.ts";
import type { AuthorizationAttributes } from "../authz/authorizer.ts";
import { healthHandler, pingCheck } from "../health/health.ts";
import type { HealthCheck } from "../health/health.ts";
import { metricsHandler } from "../metrics/metrics-handler.ts";
import type { ApiRequest, ApiResponse, Handler, StreamSink } from "./api-request.ts";
import { createHandlerTable } from "./handler-table.ts";
import type { Limits } from "./limits.ts";
import { silentLogger } from "./logger.ts";
import { ApiServer } from "./server.ts";
import { versionHandler } from "./version.ts";

const ok: Handler = async () => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: "{}\n",
});
const alice = { name: "alice", groups: ["system:authenticated"] };
const pods = "/api/v1/namespaces/default/pods";

interface Setup {
  readonly server: ApiServer;
  readonly clock: FakeClock;
  readonly audit: Record<string, unknown>[];
  readonly logged: object[];
  readonly registry: Registry;
}

function setup(
  resources: Handler = ok,
  options: {
    paths?: Record<string, Handler>;
    limits?: Partial<Limits>;
    isReady?: () => boolean;
    allow?: boolean;
    asked?: AuthorizationAttributes[];
  } = {},
): Setup {
  const clock = fakeClock(Date.parse("2026-01-02T03:04:05.678Z"));
  const audit: Record<string, unknown>[] = [];
  const logged: object[] = [];
  const registry = new Registry();
  const server = new ApiServer({
    authenticator: unionAuthenticator([], { anonymous: anonymousAuthenticator }),
    authorizer: {
      authorize: (attributes) => {
        options.asked?.push(attributes);
        return { decision: options.allow === false ? "NoOpinion" : "Allow", reason: "" };
      },
    },
    handlers: createHandlerTable({
      resources,
      paths: new Map(Object.entries(options.paths ?? {})),
      prefixes: new Map(Object.entries(options.paths ?? {}).map(([path, handler]) => [`${path}/`, handler])),
    }),
    logger: { ...silentLogger, error: (fields) => logged.push(fields) },
    clock,
    metrics: registry,
    audit: { write: (line) => audit.push(JSON.parse(line) as Record<string, unknown>) },
    newAuditId: () => "id-1",
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.isReady === undefined ? {} : { isReady: options.isReady }),
  });
  return { server, clock, audit, logged, registry };
}

const text = (response: ApiResponse): string => ("body" in response ? response.body.toString() : "(stream)");

describe("dispatch", () => {
  test("gives the handler what it needs to know", async () => {
    const { server } = setup(async (request) => ({
      status: 201,
      headers: {},
      body: JSON.stringify([request.info.verb, request.user.name, request.body.toString(), request.auditId]),
    }));
    const response = await server.dispatch({ method: "POST", url: pods, body: "{}", user: alice });
    expect([response.status, text(response)]).toEqual([201, '["create","alice","{}","id-1"]']);
    expect(response.headers).toEqual({ "audit-id": "id-1", "cache-control": "no-cache, private" });
  });

  test("without a user is anonymous", async () => {
    const { server } = setup(async ({ user }) => ({ status: 200, headers: {}, body: user.name }));
    expect(text(await server.dispatch({ method: "GET", url: pods }))).toBe("system:anonymous");
  });

  test("refuses what the authorizer does not allow before a handler sees it", async () => {
    let seen = 0;
    const { server } = setup(
      async () => {
        seen += 1;
        return { status: 200, headers: {}, body: "" };
      },
      { allow: false },
    );
    const response = await server.dispatch({ method: "GET", url: `${pods}/x`, user: alice });
    expect(text(response)).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \\"x\\" is forbidden: User \\"alice\\" cannot get resource \\"pods\\" in API group \\"\\" in the namespace \\"default\\"","reason":"Forbidden","details":{"name":"x","kind":"pods"},"code":403}\n',
    );
    expect(seen).toBe(0);
  });

  test("names bytes of a path that are no text as they are", async () => {
    const { server } = setup(ok, { allow: false });
    const url = "/api/v1/namespaces/%ff/pods/%fe%C3%A9";
    const response = await server.dispatch({ method: "GET", url, user: alice });
    expect(text(response)).toContain(
      String.raw`"message":"pods \"\\xfeé\" is forbidden: User \"alice\" cannot get resource \"pods\" in API group \"\" in the namespace \"\\xff\""`,
    );
    expect(text(response)).toContain(String.raw`"details":{"name":"\ufffdé","kind":"pods"}`);
  });

  test("says in plain text to whoever asks that a path cannot be read", async () => {
    const { server } = setup(ok, { allow: false });
    const response = await server.dispatch({ method: "POST", url: "/api/v1/watch?<b>", user: alice });
    expect([response.status, response.headers["content-type"]]).toEqual([500, "text/plain; charset=utf-8"]);
    expect(text(response)).toBe(
      'Internal Server Error: "/api/v1/watch?&lt;b&gt;": failed to create RequestInfo: unable to determine kind and namespace from url, /api/v1/watch?&lt;b&gt;\n',
    );
  });

  test("asks the authorizer once, about no namespace in particular, for a list over all of them", async () => {
    const asked: AuthorizationAttributes[] = [];
    const { server } = setup(ok, { asked });
    for (const url of ["/api/v1/pods", "/api/v1/pods?watch=1", "/api/v1/pods?limit=500"])
      await server.dispatch({ method: "GET", url, user: alice });
    expect(asked.map(({ verb, resource, namespace }) => [verb, resource, namespace])).toEqual([
      ["list", "pods", ""],
      ["watch", "pods", ""],
      ["list", "pods", ""],
    ]);
  });

  test("hides credentials and identities from handlers", async () => {
    const names = ["authorization", "X-Remote-User", "x-remote-extra-a", "Impersonate-User", "accept"];
    const { server } = setup(async (request) => ({
      status: 200,
      headers: {},
      body: JSON.stringify(names.map((name) => request.header(name) ?? null)),
    }));
    const headers = Object.fromEntries(names.map((name) => [name, "x"]));
    expect(text(await server.dispatch({ method: "GET", url: pods, headers, user: alice }))).toBe(
      '[null,null,null,null,"x"]',
    );
  });

  test("joins warnings", async () => {
    const { server } = setup(async (request) => {
      request.warn("a");
      request.warn("b");
      request.warn("a");
      return { status: 200, headers: {}, body: "" };
    });
    const { headers } = await server.dispatch({ method: "GET", url: pods, user: alice });
    expect(headers["warning"]).toBe('299 - "a", 299 - "b"');
  });
});

describe("errors", () => {
  const failing: Handler = async () => {
    throw badRequest("no <good>");
  };
  test.each<[string, Record<string, string>, RegExp]>([
    [
      "are compact for kubectl",
      { accept: "application/json" },
      /^\{"kind":"Status".*"message":"no \\u003cgood\\u003e".*\}\n$/,
    ],
    ["are indented for curl", { "user-agent": "curl/8" }, /^\{\n {2}"kind": "Status",\n.*\n\}$/s],
    [
      "are indented where only a table is accepted",
      { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
      /^\{\n {2}"kind"/,
    ],
    ["are YAML where asked for", { accept: "application/yaml" }, /^apiVersion: v1\n|^kind: Status\n/m],
  ])("%s", async (_says, headers, want) => {
    const { server } = setup(failing);
    const response = await server.dispatch({ method: "GET", url: pods, headers, user: alice });
    expect(response.status).toBe(400);
    expect(text(response)).toMatch(want);
  });

  test("that are not for clients are logged with the audit id", async () => {
    const cause = new RangeError("internals");
    const { server, logged } = setup(async () => {
      throw cause;
    });
    const response = await server.dispatch({ method: "GET", url: pods, user: alice });
    expect(response.status).toBe(500);
    expect(text(response)).not.toContain("internals");
    expect(logged).toEqual([{ err: cause, auditID: "id-1", verb: "list", path: pods }]);
  });
});

describe("time", () => {
  const never: Handler = () => new Promise(() => {});
  test.each<[string, number]>([
    ["", 60_000],
    ["?timeout=5s", 5000],
    ["?timeout=1m30s", 60_000],
    ["?timeout=0", 60_000],
    ["?timeout=-1s", 60_000],
    ["?timeout=1.5s", 1500],
  ])("%j gives a request %d ms", async (query, ms) => {
    const { server, clock } = setup(never);
    let response: ApiResponse | undefined;
    void server
      .dispatch({ method: "GET", url: pods + query, user: alice })
      .then((answer) => (response = answer));
    await clock.advance(ms - 1);
    expect(response).toBeUndefined();
    await clock.advance(1);
    expect(response?.status).toBe(504);
    expect(text(response!)).toContain(
      '"Timeout: request did not complete within requested timeout - context deadline exceeded"',
    );
  });

  test.each<[string, string]>([
    ["abc", 'time: invalid duration \\"abc\\"'],
    ["5", 'time: missing unit in duration \\"5\\"'],
    ["5y", 'time: unknown unit \\"y\\" in duration \\"5y\\"'],
  ])("the timeout %s is a bad request", async (timeout, why) => {
    const { server } = setup();
    const response = await server.dispatch({ method: "GET", url: `${pods}?timeout=${timeout}`, user: alice });
    expect(response.status).toBe(400);
    expect(text(response)).toContain(`invalid timeout specified in the request URL - ${why}`);
  });

  test("ends the handler's signal when it is over, and not before", async () => {
    let signal: AbortSignal | undefined;
    const { server, clock } = setup((request) => {
      signal = request.signal;
      return new Promise(() => {});
    });
    void server.dispatch({ method: "GET", url: `${pods}?timeout=1s`, user: alice });
    await clock.advance(999);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(signal?.aborted).toBe(true);
  });

  test("does not limit watches, and leaves no timer behind a finished request", async () => {
    const { server, clock } = setup();
    await server.dispatch({ method: "GET", url: `${pods}?watch=1&timeout=abc`, user: alice });
    await server.dispatch({ method: "GET", url: pods, user: alice });
    expect(clock.pending).toBe(0);
  });
});

describe("too many requests in flight", () => {
  const limits = { readsInFlight: 1, writesInFlight: 1 };

  test("are refused in plain text, reads and writes apart", async () => {
    const release = Promise.withResolvers<undefined>();
    const { server } = setup(
      async () => {
        await release.promise;
        return { status: 200, headers: {}, body: "" };
      },
      { limits },
    );
    const get = { method: "GET", url: pods, user: alice };
    const first = server.dispatch(get);
    const write = server.dispatch({ method: "POST", url: pods, user: alice });
    const refused = await server.dispatch(get);
    expect([refused.status, text(refused), refused.headers["retry-after"]]).toEqual([
      429,
      "Too many requests, please try again later.\n",
      "1",
    ]);
    const admin = server.dispatch({ ...get, user: { name: "root", groups: ["system:masters"] } });
    release.resolve(undefined);
    expect((await Promise.all([first, write, admin])).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await server.dispatch(get)).status).toBe(200);
  });

  test("refuse neither watches nor health", async () => {
    const { server } = setup(
      ({ info }) => (info.verb === "watch" ? ok({} as ApiRequest) : new Promise<ApiResponse>(() => {})),
      { limits, paths: { "/livez": ok } },
    );
    void server.dispatch({ method: "GET", url: pods, user: alice });
    void server.dispatch({ method: "POST", url: pods, user: alice });
    const others = ["/api/v1/pods", `${pods}?watch=1`, `${pods}?watch=1`, "/livez"].map((url) =>
      server.dispatch({ method: "GET", url, user: alice }),
    );
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([429, 200, 200, 200]);
  });

  test("do not keep callbacks from the write that waits for them", async () => {
    const { server } = setup(() => new Promise(() => {}), {
      limits: { ...limits, callbacksInFlight: 1, callbacks: new Map([["/review", { bodyBytes: 8 }]]) },
      paths: { "/review": ok, "/other": ok },
    });
    void server.dispatch({ method: "POST", url: pods, user: alice });
    const post = (url: string) => server.dispatch({ method: "POST", url, user: alice, body: "{}" });
    expect((await post("/review")).status).toBe(200);
    expect((await post("/other")).status).toBe(429);
  });

  test("give their place back when they fail or run out of time", async () => {
    const { server, clock } = setup(() => new Promise(() => {}), { limits });
    const get = { method: "GET", url: `${pods}?timeout=1s`, user: alice };
    for (let i = 0; i < 3; i += 1) {
      const answer = server.dispatch(get);
      await clock.advance(1000);
      expect((await answer).status).toBe(504);
    }
  });
});

test("a callback has its own largest body", async () => {
  const callbacks = new Map([["/review", { bodyBytes: 8 }]]);
  const { server } = setup(ok, {
    limits: { bodyBytes: 4, callbacks },
    paths: { "/review": ok, "/other": ok },
  });
  const post = async (url: string, body: string): Promise<number> =>
    (await server.dispatch({ method: "POST", url, user: alice, body })).status;
  expect(await post("/review", "12345678")).toBe(200);
  expect(await post("/review", "123456789")).toBe(413);
  expect(await post("/other", "12345678")).toBe(413);
});

describe("a server that is not ready", () => {
  test("says so instead of 404, apart from health", async () => {
    const { server } = setup(ok, {
      isReady: () => false,
      paths: { "/livez": healthHandler("livez", [pingCheck], silentLogger) },
    });
    const response = await server.dispatch({ method: "GET", url: `${pods}/x`, user: alice });
    expect(response.status).toBe(503);
    expect(response.headers["retry-after"]).toBe("1");
    expect((await server.dispatch({ method: "GET", url: "/livez", user: alice })).status).toBe(200);
  });
});

describe("health", () => {
  const bad: HealthCheck = {
    name: "poststarthook/x",
    check: () => Promise.reject(new Error("still warming up")),
  };
  const get = async (url: string, checks: readonly HealthCheck[]): Promise<[number, string]> => {
    const { server } = setup(ok, { paths: { "/readyz": healthHandler("readyz", checks, silentLogger) } });
    const response = await server.dispatch({ method: "GET", url, user: alice });
    return [response.status, text(response)];
  };

  test.each<[string, readonly HealthCheck[], number, string]>([
    ["/readyz", [pingCheck], 200, "ok"],
    ["/readyz?verbose", [pingCheck], 200, "[+]ping ok\nreadyz check passed\n"],
    [
      "/readyz",
      [pingCheck, bad],
      500,
      "[+]ping ok\n[-]poststarthook/x failed: reason withheld\nreadyz check failed\n",
    ],
    [
      "/readyz?verbose&exclude=poststarthook/x",
      [pingCheck, bad],
      200,
      "[+]ping ok\n[+]poststarthook/x excluded: ok\nreadyz check passed\n",
    ],
    [
      "/readyz?verbose&exclude=y",
      [pingCheck],
      200,
      '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "y"\nreadyz check passed\n',
    ],
    ["/readyz/ping", [pingCheck], 200, "ok"],
    ["/readyz/poststarthook/x", [bad], 500, "internal server error: still warming up\n"],
    ["/readyz/unknown", [pingCheck], 404, "404 page not found\n"],
  ])("%s", async (url, checks, status, want) => {
    expect(await get(url, checks)).toEqual([status, want]);
  });
});

test("the version is indented JSON in the order kube-apiserver has", async () => {
  const version = {
    major: "1",
    minor: "35",
    gitVersion: "v1",
    gitCommit: "",
    gitTreeState: "",
    buildDate: "",
    goVersion: "",
    compiler: "",
    platform: "linux/amd64",
  };
  const { server } = setup(ok, { paths: { "/version": versionHandler(version) } });
  const body = text(await server.dispatch({ method: "GET", url: "/version", user: alice }));
  expect(body.startsWith('{\n  "major": "1",\n  "minor": "35",\n')).toBe(true);
});

describe("audit", () => {
  test("records who asked for what and what came of it", async () => {
    const { server, audit } = setup(async (request) => {
      request.annotate("policy/x", "warned");
      return { status: 201, headers: {}, body: "" };
    });
    await server.dispatch({
      method: "POST",
      url: `${pods}?dryRun=All`,
      user: alice,
      headers: { "user-agent": "kubectl" },
    });
    expect(audit).toEqual([
      {
        kind: "Event",
        apiVersion: "audit.k8s.io/v1",
        level: "Metadata",
        auditID: "id-1",
        stage: "ResponseComplete",
        requestURI: `${pods}?dryRun=All`,
        verb: "create",
        user: { username: "alice", groups: ["system:authenticated"] },
        userAgent: "kubectl",
        objectRef: { resource: "pods", namespace: "default", apiVersion: "v1" },
        responseStatus: { metadata: {}, code: 201 },
        requestReceivedTimestamp: "2026-01-02T03:04:05.678000Z",
        stageTimestamp: "2026-01-02T03:04:05.678000Z",
        annotations: {
          "authorization.k8s.io/decision": "allow",
          "authorization.k8s.io/reason": "",
          "policy/x": "warned",
        },
      },
    ]);
  });

  test("records what was forbidden", async () => {
    const { server, audit } = setup(ok, { allow: false });
    await server.dispatch({ method: "GET", url: pods, user: alice });
    expect(audit).toMatchObject([
      { responseStatus: { code: 403 }, annotations: { "authorization.k8s.io/decision": "forbid" } },
    ]);
  });

  test("has a watch twice: when it starts and when it ends", async () => {
    const { server, audit } = setup(async () => ({ status: 200, headers: {}, stream: async () => {} }));
    const response = await server.dispatch({ method: "GET", url: `${pods}?watch=1`, user: alice });
    expect(audit.map(({ stage }) => stage)).toEqual(["ResponseStarted"]);
    if ("stream" in response) await response.stream({} as StreamSink);
    expect(audit.map(({ stage }) => stage)).toEqual(["ResponseStarted", "ResponseComplete"]);
  });
});

describe("metrics", () => {
  const scrape = async (one: Setup): Promise<string> => one.registry.metrics();

  test("count by verb, resource and code", async () => {
    const one = setup(ok);
    await one.server.dispatch({ method: "GET", url: `${pods}/x`, user: alice });
    await one.server.dispatch({ method: "GET", url: pods, user: alice });
    await one.server.dispatch({
      method: "PATCH",
      url: `${pods}/x?dryRun=All`,
      user: alice,
      body: "{}",
      headers: { "content-type": "application/apply-patch+yaml" },
    });
    const lines = await scrape(one);
    const label = (verb: string, dryRun: string, scope: string): string =>
      `apiserver_request_total{verb="${verb}",group="",version="v1",resource="pods",subresource="",scope="${scope}",component="apiserver",dry_run="${dryRun}",code="200"} 1`;
    expect(lines).toContain(label("GET", "", "resource"));
    expect(lines).toContain(label("LIST", "", "namespace"));
    expect(lines).toContain(label("APPLY", "All", "resource"));
  });

  test("take no label from requests that found nothing", async () => {
    const one = setup(async () => {
      throw badRequest("no");
    });
    for (let i = 0; i < 50; i += 1) {
      await one.server.dispatch({ method: "GET", url: `/apis/g${i}.example.com/v1/things`, user: alice });
      await one.server.dispatch({ method: `M${i}`, url: `/p${i}`, user: alice });
    }
    const lines = await scrape(one);
    expect(lines).not.toContain("example.com");
    expect(lines.split("\n").filter((line) => line.startsWith("apiserver_request_total{"))).toHaveLength(2);
  });

  test("are served as text", async () => {
    const registry = new Registry();
    const { server } = setup(ok, { paths: { "/metrics": metricsHandler(registry, realClock()) } });
    const { headers } = await server.dispatch({ method: "GET", url: "/metrics", user: alice });
    expect(headers["content-type"]).toMatch(/^text\/plain/);
  });
});
