import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../machinery/clock.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { openMemoryStore } from "../memory/memory-store.ts";
import type { StoreListener } from "../store.ts";
import { StorageError } from "../store.ts";
import type { CachedObject, CacheEvent, CacheListener } from "./types.ts";
import { openWatchCache } from "./watch-cache.ts";

const widgets = { group: "example.dev", plural: "widgets" };

const aWidget = (namespace: string, name: string, size = 1): JsonObject => ({
  apiVersion: "example.dev/v1",
  kind: "Widget",
  metadata: {
    name,
    ...(namespace === "" ? {} : { namespace }),
    uid: `${namespace}-${name}`,
    labels: { size: String(size) },
  },
  spec: { size },
});

const collect = (into: CacheEvent[], closed?: () => void): CacheListener => ({
  event: (event) => void into.push(event),
  closed: closed ?? (() => undefined),
});

const summary = (items: readonly CachedObject[]): string[] => items.map((o) => `${o.key}@${o.revision}`);

async function setUp(history = {}, snapshots = {}) {
  const clock = fakeClock();
  const store = openMemoryStore();
  const cache = await openWatchCache(store, { clock, resources: [widgets], history, snapshots });
  const resource = cache.find(widgets.group, widgets.plural)!;
  return { clock, store, cache, resource };
}

describe("objects in the watch cache", () => {
  test("a write resolves with the object its event produced", async () => {
    const { resource } = await setUp();
    const events: CacheEvent[] = [];
    const { list } = resource.snapshotAndSubscribe("", collect(events));
    expect(list.items).toEqual([]);
    const created = await resource.create("a", "x", aWidget("a", "x"));
    expect(events[0]?.object).toBe(created);
    expect(resource.get("a", "x")).toBe(created);
    expect(created.json.toString()).toBe(
      '{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"labels":{"size":"1"},"name":"x","namespace":"a",' +
        `"resourceVersion":"${created.revision}","uid":"a-x"},"spec":{"size":1}}`,
    );
    expect(created.decode()["spec"]).toEqual({ size: 1 });
    expect([created.uid, created.labels.get("size"), created.namespace, created.name]).toEqual([
      "a-x",
      "1",
      "a",
      "x",
    ]);
  });

  test("an object may not grow beyond what a host stores, but always be deleted", async () => {
    const { resource } = await setUp();
    const sized = (bytes: number): JsonObject => ({ ...aWidget("a", "x"), data: "x".repeat(bytes) });
    await expect(resource.create("a", "x", sized(1_572_864))).rejects.toMatchObject({ kind: "TooLarge" });
    const { revision } = await resource.create("a", "x", sized(1_572_000));
    await expect(resource.update("a", "x", sized(1_572_864), revision)).rejects.toMatchObject({
      kind: "TooLarge",
    });
    await resource.delete("a", "x", revision, sized(1_600_000));
    expect(resource.get("a", "x")).toBeUndefined();
  });

  test("MODIFIED carries the state before, DELETED the last state with the revision of the deletion", async () => {
    const { resource } = await setUp();
    const events: CacheEvent[] = [];
    resource.snapshotAndSubscribe("", collect(events));
    const first = await resource.create("a", "x", aWidget("a", "x"));
    const second = await resource.update("a", "x", aWidget("a", "x", 2), first.revision);
    const gone = await resource.delete("a", "x", second.revision, aWidget("a", "x", 3));
    expect(events.map((e) => [e.type, e.object, e.previous])).toEqual([
      ["ADDED", first, undefined],
      ["MODIFIED", second, first],
      ["DELETED", gone, second],
    ]);
    expect(gone.decode()).toMatchObject({
      metadata: { resourceVersion: String(gone.revision) },
      spec: { size: 3 },
    });
    expect(resource.get("a", "x")).toBeUndefined();
  });

  test("encoded forms and derived values are computed once", async () => {
    const { resource } = await setUp();
    const object = await resource.create("a", "x", aWidget("a", "x"));
    let count = 0;
    const encode = () => Buffer.from(`form ${++count}`);
    expect(object.bytes("f", encode)).toBe(object.bytes("f", encode));
    const compute = () => {
      count++;
      return undefined;
    };
    object.memo("m", compute);
    object.memo("m", compute);
    expect(count).toBe(2);
  });

  test("a failed write leaves the cache as it was", async () => {
    const { resource } = await setUp();
    await resource.create("a", "x", aWidget("a", "x"));
    await expect(resource.create("a", "x", aWidget("a", "x"))).rejects.toMatchObject({ kind: "KeyExists" });
    await expect(resource.update("a", "x", aWidget("a", "x", 9), 1)).rejects.toMatchObject({
      kind: "Conflict",
    });
    expect(resource.get("a", "x")?.labels.get("size")).toBe("1");
  });
});

