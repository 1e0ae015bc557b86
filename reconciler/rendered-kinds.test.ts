import { expect, test } from "vitest";
import { ApiError } from "../api/errors/api-error.ts";
import type { Client, WatchEvent } from "../cluster/client.ts";
import { fakeClock } from "../machinery/clock.ts";
import { RenderedKinds } from "./rendered-kinds.ts";
import { asOwned } from "../transformers/ownership.ts";
import { aModelDeployment } from "./testing/objects.ts";

const gone = new ApiError({ code: 404, reason: "", message: "404 page not found" });
const kind = { apiVersion: "example.com/v1", kind: "Widget" };

test("a kind that goes away takes its objects along, and is found again when it comes back", async () => {
  const clock = fakeClock();
  const abort = new AbortController();
  const metadata = { name: "m", uid: "w1", resourceVersion: "1" };
  const widget = asOwned({ ...kind, metadata }, aModelDeployment());
  let isServed = true;
  let remove: () => void = () => undefined;
  async function* watch(): AsyncGenerator<WatchEvent> {
    if (!isServed) throw gone;
    yield { type: "ADDED", object: widget };
    const annotations = { "k8s.io/initial-events-end": "true" };
    yield { type: "BOOKMARK", object: { ...kind, metadata: { resourceVersion: "5", annotations } } };
    await new Promise<void>((resolve) => {
      remove = resolve;
    });
  }
  const client = {
    watch,
    resolve: async () => ({
      group: "example.com",
      version: "v1",
      resource: "widgets",
      kind: "Widget",
      namespaced: true,
    }),
    list: async () => {
      if (!isServed) throw gone;
      return { items: [], resourceVersion: "5", continue: "" };
    },
  } as unknown as Client;
  const told: string[] = [];
  const kinds = new RenderedKinds({
    client,
    clock,
    random: () => 0.5,
    signal: abort.signal,
    kinds: [kind],
    onChange: (namespace, name) => told.push(`${namespace}/${name}`),
    onGone: () => undefined,
    onServed: () => told.push("served"),
    onError: () => undefined,
  });
  await kinds.start();
  expect(kinds.ownedBy("u1")).toHaveLength(1);
  expect(told).toEqual(["default/m", "served"]);

  isServed = false;
  remove();
  await clock.advance(1000);
  expect([kinds.ownedBy("u1"), kinds.find(kind)]).toEqual([[], undefined]);
  expect(told).toEqual(["default/m", "served", "default/m"]);

  isServed = true;
  await clock.advance(30_000);
  expect(kinds.find(kind)?.apiVersion).toBe("example.com/v1");
  abort.abort();
  remove();
});
