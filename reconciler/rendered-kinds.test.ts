import { describe, expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import { ApiError } from "../api/errors/api-error.ts";
import type { Client, ResourceRef, WatchEvent, WatchOptions } from "../cluster/client.ts";
import { fakeClock } from "../machinery/clock.ts";
import { RenderedKinds } from "./rendered-kinds.ts";
import { asOwned, modelDeploymentOwner } from "../transformers/ownership.ts";
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
    owner: modelDeploymentOwner,
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

describe("a kind in two versions", () => {
  const versions = ["example.com/v2", "example.com/v1"];

  /** Follows both where a server serves some of them; `serve` changes which. */
  async function follow(first: readonly string[]) {
    const clock = fakeClock();
    const abort = new AbortController();
    let served = first;
    const ends: (() => void)[] = [];
    async function* watch({ version }: ResourceRef, { signal }: WatchOptions): AsyncGenerator<WatchEvent> {
      if (!served.includes(`example.com/${version}`)) throw gone;
      const annotations = { "k8s.io/initial-events-end": "true" };
      yield { type: "BOOKMARK", object: { ...kind, metadata: { resourceVersion: "5", annotations } } };
      await new Promise<void>((resolve) => {
        ends.push(resolve);
        signal.addEventListener("abort", () => {
          resolve();
        });
      });
    }
    const client = {
      watch,
      resolve: async (apiVersion: string) =>
        served.includes(apiVersion)
          ? { group: "example.com", version: apiVersion.split("/")[1], resource: "widgets", kind: "Widget" }
          : undefined,
      list: async () => ({ items: [], resourceVersion: "5", continue: "" }),
    } as unknown as Client;
    let servedTimes = 0;
    const kinds = new RenderedKinds({
      client,
      clock,
      random: () => 0.5,
      signal: abort.signal,
      owner: modelDeploymentOwner,
      kinds: versions.map((apiVersion) => ({ ...kind, apiVersion })),
      onChange: () => undefined,
      onGone: () => undefined,
      onServed: () => (servedTimes += 1),
      onError: () => undefined,
    });
    await kinds.start();
    return {
      kinds,
      clock,
      abort,
      servedTimes: () => servedTimes,
      followed: () => [kinds.servedVersion(versions, "Widget"), kinds.find(kind)?.resource.version],
      serve: (now: readonly string[]) => {
        served = now;
        for (const end of ends.splice(0)) end();
      },
    };
  }

  test("is followed in the newest that is served, and in a newer one as soon as there is one", async () => {
    const { kinds, clock, abort, followed, serve, servedTimes } = await follow(["example.com/v1"]);
    expect(followed()).toEqual(["example.com/v1", "v1"]);
    serve(versions);
    kinds.lookAgain();
    await clock.advance(0);
    expect([followed(), servedTimes()]).toEqual([["example.com/v2", "v2"], 2]);
    abort.abort();
  });

  test("is followed in the older one when the newer is withdrawn, without being asked to look", async () => {
    const { clock, abort, followed, serve } = await follow(versions);
    serve(["example.com/v1"]);
    await clock.advance(1_000);
    expect(followed()).toEqual(["example.com/v1", "v1"]);
    abort.abort();
  });

  test("is looked for anew now and then, if nobody says that it changed", async () => {
    const { clock, abort, followed, serve } = await follow(["example.com/v1"]);
    serve(versions);
    await clock.advance(30_000);
    expect(followed()).toEqual(["example.com/v2", "v2"]);
    abort.abort();
  });
});

describe("pods", () => {
  const waiting = (reason: string): object => ({
    containerStatuses: [{ name: "engine", state: { waiting: { reason, message: "m" } } }],
  });
  const pod = (name: string, status: object, resourceVersion: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: name,
      resourceVersion,
      labels: { "hawsepipe.dev/model-deployment": "m" },
    },
    spec: { containers: [] },
    status,
  });

  function follow(list: () => Promise<unknown>, events: readonly WatchEvent[]) {
    const told: string[] = [];
    const failures: unknown[] = [];
    const abort = new AbortController();
    async function* watch(
      _resource: unknown,
      { labelSelector }: { readonly labelSelector?: string },
    ): AsyncGenerator<WatchEvent> {
      if (labelSelector === "hawsepipe.dev/model-deployment") yield* events;
      await new Promise<void>((resolve) => {
        abort.signal.addEventListener("abort", () => {
          resolve();
        });
      });
    }
    const resource = { group: "", version: "v1", resource: "pods", kind: "Pod", namespaced: true };
    const kinds = new RenderedKinds({
      client: { watch, list, resolve: async () => resource } as unknown as Client,
      clock: fakeClock(),
      random: () => 0.5,
      signal: abort.signal,
      owner: modelDeploymentOwner,
      kinds: [],
      onChange: (namespace, name) => told.push(`${namespace}/${name}`),
      onGone: () => undefined,
      onServed: () => undefined,
      onError: (_what, error) => failures.push(error),
    });
    return { kinds, told, failures, abort };
  }

  test("that get into trouble, or out of it, have their deployment looked at; others do not", async () => {
    const annotations = { "k8s.io/initial-events-end": "true" };
    const { kinds, told, abort } = follow(
      async () => ({ items: [], resourceVersion: "0", continue: "" }),
      [
        { type: "ADDED", object: pod("a", waiting("ContainerCreating"), "1") },
        {
          type: "BOOKMARK",
          object: { apiVersion: "v1", kind: "Pod", metadata: { resourceVersion: "2", annotations } },
        },
        { type: "MODIFIED", object: pod("a", waiting("PodInitializing"), "3") },
        { type: "MODIFIED", object: pod("a", waiting("ErrImagePull"), "4") },
        { type: "MODIFIED", object: pod("a", { containerStatuses: [] }, "5") },
        { type: "DELETED", object: pod("a", { containerStatuses: [] }, "6") },
        { type: "ADDED", object: pod("b", waiting("ErrImagePull"), "7") },
      ],
    );
    await kinds.start();
    await expect.poll(() => told).toEqual(["default/m", "default/m", "default/m"]);
    expect(kinds.podsOf("default", "m").map((object) => [object.metadata.name, object["spec"]])).toEqual([
      ["b", undefined],
    ]);
    abort.abort();
  });

  test("that may not be read keep nobody from working", async () => {
    const forbidden = new ApiError({ code: 403, reason: "Forbidden", message: "pods is forbidden" });
    const { kinds, failures, abort } = follow(async () => {
      throw forbidden;
    }, []);
    await kinds.start();
    expect([kinds.podsOf("default", "m"), failures]).toEqual([[], [forbidden]]);
    abort.abort();
  });
});
