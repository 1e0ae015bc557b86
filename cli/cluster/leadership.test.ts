import { expect, test } from "vitest";
import { forbidden, notFound } from "../../api/errors/catalogue.ts";
import type { Client } from "../../cluster/client.ts";
import { fakeClock } from "../../machinery/clock.ts";
import { silentLogger } from "../../server/http/logger.ts";
import { keepPublishing } from "./leadership.ts";

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
