import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import type { ServerAnswer, Target } from "./server-watch.ts";
import { createServerWatch } from "./server-watch.ts";

const target: Target = { uid: "u", namespace: "team-a", name: "s", url: "http://s:8321", config: undefined };
const ok = (body: ServerAnswer["body"]): ServerAnswer => ({ status: 200, body });

/** A watch over servers that answer what `answers` has by path, and what it asked and told. */
function watching(answers: Record<string, ServerAnswer | undefined>) {
  const clock = fakeClock();
  const asked: string[] = [];
  const told: string[] = [];
  const servers = createServerWatch({
    clock,
    random: () => 0.5,
    ask: async (url) => {
      asked.push(url);
      const answer = answers[new URL(url).pathname];
      if (answer === undefined) throw new Error("connect ECONNREFUSED");
      return answer;
    },
    onChange: (namespace, name) => told.push(`${namespace}/${name}`),
  });
  return { clock, asked, told, servers };
}

const healthy = {
  "/v1/health": ok({ status: "OK" }),
  "/v1/version": ok({ version: "0.6.0" }),
  "/v1/providers": ok({ data: [] }),
};

test("a server is asked soon, then about once a minute, and only news is told", async () => {
  const { clock, asked, told, servers } = watching(healthy);
  expect(servers.follow(target)).toBeUndefined();
  expect(asked).toEqual([]);
  await clock.advance(5_000);
  expect(servers.follow(target)).toMatchObject({ health: "passed", version: "0.6.0" });
  await clock.advance(120_000);
  expect(asked.filter((url) => url.endsWith("/v1/health"))).toHaveLength(3);
  expect(told).toEqual(["team-a/s"]);
});

test("what cannot be reached is not known, and what refuses is not healthy", async () => {
  const answers: Record<string, ServerAnswer | undefined> = {};
  const { clock, told, servers } = watching(answers);
  servers.follow(target);
  await clock.advance(5_000);
  expect(servers.follow(target)).toMatchObject({
    health: "unknown",
    message: "no answer: connect ECONNREFUSED",
  });
  answers["/v1/health"] = { status: 503, body: {} };
  await clock.advance(70_000);
  expect(servers.follow(target)).toEqual({
    health: "failed",
    message: "the server answers 503 at /v1/health",
    providers: [],
  });
  expect(told).toHaveLength(2);
});

test("an answer that was awaited when it was left says nothing of the server that is followed next", async () => {
  const answers: (ServerAnswer | Promise<ServerAnswer>)[] = [];
  const clock = fakeClock();
  const servers = createServerWatch({
    clock,
    random: () => 0.5,
    ask: async () => answers.shift() ?? ok({}),
    onChange: () => undefined,
  });
  const hanging = Promise.withResolvers<ServerAnswer>();
  answers.push(hanging.promise);
  servers.follow(target);
  await clock.advance(3_000);
  servers.leave("u");
  expect(servers.follow(target)).toBeUndefined();
  hanging.reject(new Error("no answer in time"));
  await clock.advance(0);
  expect(servers.follow(target)).toBeUndefined();
  await clock.advance(3_000);
  expect(servers.follow(target)).toMatchObject({ health: "passed" });
});

test("at another address it is asked anew, and once it is left, never again", async () => {
  const { clock, asked, servers } = watching(healthy);
  servers.follow(target);
  await clock.advance(5_000);
  expect(servers.follow({ ...target, url: "https://s:8321" })).toBeUndefined();
  await clock.advance(5_000);
  expect(asked.at(-1)).toContain("https://");
  servers.leave("u");
  const before = asked.length;
  await clock.advance(600_000);
  expect([asked.length, clock.pending]).toEqual([before, 0]);
});
