import { describe, expect, test } from "vitest";
import { forbidden, notFound, serviceUnavailable } from "../api/errors/catalogue.ts";
import { ApiError } from "../api/errors/api-error.ts";
import type { KubeObject, ObjectMeta } from "../api/meta/types.ts";
import type { Client, ListOptions, ResourceRef } from "../cluster/client.ts";
import { fakeClock } from "../machinery/clock.ts";
import { asOwned } from "../transformers/ownership.ts";
import type { OrphanWatch, WatchedKind } from "./orphans.ts";
import { createOrphanWatch } from "./orphans.ts";
import { aModelDeployment } from "./testing/objects.ts";

const widgets: WatchedKind = {
  apiVersion: "example.com/v1",
  resource: { group: "example.com", version: "v1", resource: "widgets", kind: "Widget", namespaced: true },
};
const gadgets: WatchedKind = {
  apiVersion: "v1",
  resource: { group: "", version: "v1", resource: "gadgets", kind: "Gadget", namespaced: true },
};
const labels = {
  "hawsepipe.dev/managed-by": "hawsepipe",
  "hawsepipe.dev/model-deployment": "m",
};

/** A resource as rendered for the deployment of the uid. */
const owned = (uid: string, metadata: ObjectMeta = {}): KubeObject =>
  asOwned(
    {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: "w", uid: "w1", labels, ...metadata },
    },
    aModelDeployment({ uid }),
  );

/** The same with its owner reference taken off. */
function left(metadata: ObjectMeta = {}): KubeObject {
  const object = owned("u1");
  const { ownerReferences: _, ...rest } = object.metadata;
  return { ...object, metadata: { ...rest, ...metadata } };
}

interface World {
  readonly watch: OrphanWatch;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly abort: AbortController;
  /** Objects of each resource; an error is thrown. */
  readonly lists: Map<string, readonly KubeObject[] | Error>;
  readonly asked: { resource: string; options: ListOptions | undefined }[];
  readonly events: { name: string; kind: string; reason: string; message: string }[];
  readonly counts: Map<string, number>;
  readonly errors: string[];
  kinds: readonly WatchedKind[];
}

function aWorld(objects: readonly KubeObject[], deployments: readonly KubeObject[] = []): World {
  const clock = fakeClock();
  const abort = new AbortController();
  const world: Omit<World, "watch"> = {
    clock,
    abort,
    lists: new Map<string, readonly KubeObject[] | Error>([
      ["widgets", objects],
      ["modeldeployments", deployments],
    ]),
    asked: [],
    events: [],
    counts: new Map(),
    errors: [],
    kinds: [widgets],
  };
  const client = {
    list: async ({ resource }: ResourceRef, options?: ListOptions) => {
      world.asked.push({ resource, options });
      const items = world.lists.get(resource) ?? [];
      if (items instanceof Error) throw items;
      return { items, resourceVersion: "1", continue: "" };
    },
  } as unknown as Client;
  const watch = createOrphanWatch({
    client,
    clock,
    signal: abort.signal,
    kinds: () => world.kinds,
    recorder: {
      record: (about, { reason, message }) =>
        world.events.push({ name: about.metadata.name ?? "", kind: about.kind, reason, message }),
      flush: async () => undefined,
      stop: async () => undefined,
    },
    count: ({ kind }, orphans) => world.counts.set(kind, orphans),
    onError: (what, error) => world.errors.push(`${what}: ${String(error)}`),
  });
  return Object.assign(world, { watch });
}

const deployment = (metadata: ObjectMeta = {}): KubeObject =>
  aModelDeployment(metadata) as unknown as KubeObject;
const controller = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "r1", controller: true };

describe("what is an orphan", () => {
  test.each<{
    says: string;
    object: KubeObject;
    deployments?: readonly KubeObject[];
    orphans: number;
  }>([
    { says: "a resource without an owner whose deployment is gone", object: left(), orphans: 1 },
    {
      says: "one whose deployment exists in another namespace only",
      object: left(),
      deployments: [deployment({ namespace: "other" })],
      orphans: 1,
    },
    {
      says: "one that only a bystander owns",
      object: left({ ownerReferences: [{ ...controller, controller: false }] }),
      orphans: 1,
    },
    {
      says: "not one without an owner whose deployment exists: it is taken back",
      object: left(),
      deployments: [deployment({ uid: "another" })],
      orphans: 0,
    },
    {
      says: "not one of a deployment that is being deleted",
      object: owned("u1"),
      deployments: [deployment({ deletionTimestamp: "2026-01-01T00:00:00Z" })],
      orphans: 0,
    },
    {
      says: "not one that is being deleted",
      object: left({ deletionTimestamp: "2026-01-01T00:00:00Z" }),
      orphans: 0,
    },
    {
      says: "not a claim that is kept by its retention policy",
      object: left({ annotations: { "hawsepipe.dev/retention-policy": "Retain" } }),
      orphans: 0,
    },
    {
      says: "not one somebody else controls",
      object: left({ ownerReferences: [controller] }),
      orphans: 0,
    },
    {
      says: "not one that names no deployment",
      object: left({ labels: { "hawsepipe.dev/managed-by": "hawsepipe" } }),
      orphans: 0,
    },
  ])("$says", async ({ object, deployments = [], orphans }) => {
    const world = aWorld([object], deployments);
    await world.watch.look();
    expect([world.counts.get("Widget"), world.events.length]).toEqual([orphans, orphans]);
    expect(world.errors).toEqual([]);
  });
});