describe("lists", () => {
  test("are ordered by key and narrowed by namespace", async () => {
    const { resource } = await setUp();
    for (const [namespace, name] of [
      ["b", "x"],
      ["a", "y"],
      ["a-b", "x"],
      ["a", "x"],
    ] as const) {
      await resource.create(namespace, name, aWidget(namespace, name));
    }
    expect(resource.list("").items.map((o) => o.key)).toEqual(["a-b/x", "a/x", "a/y", "b/x"]);
    expect(resource.list("a").items.map((o) => o.key)).toEqual(["a/x", "a/y"]);
    expect(resource.list("missing").items).toEqual([]);
  });

  test("repeat the same array until something in the namespace changes, and never change one handed out", async () => {
    const { resource } = await setUp();
    await resource.create("a", "x", aWidget("a", "x"));
    const before = resource.list("a");
    await resource.create("b", "x", aWidget("b", "x"));
    expect(resource.list("a").items).toBe(before.items);
    await resource.create("a", "y", aWidget("a", "y"));
    expect(before.items.length).toBe(1);
    expect((await resource.listAt("a", before.revision))?.items).toBe(before.items);
  });

  test.each<{ scope: string; namespaces: [string, ...string[]]; maxEvents: number }>([
    { scope: "namespaced", namespaces: ["a", "a-b", "b"], maxEvents: 1000 },
    { scope: "cluster-scoped", namespaces: [""], maxEvents: 1000 },
    { scope: "half forgotten", namespaces: ["a", "a-b", "b"], maxEvents: 5 },
  ])("of any past revision of $scope objects equal what was true then", async ({ namespaces, maxEvents }) => {
    const step = fc.record({
      namespace: fc.constantFrom(...namespaces),
      name: fc.constantFrom("x", "y", "z"),
      remove: fc.boolean(),
      lists: fc.subarray(["", "a", "b"]),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.nat(60), { maxLength: 20 }),
        async (steps, asks) => {
          const { resource } = await setUp({ maxEvents });
          const model = new Map<string, string>();
          const truth = new Map<number, string[]>([[resource.revision, []]]);
          const check = async (namespace: string, ask: number): Promise<void> => {
            const revision = [...truth.keys()][ask % truth.size]!;
            const all = truth.get(revision)!;
            const want = namespace === "" ? all : all.filter((s) => s.startsWith(`${namespace}/`));
            const list = await resource.listAt(namespace, revision);
            if (list === undefined) expect(revision).toBeLessThan(resource.revision - maxEvents);
            else expect(summary(list.items)).toEqual(want);
          };
          for (const [i, { namespace, name, remove, lists }] of steps.entries()) {
            const old = resource.get(namespace, name);
            const next = aWidget(namespace, name, i);
            if (old === undefined) await resource.create(namespace, name, next);
            else if (remove) await resource.delete(namespace, name, old.revision, next);
            else await resource.update(namespace, name, next, old.revision);
            // Not asked of the cache: a list would make it keep what it must also be able to reconstruct.
            const key = namespace === "" ? name : `${namespace}/${name}`;
            if (old !== undefined && remove) model.delete(key);
            else model.set(key, `${key}@${resource.revision}`);
            const sorted = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
            truth.set(
              resource.revision,
              sorted.map(([, text]) => text),
            );
            for (const each of lists) {
              if (i % 3 === 0) resource.list(each);
              else await check(each, i * 7);
            }
          }
          for (const ask of asks) {
            for (const namespace of ["", "a", "a-b", "b", "c"]) await check(namespace, ask);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("subscriptions", () => {
  test("a list and the events after it are the truth under concurrent writes", async () => {
    const { resource } = await setUp();
    const writer = async (id: number) => {
      for (let i = 0; i < 40; i++) {
        const old = resource.get("a", `w${id}`);
        if (old === undefined) await resource.create("a", `w${id}`, aWidget("a", `w${id}`, i));
        else if (i % 7 === 0) await resource.delete("a", `w${id}`, old.revision, aWidget("a", `w${id}`, i));
        else await resource.update("a", `w${id}`, aWidget("a", `w${id}`, i), old.revision);
      }
    };
    const writers = Promise.all(Array.from({ length: 16 }, (_, id) => writer(id)));
    const watchers: { state: Map<string, number>; last: number }[] = [];
    for (let i = 0; i < 20; i++) {
      await Promise.resolve();
      const list = resource.list("");
      const watcher = { state: new Map(list.items.map((o) => [o.key, o.revision])), last: list.revision };
      watchers.push(watcher);
      await Promise.resolve();
      await resource.subscribe(list.revision, {
        event: (event) => {
          expect(event.revision).toBeGreaterThan(watcher.last);
          watcher.last = event.revision;
          if (event.type === "DELETED") watcher.state.delete(event.object.key);
          else watcher.state.set(event.object.key, event.revision);
        },
        closed: () => undefined,
      });
    }
    await writers;
    const truth = new Map(resource.list("").items.map((o) => [o.key, o.revision]));
    for (const watcher of watchers) expect(watcher.state).toEqual(truth);
  });

  test("resume after any revision without gap or repeat", async () => {
    const { resource } = await setUp();
    const all: CacheEvent[] = [];
    const { list } = resource.snapshotAndSubscribe("", collect(all));
    for (let i = 0; i < 10; i++) await resource.create("a", `x${i}`, aWidget("a", `x${i}`));
    for (let after = list.revision; after <= resource.revision; after++) {
      const some: CacheEvent[] = [];
      await resource.subscribe(after, collect(some));
      expect(some).toEqual(all.filter((e) => e.revision > after));
    }
  });

  test("from a revision that fell out of history fail with Compacted, and the list of then is unknown", async () => {
    const { resource } = await setUp({ maxEvents: 4 });
    const start = resource.revision;
    for (let i = 0; i < 10; i++) await resource.create("a", `x${i}`, aWidget("a", `x${i}`));
    await expect(resource.subscribe(start, collect([]))).rejects.toMatchObject({
      kind: "Compacted",
      message: `too old resource version: ${start} (${resource.revision - 4})`,
    });
    expect(await resource.listAt("", start)).toBeUndefined();
    expect((await resource.listAt("", resource.revision - 4))?.items.length).toBe(6);
  });

  test("old lists are kept as long as there is room for them together, the newest in any case", async () => {
    const forgetful = { minAgeMs: 0, minEvents: 0, maxEvents: 1 };
    const { resource } = await setUp(forgetful, { maxItems: 5 });
    const lists = [];
    for (const name of ["x", "y", "z", "w", "v", "u"]) {
      await resource.create("a", name, aWidget("a", name));
      lists.push(resource.list("a"));
    }
    const found = await Promise.all(lists.map(({ revision }) => resource.listAt("a", revision)));
    expect(found.map((list) => list?.items.length)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      5,
      6,
    ]);
    expect(found[4]?.items).toBe(lists[4]?.items);
  });

  test("history is kept by age, number and bytes", async () => {
    const { resource, clock } = await setUp({ minEvents: 2, minAgeMs: 1000 });
    const first = await resource.create("a", "x0", aWidget("a", "x0"));
    for (let i = 1; i < 5; i++) await resource.create("a", `x${i}`, aWidget("a", `x${i}`));
    const young: CacheEvent[] = [];
    await resource.subscribe(first.revision, collect(young));
    expect(young.length).toBe(4);
    await clock.advance(1500);
    await resource.create("a", "x5", aWidget("a", "x5"));
    await expect(resource.subscribe(first.revision, collect([]))).rejects.toMatchObject({
      kind: "Compacted",
    });
    const small = await setUp({ maxBytes: 500 });
    const start = small.resource.revision;
    for (let i = 0; i < 5; i++) await small.resource.create("a", `x${i}`, aWidget("a", `x${i}`));
    await expect(small.resource.subscribe(start, collect([]))).rejects.toMatchObject({ kind: "Compacted" });
  });

  test("one that throws is ended and does not disturb the others", async () => {
    const { resource } = await setUp();
    let closed = 0;
    const events: CacheEvent[] = [];
    resource.snapshotAndSubscribe("", {
      event: () => {
        throw new Error("broken");
      },
      closed: () => closed++,
    });
    resource.snapshotAndSubscribe("", collect(events));
    await resource.create("a", "x", aWidget("a", "x"));
    await resource.create("a", "y", aWidget("a", "y"));
    expect([closed, events.length]).toEqual([1, 2]);
  });

  test("one that writes from inside an event sees its own event later, once, in order", async () => {
    const { resource } = await setUp();
    const seen: string[] = [];
    let inner: Promise<CachedObject> | undefined;
    resource.snapshotAndSubscribe("", {
      event: (event) => {
        inner ??= resource.create("a", "second", aWidget("a", "second"));
        seen.push(`1 ${event.object.name}`);
      },
      closed: () => undefined,
    });
    resource.snapshotAndSubscribe("", {
      event: (event) => seen.push(`2 ${event.object.name}`),
      closed: () => undefined,
    });
    await resource.create("a", "first", aWidget("a", "first"));
    await inner;
    expect(seen).toEqual(["1 first", "2 first", "1 second", "2 second"]);
  });
});

describe("progress", () => {
  test("advances with every resource", async () => {
    const { cache, resource } = await setUp();
    const gadgets = await cache.register({ group: "", plural: "gadgets" });
    const made = await gadgets.create("", "g", aWidget("", "g"));
    expect([resource.revision, resource.list("").revision]).toEqual([made.revision, made.revision]);
    expect(await resource.current()).toBe(made.revision);
  });

  test("waitFor resolves with the write and gives up after three seconds", async () => {
    const { resource, clock } = await setUp();
    const soon = resource.waitFor(resource.revision + 1);
    await resource.create("a", "x", aWidget("a", "x"));
    await soon;
    const never = expect(resource.waitFor(1000)).rejects.toMatchObject({ code: 504, reason: "Timeout" });
    await clock.advance(3000);
    await never;
  });
});

describe("loading", () => {
  test("a cache opened later continues watches from before it was there", async () => {
    const { resource, store, clock } = await setUp();
    const before: CacheEvent[] = [];
    const { list } = resource.snapshotAndSubscribe("", collect(before));
    const first = await resource.create("a", "x", aWidget("a", "x"));
    await resource.update("a", "x", aWidget("a", "x", 2), first.revision);
    const second = await resource.create("a", "y", aWidget("a", "y"));
    await resource.delete("a", "y", second.revision, aWidget("a", "y", 3));
    const again = (await openWatchCache(store, { clock, resources: [widgets] })).find(
      "example.dev",
      "widgets",
    )!;
    const after: CacheEvent[] = [];
    await again.subscribe(list.revision, collect(after));
    const shape = (e: CacheEvent) => [
      e.type,
      e.revision,
      e.object.json.toString(),
      e.previous?.json.toString(),
    ];
    expect(after.map(shape)).toEqual(before.map(shape));
    expect(summary((await again.listAt("", second.revision))!.items)).toEqual([
      `a/x@${second.revision - 1}`,
      `a/y@${second.revision}`,
    ]);
  });

  test("a cache opened later tells, asked in any order, what happened before it as one that saw it", async () => {
    const step = fc.record({ name: fc.constantFrom("x", "y", "z"), remove: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.array(step, { maxLength: 5 }),
        fc.array(fc.nat(30), { minLength: 1, maxLength: 8 }),
        async (early, late, asks) => {
          const { resource, store, clock } = await setUp();
          const from = resource.revision;
          const write = async (to: typeof resource, steps: typeof early): Promise<void> => {
            for (const [i, { name, remove }] of steps.entries()) {
              const old = to.get("a", name);
              if (old === undefined) await to.create("a", name, aWidget("a", name, i));
              else if (remove) await to.delete("a", name, old.revision, aWidget("a", name, i));
              else await to.update("a", name, aWidget("a", name, i), old.revision);
            }
          };
          await write(resource, early);
          const again = (await openWatchCache(store, { clock, resources: [widgets] })).find(
            "example.dev",
            "widgets",
          )!;
          await write(again, late);
          const told = async (by: typeof resource, after: number): Promise<unknown> => {
            const events: CacheEvent[] = [];
            (await by.subscribe(after, collect(events))).stop();
            const list = await by.listAt("", after);
            const states = events.map((e) => [e.type, e.object.json.toString(), e.previous?.json.toString()]);
            return [states, list?.items.map((object) => object.json.toString())];
          };
          const revisions = asks.map((ask) => from + (ask % (resource.revision - from + 1)));
          // At once: they must not read the same history twice, or leave a gap.
          const found = await Promise.all(revisions.map((revision) => told(again, revision)));
          expect(found).toEqual(await Promise.all(revisions.map((revision) => told(resource, revision))));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("nothing is listed or streamed before everything there is was read", async () => {
    const store = openMemoryStore();
    const revisions: number[] = [];
    const create = async (name: string): Promise<void> => {
      const key = `/registry/example.dev/widgets/a/${name}`;
      revisions.push(await store.create(key, Buffer.from(`{"metadata":{"name":"${name}"}}`)));
    };
    await create("x");
    await create("y");
    const gate = Promise.withResolvers<undefined>();
    const slow = new Proxy(store, {
      get: (target, property) => {
        if (property === "list") {
          return async (prefix: string) => {
            const found = await target.list(prefix);
            await gate.promise;
            return found;
          };
        }
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const seen: string[][] = [];
    const opened = openWatchCache(slow, { clock: fakeClock(), resources: [widgets] }).then((cache) => {
      const events: CacheEvent[] = [];
      const { list } = cache.find("example.dev", "widgets")!.snapshotAndSubscribe("", collect(events));
      seen.push(summary(list.items));
      return events;
    });
    // Written while the cache still reads: it comes as an event or in the list, and is never lost.
    await create("z");
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    gate.resolve(undefined);
    const events = await opened;
    const wanted = ["x", "y", "z"].map((name, i) => `a/${name}@${revisions[i]!}`);
    await expect.poll(() => [...seen.flat(), ...summary(events.map(({ object }) => object))]).toEqual(wanted);
  });

  test("resources are registered once, also when asked for at the same time", async () => {
    const { cache } = await setUp();
    const [one, two] = await Promise.all([
      cache.register({ group: "g", plural: "p" }),
      cache.register({ group: "g", plural: "p" }),
    ]);
    expect(one).toBe(two);
  });

  test("a value that is no object is reported as corrupt with its key", async () => {
    const store = openMemoryStore();
    await store.create("/registry/example.dev/widgets/a/x", Buffer.from("{"));
    await expect(openWatchCache(store, { clock: fakeClock(), resources: [widgets] })).rejects.toMatchObject({
      kind: "Corrupt",
      key: "/registry/example.dev/widgets/a/x",
    });
  });
});

describe("without the store", () => {
  test("subscriptions end, reads that must be current fail, and everything comes back with the store", async () => {
    const clock = fakeClock();
    const store = openMemoryStore();
    // The seam a store with a connection has: it tells its listeners when it lost them.
    const listeners = new Set<StoreListener>();
    const flaky = new Proxy(store, {
      get: (target, property) => {
        if (property === "watch") {
          return (prefix: string, after: number, listener: StoreListener) => {
            listeners.add(listener);
            return target.watch(prefix, after, listener);
          };
        }
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const cache = await openWatchCache(flaky, { clock, resources: [widgets] });
    const resource = cache.find(widgets.group, widgets.plural)!;
    const start = resource.revision;
    let closed = 0;
    resource.snapshotAndSubscribe(
      "",
      collect([], () => closed++),
    );
    for (const listener of [...listeners])
      listener.closed(new StorageError("Unavailable", "", "connection lost"));
    expect([closed, cache.isAvailable]).toEqual([1, false]);
    await expect(resource.current()).rejects.toMatchObject({ kind: "Unavailable" });
    await expect(resource.subscribe(start, collect([]))).rejects.toMatchObject({ kind: "Unavailable" });
    await store.create("/registry/example.dev/widgets/a/x", Buffer.from('{"metadata":{"name":"x"}}'));
    await clock.advance(1000);
    await expect.poll(() => cache.isAvailable).toBe(true);
    expect(await resource.current()).toBe(start + 1);
    const events: CacheEvent[] = [];
    await resource.subscribe(start, collect(events));
    expect(events.map((e) => e.object.key)).toEqual(["a/x"]);
  });

  test("a closed store ends the cache", async () => {
    const { resource, store } = await setUp();
    let closed = 0;
    resource.snapshotAndSubscribe(
      "",
      collect([], () => closed++),
    );
    await store.close();
    expect(closed).toBe(1);
    await expect(resource.current()).rejects.toMatchObject({ kind: "Unavailable" });
  });
});
