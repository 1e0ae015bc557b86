import { describe, expect, test } from "vitest";
import { forbidden, notFound } from "../../api/errors/catalogue.ts";
import type { Client } from "../../cluster/client.ts";
import { fakeClock } from "../../machinery/clock.ts";
import { silentLogger } from "../../server/http/logger.ts";
import type { Leading } from "../product.ts";
import type { LeadershipOptions } from "./leadership.ts";
import { keepPublishing, leadAlone } from "./leadership.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a CA bundle that could not be published is published two seconds later, and looked after every minute", async () => {
  const clock = fakeClock();
  let refused = true;
  let asked = 0;
  const client = {
    get: async (_resource: unknown, { name }: { name: string }) => {
      asked += 1;
      if (refused)
        throw forbidden({ group: "apiregistration.k8s.io", resource: "apiservices" }, name, "not yet");
      throw notFound({ group: "apiregistration.k8s.io", resource: "apiservices" }, name);
    },
  } as unknown as Client;
  const stop = new AbortController();
  const certificates = { current: { authorities: "PEM" }, onChange: () => () => undefined };
  const publishing = keepPublishing(
    { client, clock, certificates: certificates as never, logger: silentLogger, customKinds: [] },
    stop.signal,
  );
  await settled();
  const objects = asked;
  expect(objects).toBeGreaterThan(0);
  refused = false;
  for (const [ms, times] of [
    [1999, 1],
    [1, 2],
    [59_999, 2],
    [1, 3],
  ] as const) {
    await clock.advance(ms);
    await settled();
    expect(asked).toBe(objects * times);
  }
  stop.abort();
  await publishing;
});

describe("leading", () => {
  const clock = fakeClock();
  let stopped = 0;
  /** Leads with a product that begins as given, the first time and the next. */
  function leads(...begins: readonly Promise<void>[]): {
    readonly over: Promise<void>;
    readonly stop: () => void;
  } {
    stopped = 0;
    const left = begins.map((begun): Leading => ({
      begun,
      stop: async () => {
        stopped += 1;
      },
    }));
    const stop = new AbortController();
    const options = {
      clock,
      logger: silentLogger,
      customKinds: [],
      certificates: { current: {}, onChange: () => () => undefined },
      product: { lead: async () => left.shift() },
      signal: stop.signal,
    };
    const over = leadAlone(options as unknown as LeadershipOptions);
    return {
      over,
      stop: () => {
        stop.abort();
      },
    };
  }

  test("begins anew when deployments cannot be looked at, and ends what had begun", async () => {
    const failed = Promise.reject(new Error("the kinds are not known"));
    const { over, stop } = leads(failed, Promise.resolve());
    await settled();
    expect(stopped).toBe(1);
    await clock.advance(2000);
    await settled();
    expect(stopped).toBe(1);
    stop();
    await over;
    expect(stopped).toBe(2);
  });

  test("can end before everything was read", async () => {
    const { over, stop } = leads(new Promise(() => undefined));
    await settled();
    stop();
    await over;
    expect(stopped).toBe(1);
  });
});