test("only metadata of what is ours is read, and deployments only when there is something of ours", async () => {
  const world = aWorld([]);
  await world.watch.look();
  expect(world.asked).toEqual([
    {
      resource: "widgets",
      options: { metadataOnly: true, labelSelector: "hawsepipe.dev/managed-by=hawsepipe" },
    },
  ]);
  expect(world.counts.get("Widget")).toBe(0);
  world.lists.set("widgets", [owned("u1")]);
  await world.watch.look();
  expect(world.asked.at(-1)).toEqual({ resource: "modeldeployments", options: { metadataOnly: true } });
});

test("the words are about the resource, and say what to do", async () => {
  const world = aWorld([left()]);
  await world.watch.look();
  expect(world.events).toEqual([
    {
      name: "w",
      kind: "Widget",
      reason: "Orphaned",
      message:
        'ModelDeployment "m" is gone and left this behind without an owner: nothing updates or deletes it. A ModelDeployment of that name takes it back; otherwise delete it',
    },
  ]);
});

test("it is told once, and again only when it was none in between", async () => {
  const world = aWorld([left()]);
  await world.watch.look();
  await world.watch.look();
  expect(world.events).toHaveLength(1);
  world.lists.set("modeldeployments", [deployment()]);
  await world.watch.look();
  expect([world.counts.get("Widget"), world.events.length]).toEqual([0, 1]);
  world.lists.set("modeldeployments", []);
  await world.watch.look();
  expect([world.counts.get("Widget"), world.events.length]).toEqual([1, 2]);
});

describe("what the garbage collector has yet to take", () => {
  test("is told about when it is still there a minute later", async () => {
    const world = aWorld([owned("gone")], [deployment({ uid: "u1" })]);
    await world.watch.look();
    expect([world.counts.get("Widget"), world.events.length]).toEqual([0, 0]);
    await world.clock.advance(59_000);
    expect(world.events).toEqual([]);
    await world.clock.advance(1000);
    expect(world.counts.get("Widget")).toBe(1);
    expect(world.events.map(({ message }) => message)).toEqual([
      'ModelDeployment "m" (uid gone), which owns this, is gone, and the garbage collector has not taken it away: nothing updates it. Delete it',
    ]);
    const asked = world.asked.length;
    await world.clock.advance(600_000);
    expect(world.asked).toHaveLength(asked);
  });

  test("is not when it was taken, nor when its owner was seen meanwhile", async () => {
    const world = aWorld([owned("late")]);
    await world.watch.look();
    world.lists.set("modeldeployments", [deployment({ uid: "late" })]);
    await world.clock.advance(60_000);
    world.lists.set("modeldeployments", []);
    await world.watch.look();
    expect(world.events).toEqual([]);
    world.lists.set("widgets", []);
    await world.clock.advance(60_000);
    expect([world.counts.get("Widget"), world.events.length]).toEqual([0, 0]);
  });

  test("is not looked at again by one who no longer leads", async () => {
    const world = aWorld([owned("gone")]);
    await world.watch.look();
    const asked = world.asked.length;
    world.abort.abort();
    await world.watch.stop();
    await world.clock.advance(60_000);
    expect(world.asked).toHaveLength(asked);
  });
});

describe("the number is right between two looks", () => {
  test("when an orphan is deleted", async () => {
    const world = aWorld([left(), left({ name: "x", uid: "w2" })]);
    await world.watch.look();
    expect(world.counts.get("Widget")).toBe(2);
    world.watch.forget("w2");
    expect(world.counts.get("Widget")).toBe(1);
  });

  test("when a deployment of its name appears, which takes it back", async () => {
    const world = aWorld([left()]);
    await world.watch.look();
    world.watch.claim("other", "m");
    expect(world.counts.get("Widget")).toBe(1);
    world.watch.claim("default", "m");
    expect(world.counts.get("Widget")).toBe(0);
  });

  test("when its kind is no longer served", async () => {
    const world = aWorld([left()]);
    await world.watch.look();
    world.kinds = [gadgets];
    await world.watch.look();
    expect([...world.counts]).toEqual([
      ["Widget", 0],
      ["Gadget", 0],
    ]);
  });
});

describe("nothing is taken for an orphan", () => {
  test("while deployments cannot be read", async () => {
    const world = aWorld([left()]);
    world.lists.set("modeldeployments", serviceUnavailable("away"));
    await world.watch.look();
    expect([world.counts.size, world.events.length]).toEqual([0, 0]);
    expect(world.errors).toEqual([expect.stringContaining("orphans: ")]);
  });

  test("while deployments are not served at all", async () => {
    const world = aWorld([left()]);
    world.lists.set(
      "modeldeployments",
      notFound({ group: "hawsepipe.dev", resource: "modeldeployments" }, ""),
    );
    await world.watch.look();
    expect([world.counts.size, world.events.length]).toEqual([0, 0]);
  });
});

test("a kind that may not be read is reported and keeps no other from being looked at", async () => {
  const world = aWorld([left()]);
  world.kinds = [gadgets, widgets];
  world.lists.set("gadgets", forbidden({ group: "", resource: "gadgets" }, "", "no"));
  await world.watch.look();
  expect([...world.counts]).toEqual([["Widget", 1]]);
  expect(world.errors).toEqual([expect.stringContaining("gadgets: ")]);
});

test("a kind that goes away in between is no error", async () => {
  const world = aWorld([left()]);
  world.lists.set("widgets", new ApiError({ code: 404, reason: "", message: "404 page not found" }));
  await world.watch.look();
  expect(world.errors).toEqual([]);
});
