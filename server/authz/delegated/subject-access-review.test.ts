import { expect, test } from "vitest";
import { serviceUnavailable } from "../../../api/errors/catalogue.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Client } from "../../../cluster/client.ts";
import type { FakeClock } from "../../../machinery/clock.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import type { AuthorizationAttributes, Authorizer } from "../authorizer.ts";
import { subjectAccessReviewAuthorizer } from "./subject-access-review.ts";

function cluster(): {
  authorizer: Authorizer;
  clock: FakeClock;
  asked: unknown[];
  status: object;
  down: boolean;
} {
  const clock = fakeClock();
  const state = { clock, asked: [] as unknown[], status: {}, down: false, authorizer: {} as Authorizer };
  const client = {
    create: async (_resource: unknown, object: KubeObject) => {
      state.asked.push(object.spec);
      if (state.down) throw serviceUnavailable("connection refused");
      return { object: { ...object, status: state.status }, warnings: [] };
    },
  } as unknown as Client;
  state.authorizer = subjectAccessReviewAuthorizer({ client, clock, random: () => 0 });
  return state;
}

const list: AuthorizationAttributes = {
  user: { name: "alice", uid: "7", groups: ["dev", "g,2"], extra: { "example.com/x": ["1", "2"] } },
  verb: "list",
  isResourceRequest: true,
  group: "hawsepipe.dev",
  version: "v1alpha2",
  resource: "modeldeployments",
  subresource: "",
  namespace: "team-a",
  name: "",
  path: "/apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments",
};

test("a question carries everything that is known, and nothing that is empty", async () => {
  const c = cluster();
  c.status = { allowed: true, reason: "because" };
  const labelSelector = [{ key: "a", operator: "In", values: ["b"] }] as const;
  const fieldSelector = [{ key: "metadata.name", operator: "In", values: ["x"] }] as const;
  expect(await c.authorizer.authorize({ ...list, labelSelector, fieldSelector })).toEqual({
    decision: "Allow",
    reason: "because",
  });
  expect(c.asked).toEqual([
    {
      user: "alice",
      uid: "7",
      groups: ["dev", "g,2"],
      extra: { "example.com/x": ["1", "2"] },
      resourceAttributes: {
        namespace: "team-a",
        verb: "list",
        group: "hawsepipe.dev",
        version: "v1alpha2",
        resource: "modeldeployments",
        labelSelector: { requirements: labelSelector },
        fieldSelector: { requirements: fieldSelector },
      },
    },
  ]);
});

test("other paths are asked for by path", async () => {
  const c = cluster();
  c.status = { allowed: true };
  await c.authorizer.authorize({ ...list, isResourceRequest: false, verb: "get", path: "/metrics" });
  expect(c.asked[0]).toMatchObject({ nonResourceAttributes: { path: "/metrics", verb: "get" } });
});

test.each([
  [{ allowed: false }, "NoOpinion"],
  [{ allowed: false, denied: true, reason: "no" }, "Deny"],
  [{}, "NoOpinion"],
])("%j is %s", async (status, decision) => {
  const c = cluster();
  c.status = status;
  expect(await c.authorizer.authorize(list)).toMatchObject({ decision });
});

test("an answer that contradicts itself is none", async () => {
  const c = cluster();
  c.status = { allowed: true, denied: true };
  await expect(c.authorizer.authorize(list)).rejects.toThrow("both");
});

test("answers hold ten seconds, and each user and name is a question of its own", async () => {
  const c = cluster();
  c.status = { allowed: true };
  await c.authorizer.authorize(list);
  c.status = { allowed: false };
  await c.clock.advance(9999);
  expect(c.authorizer.authorize(list)).toMatchObject({ decision: "Allow" });
  expect(await c.authorizer.authorize({ ...list, user: { name: "bob", groups: [] } })).toMatchObject({
    decision: "NoOpinion",
  });
  expect(await c.authorizer.authorize({ ...list, name: "x" })).toMatchObject({ decision: "NoOpinion" });
  await c.clock.advance(1);
  expect(await c.authorizer.authorize(list)).toMatchObject({ decision: "NoOpinion" });
});

test("very long questions are asked every time", async () => {
  const c = cluster();
  c.status = { allowed: true };
  const long = { ...list, name: "x".repeat(10_000) };
  await c.authorizer.authorize(long);
  await c.authorizer.authorize(long);
  expect(c.asked).toHaveLength(2);
});

test("a cluster that does not answer is asked a few times, and then it is an error, never a yes", async () => {
  const c = cluster();
  c.status = { allowed: true };
  c.down = true;
  const failing = expect(c.authorizer.authorize(list)).rejects.toMatchObject({
    code: 503,
    reason: "ServiceUnavailable",
    message: expect.stringMatching(/^no answer to a SubjectAccessReview: .*refused/) as unknown,
  });
  await c.clock.advance(0);
  await c.clock.advance(9000);
  await failing;
  expect(c.asked.length).toBeGreaterThan(1);
  c.down = false;
  expect(await c.authorizer.authorize(list)).toMatchObject({ decision: "Allow" });
});
