import { expect, test } from "vitest";
import { forbidden, serviceUnavailable } from "../../../api/errors/catalogue.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Client } from "../../../cluster/client.ts";
import type { FakeClock } from "../../../machinery/clock.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import type { AuthenticationRequest, Authenticator } from "../authenticator.ts";
import { tokenReviewAuthenticator } from "./token-review.ts";

interface Reviewer {
  readonly authenticator: Authenticator;
  readonly clock: FakeClock;
  readonly asked: unknown[];
  status: object;
  failures: Error[];
}

function reviewer(audiences?: readonly string[]): Reviewer {
  const clock = fakeClock();
  const asked: unknown[] = [];
  const client = {
    create: async (_resource: unknown, object: KubeObject) => {
      asked.push(object.spec);
      const failure = state.failures.shift();
      if (failure !== undefined) throw failure;
      return { object: { ...object, status: state.status }, warnings: [] };
    },
  } as unknown as Client;
  const state = {
    clock,
    asked,
    status: {},
    failures: [] as Error[],
    authenticator: tokenReviewAuthenticator({
      client,
      clock,
      random: () => 0,
      ...(audiences === undefined ? {} : { audiences }),
    }),
  };
  return state;
}

const bearing = (authorization?: string): AuthenticationRequest => ({
  rawHeaders: [],
  header: (name) => (name === "authorization" ? authorization : undefined),
});
const good = {
  authenticated: true,
  user: { username: "system:serviceaccount:a:b", uid: "u", groups: ["g"], extra: { "a/b": ["c"] } },
};

test("the user of a good token is the one the review names", async () => {
  const r = reviewer();
  r.status = good;
  expect(await r.authenticator.authenticate(bearing("Bearer abc"))).toEqual({
    user: { name: "system:serviceaccount:a:b", uid: "u", groups: ["g"], extra: { "a/b": ["c"] } },
  });
  expect(r.asked).toEqual([{ token: "abc" }]);
});

test.each<[says: string, status: object]>([
  ["not authenticated", { authenticated: false }],
  ["an error", { authenticated: true, error: "expired", user: good.user }],
  ["no user", { authenticated: true }],
])("a token the review refuses is a bad credential: %s", async (_says, status) => {
  const r = reviewer();
  r.status = status;
  await expect(r.authenticator.authenticate(bearing("bearer abc"))).rejects.toThrow();
});

test("a token for somebody else is a bad credential", async () => {
  const r = reviewer(["hawsepipe"]);
  r.status = { ...good, audiences: ["vault"] };
  await expect(r.authenticator.authenticate(bearing("Bearer a"))).rejects.toThrow("audiences");
  r.status = { ...good, audiences: ["hawsepipe"] };
  expect(await r.authenticator.authenticate(bearing("Bearer b"))).toMatchObject({
    user: { name: good.user.username },
  });
});

test("requests without a bearer token are none of its business", () => {
  const r = reviewer();
  expect(r.authenticator.authenticate(bearing())).toBeUndefined();
  expect(r.authenticator.authenticate(bearing("Basic abc"))).toBeUndefined();
  expect(r.asked).toEqual([]);
});

test("an answer holds ten seconds, good or bad, so a revoked token fails then", async () => {
  const r = reviewer();
  r.status = good;
  await r.authenticator.authenticate(bearing("Bearer abc"));
  r.status = { authenticated: false };
  await r.clock.advance(9999);
  expect(await r.authenticator.authenticate(bearing("Bearer abc"))).toMatchObject({ user: { uid: "u" } });
  await r.clock.advance(1);
  await expect(r.authenticator.authenticate(bearing("Bearer abc"))).rejects.toThrow();
  expect(() => r.authenticator.authenticate(bearing("Bearer abc"))).toThrow();
  expect(r.asked).toHaveLength(2);
});

test("concurrent requests with one token ask once", async () => {
  const r = reviewer();
  r.status = good;
  await Promise.all([1, 2, 3].map(async () => r.authenticator.authenticate(bearing("Bearer abc"))));
  expect(r.asked).toHaveLength(1);
});

test("a review that failed is asked again shortly and not remembered", async () => {
  const r = reviewer();
  r.status = good;
  r.failures = [serviceUnavailable("down"), serviceUnavailable("down")];
  const answer = r.authenticator.authenticate(bearing("Bearer abc"));
  await r.clock.advance(0);
  await r.clock.advance(2000);
  expect(await answer).toMatchObject({ user: { uid: "u" } });
  r.failures = Array.from({ length: 4 }, () => serviceUnavailable("down"));
  const failing = expect(r.authenticator.authenticate(bearing("Bearer other"))).rejects.toThrow("down");
  await r.clock.advance(0);
  await r.clock.advance(9000);
  await failing;
  expect(await r.authenticator.authenticate(bearing("Bearer other"))).toMatchObject({ user: { uid: "u" } });
});

test("a refusal of the review itself is not asked again", async () => {
  const r = reviewer();
  r.failures = [forbidden({ group: "authentication.k8s.io", resource: "tokenreviews" }, "", "no")];
  await expect(r.authenticator.authenticate(bearing("Bearer abc"))).rejects.toThrow("forbidden");
  expect(r.asked).toHaveLength(1);
});
