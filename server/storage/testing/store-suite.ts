import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { compareUtf8 } from "../../../machinery/json/encode.ts";
import type { Store, StoredValue, StoreEvent, StoreListener } from "../store.ts";

/** How the suite gets a store. */
export interface StoreUnderTest {
  /** A new, empty store. */
  open(): Promise<Store>;
  /** Opens what an earlier, closed store left; absent when the store is not durable. */
  reopen?(store: Store): Promise<Store>;
}

const text = (value: string): Buffer => Buffer.from(value);

/** Records events; `ended` is what `closed` was called with. */
function recorder(): StoreListener & { readonly events: StoreEvent[]; ended: unknown } {
  const events: StoreEvent[] = [];
  const listener = {
    events,
    ended: "not yet" as unknown,
    event: (event: StoreEvent) => void events.push(event),
    closed: (error?: unknown) => {
      listener.ended = error;
    },
  };
  return listener;
}

const shape = (e: StoreEvent): unknown[] => [e.type, e.key, e.revision, e.value.toString(), e.previous?.revision, e.previous?.value.toString()]; // prettier-ignore
const shapeOf = (v: StoredValue): unknown[] => [v.key, v.revision, v.value.toString()];

/** The contract of Store; every implementation passes it. */
export function storeSuite(name: string, under: StoreUnderTest): void {
  const opened: Store[] = [];
  const open = async (): Promise<Store> => {
    const store = await under.open();
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  describe(`${name} store: values`, () => {
    test("a created value is read back with its revision", async () => {
      const store = await open();
      const revision = await store.create("/a", text("1"));
      expect(shapeOf((await store.get("/a"))!)).toEqual(["/a", revision, "1"]);
      expect(await store.get("/b")).toBeUndefined();
    });

    test("create fails with KeyExists and changes nothing", async () => {
      const store = await open();
      const revision = await store.create("/a", text("1"));
      await expect(store.create("/a", text("2"))).rejects.toMatchObject({ kind: "KeyExists", key: "/a" });
      expect(shapeOf((await store.get("/a"))!)).toEqual(["/a", revision, "1"]);
      expect(await store.currentRevision()).toBe(revision);
    });

    test.each(["update", "delete"] as const)(
      "%s fails with Conflict unless the revision is exact",
      async (verb) => {
        const store = await open();
        const write = (expected: number) =>
          verb === "update" ? store.update("/a", text("2"), expected) : store.delete("/a", expected);
        await expect(write(1)).rejects.toMatchObject({ kind: "Conflict", key: "/a" });
        const first = await store.create("/a", text("1"));
        await expect(write(first - 1)).rejects.toMatchObject({ kind: "Conflict" });
        await expect(write(first + 1)).rejects.toMatchObject({ kind: "Conflict" });
        expect(await store.currentRevision()).toBe(first);
        expect(await write(first)).toBe(first + 1);
        await expect(write(first)).rejects.toMatchObject({ kind: "Conflict" });
      },
    );

    test("a deleted key can be created again, at a greater revision", async () => {
      const store = await open();
      const first = await store.create("/a", text("1"));
      const gone = await store.delete("/a", first);
      expect(await store.get("/a")).toBeUndefined();
      expect(await store.create("/a", text("2"))).toBeGreaterThan(gone);
    });

    test("revisions are positive and each change takes exactly the next one", async () => {
      const store = await open();
      const start = await store.currentRevision();
      expect(start).toBeGreaterThan(0);
      const made = await Promise.all(Array.from({ length: 100 }, (_, i) => store.create(`/${i}`, text("x"))));
      expect([...made].sort((a, b) => a - b)).toEqual(made.map((_, i) => start + 1 + i));
      expect(await store.currentRevision()).toBe(start + 100);
    });

    test("writes issued one after the other take effect in that order", async () => {
      const store = await open();
      const start = await store.currentRevision();
      const results = await Promise.allSettled([
        store.create("/a", text("1")),
        store.update("/a", text("2"), start + 1),
        store.create("/a", text("3")),
        store.delete("/a", start + 2),
        store.create("/a", text("4")),
      ]);
      expect(results.map((r) => (r.status === "fulfilled" ? r.value - start : "refused"))).toEqual([
        1,
        2,
        "refused",
        3,
        4,
      ]);
      expect((await store.get("/a"))?.value.toString()).toBe("4");
    });

    test("empty and binary values come back as they were", async () => {
      const store = await open();
      const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      await store.create("/empty", Buffer.alloc(0));
      await store.create("/binary", binary);
      await store.create("/large", Buffer.alloc(3 * 1024 * 1024, 7));
      expect((await store.get("/empty"))?.value.length).toBe(0);
      expect(Buffer.compare((await store.get("/binary"))!.value, binary)).toBe(0);
      expect((await store.list("/large")).items[0]?.value.length).toBe(3 * 1024 * 1024);
    });
  });

  describe(`${name} store: lists`, () => {
    test("are in the order of the UTF-8 bytes of the keys", async () => {
      const store = await open();
      const keys = ["/a/b", "/a", "/a-b", "/a.b", "/B", "/é", "/\u{1F600}", "/\uFF5E", "/z", "/a/b/c"];
      for (const key of keys) await store.create(key, text(key));
      const { items } = await store.list("/");
      const byBytes = [...keys].sort((a, b) => Buffer.compare(text(a), text(b)));
      expect(items.map((v) => v.key)).toEqual(byBytes);
    });

    test("hold exactly the keys with the prefix", async () => {
      const store = await open();
      for (const key of ["/a/x", "/a/y", "/ab/x", "/a", "/b/x", "/a/\u{10FFFF}"])
        await store.create(key, text("1"));
      expect((await store.list("/a/")).items.map((v) => v.key)).toEqual(["/a/x", "/a/y", "/a/\u{10FFFF}"]);
      expect((await store.list("/c/")).items).toEqual([]);
      expect((await store.list("")).items.length).toBe(6);
    });

    test("carry the current revision, also when empty", async () => {
      const store = await open();
      const revision = await store.create("/a", text("1"));
      expect((await store.list("/b")).revision).toBe(revision);
    });

    test("are one moment: a list and the events after its revision make the truth", async () => {
      const store = await open();
      const writers = Promise.all(
        Array.from({ length: 8 }, async (_, w) => {
          for (let i = 0; i < 20; i++) {
            const revision = await store.create(`/k/${w}-${i}`, text("1"));
            if (i % 3 === 0) await store.delete(`/k/${w}-${i}`, revision);
            else await store.update(`/k/${w}-${i}`, text("2"), revision);
          }
        }),
      );
      const states: Map<string, number>[] = [];
      for (let i = 0; i < 20; i++) {
        const { items, revision } = await store.list("/k/");
        const state = new Map(items.map((v) => [v.key, v.revision]));
        expect(Math.max(0, ...state.values())).toBeLessThanOrEqual(revision);
        states.push(state);
        await store.watch("/k/", revision, {
          event: (e) => {
            if (e.type === "delete") state.delete(e.key);
            else state.set(e.key, e.revision);
          },
          closed: () => undefined,
        });
      }
      await writers;
      const truth = new Map((await store.list("/k/")).items.map((v) => [v.key, v.revision]));
      for (const state of states) expect(state).toEqual(truth);
    });
  });

  describe(`${name} store: watches`, () => {
    test("events say what changed, to what and from what", async () => {
      const store = await open();
      const seen = recorder();
      await store.watch("/", await store.currentRevision(), seen);
      const a = await store.create("/a", text("1"));
      const b = await store.update("/a", text("2"), a);
      const c = await store.delete("/a", b, text("last"));
      const d = await store.create("/a", text("3"));
      const e = await store.delete("/a", d);
      const want = [
        ["create", "/a", a, "1", undefined, undefined],
        ["update", "/a", b, "2", a, "1"],
        ["delete", "/a", c, "last", b, "2"],
        ["create", "/a", d, "3", undefined, undefined],
        ["delete", "/a", e, "3", d, "3"],
      ];
      expect(seen.events.map(shape)).toEqual(want);
      const again = recorder();
      await store.watch("/", a - 1, again);
      expect(again.events.map(shape)).toEqual(want);
    });

    test("an event is delivered before the promise of its write resolves", async () => {
      const store = await open();
      const seen = recorder();
      await store.watch("/", await store.currentRevision(), seen);
      await Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
          const revision = await store.create(`/${i}`, text("1"));
          expect(seen.events.some((e) => e.revision === revision)).toBe(true);
        }),
      );
    });

    test("are about their prefix only", async () => {
      const store = await open();
      const seen = recorder();
      const start = await store.currentRevision();
      await store.watch("/a/", start, seen);
      for (const key of ["/a/x", "/b/x", "/ab", "/a/y"]) await store.create(key, text("1"));
      expect(seen.events.map((e) => e.key)).toEqual(["/a/x", "/a/y"]);
      const past = recorder();
      await store.watch("/a/", start, past);
      expect(past.events.map((e) => e.key)).toEqual(["/a/x", "/a/y"]);
    });

    test("from any revision, begun while writes go on, see every later event once and in order", async () => {
      const store = await open();
      const start = await store.currentRevision();
      const total = 200;
      const writing = (async () => {
        for (let i = 0; i < total; i += 10) {
          await Promise.all(Array.from({ length: 10 }, (_, j) => store.create(`/${i + j}`, text("1"))));
        }
      })();
      const watches: { after: number; seen: ReturnType<typeof recorder> }[] = [];
      for (let i = 0; i < 40; i++) {
        const seen = recorder();
        const after = start + ((i * 37) % total);
        watches.push({ after, seen });
        await store.watch("/", after, seen);
      }
      await writing;
      for (const { after, seen } of watches) {
        const want = Array.from({ length: start + total - after }, (_, i) => after + 1 + i);
        expect(seen.events.map((e) => e.revision)).toEqual(want);
      }
    });

    test("from a revision of the future begin there", async () => {
      const store = await open();
      const seen = recorder();
      const start = await store.currentRevision();
      await store.watch("/", start + 2, seen);
      for (const key of ["/1", "/2", "/3"]) await store.create(key, text("1"));
      expect(seen.events.map((e) => e.key)).toEqual(["/3"]);
    });

    test("get nothing more once stopped", async () => {
      const store = await open();
      const seen = recorder();
      const subscription = await store.watch("/", await store.currentRevision(), seen);
      await store.create("/1", text("1"));
      subscription.stop();
      await store.create("/2", text("1"));
      expect(seen.events.map((e) => e.key)).toEqual(["/1"]);
    });

    test("writes made from inside an event do not disorder the others", async () => {
      const store = await open();
      const start = await store.currentRevision();
      const writes: Promise<number>[] = [];
      await store.watch("/", start, {
        event: (e) => {
          if (writes.length < 5) writes.push(store.create(`${e.key}x`, text("1")));
        },
        closed: () => undefined,
      });
      const seen = recorder();
      await store.watch("/", start, seen);
      await store.create("/", text("1"));
      while (writes.length < 5) await Promise.all(writes);
      await Promise.all(writes);
      expect(seen.events.map((e) => e.revision)).toEqual(seen.events.map((_, i) => start + 1 + i));
    });
  });

  describe(`${name} store: compaction`, () => {
    test("forgets history but no values", async () => {
      const store = await open();
      const first = await store.create("/a", text("1"));
      const second = await store.update("/a", text("2"), first);
      const third = await store.create("/b", text("3"));
      await store.compact(second);
      expect(await store.compactedRevision()).toBe(second);
      await expect(store.watch("/", second - 1, recorder())).rejects.toMatchObject({ kind: "Compacted" });
      const seen = recorder();
      await store.watch("/", second, seen);
      expect(seen.events.map((e) => e.revision)).toEqual([third]);
      expect((await store.list("/")).items.map(shapeOf)).toEqual([
        ["/a", second, "2"],
        ["/b", third, "3"],
      ]);
    });

    test("never goes back or beyond the newest revision", async () => {
      const store = await open();
      const first = await store.create("/a", text("1"));
      await store.compact(first + 100);
      expect(await store.compactedRevision()).toBe(first);
      await store.compact(first - 1);
      expect(await store.compactedRevision()).toBe(first);
      const seen = recorder();
      await store.watch("/", first, seen);
      await store.create("/b", text("1"));
      expect(seen.events.length).toBe(1);
    });

    test("leaves running watches alone", async () => {
      const store = await open();
      const seen = recorder();
      const start = await store.currentRevision();
      await store.watch("/", start, seen);
      for (let i = 0; i < 20; i++) {
        const revision = await store.create(`/${i}`, text("1"));
        if (i % 5 === 0) await store.compact(revision);
      }
      expect(seen.events.length).toBe(20);
    });
  });

  describe(`${name} store: many at once`, () => {
    test("fifty writers lose no increment", async () => {
      const store = await open();
      await store.create("/count", text("0"));
      const start = await store.currentRevision();
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          for (let done = 0; done < 5;) {
            const { value, revision } = (await store.get("/count"))!;
            try {
              await store.update("/count", text(String(Number(value) + 1)), revision);
              done++;
            } catch (error) {
              expect(error).toMatchObject({ kind: "Conflict" });
            }
          }
        }),
      );
      expect((await store.get("/count"))?.value.toString()).toBe("250");
      expect(await store.currentRevision()).toBe(start + 250);
    });

    test("any mix of concurrent operations has the effects of some order that keeps real time", async () => {
      const operation = fc.record({
        verb: fc.constantFrom("create", "update", "delete", "get", "list"),
        key: fc.constantFrom("/p/a", "/p/b", "/p/c"),
        back: fc.nat(2),
      });
      const property = fc.asyncProperty(
        fc.array(fc.array(operation, { maxLength: 8 }), { maxLength: 12 }),
        async (waves) => {
          const store = await open();
          const start = await store.currentRevision();
          const seen = recorder();
          await store.watch("/p/", start, seen);
          const history: Operation[] = [];
          let serial = 0;
          for (const wave of waves) {
            const known = await store.currentRevision();
            await Promise.all(
              wave.map(async ({ verb, key, back }) => {
                history.push(
                  await perform(store, { verb, key, expected: known - back, value: `v${++serial}` }),
                );
              }),
            );
          }
          checkHistory(history, seen.events, start);
          await store.close();
          opened.splice(opened.indexOf(store), 1);
        },
      );
      await fc.assert(property, { numRuns: 40 });
    });
  });

  describe(`${name} store: the end`, () => {
    test("close finishes pending writes, ends watches in order and makes everything else fail", async () => {
      const store = await open();
      const seen = recorder();
      await store.watch("/", await store.currentRevision(), seen);
      const pending = Promise.all([store.create("/a", text("1")), store.create("/b", text("1"))]);
      await store.close();
      await pending;
      expect(seen.events.length).toBe(2);
      expect(seen.ended).toBeUndefined();
      const after = [
        () => store.get("/a"),
        () => store.list("/"),
        () => store.create("/c", text("1")),
        () => store.update("/a", text("1"), 1),
        () => store.delete("/a", 1),
        () => store.watch("/", 1, recorder()),
        () => store.currentRevision(),
        () => store.compactedRevision(),
        () => store.compact(1),
      ];
      for (const call of after) await expect(call()).rejects.toMatchObject({ kind: "Unavailable" });
      await store.close();
    });
  });

  if (under.reopen === undefined) return;
  const reopen = under.reopen.bind(under);
  describe(`${name} store: opened again`, () => {
    test("has the same values, revisions, history and floor", async () => {
      const store = await open();
      const first = await store.create("/a", text("1"));
      const second = await store.update("/a", text("2"), first);
      const third = await store.delete("/a", second, text("last"));
      const fourth = await store.create("/b", text("4"));
      await store.compact(first);
      await store.close();
      const again = await reopen(store);
      opened.push(again);
      expect(await again.currentRevision()).toBe(fourth);
      expect(await again.compactedRevision()).toBe(first);
      expect((await again.list("")).items.map(shapeOf)).toEqual([["/b", fourth, "4"]]);
      const seen = recorder();
      await again.watch("/", first, seen);
      expect(seen.events.map(shape)).toEqual([
        ["update", "/a", second, "2", first, "1"],
        ["delete", "/a", third, "last", second, "2"],
        ["create", "/b", fourth, "4", undefined, undefined],
      ]);
      expect(await again.create("/c", text("5"))).toBe(fourth + 1);
    });
  });
}

interface Operation {
  readonly verb: string;
  readonly key: string;
  readonly expected: number;
  readonly value: string;
  /** The newest revision acknowledged before the call, and the newest when it returned. */
  readonly from: number;
  readonly to: number;
  readonly revision?: number;
  readonly refused?: unknown;
  readonly read?: readonly StoredValue[];
}

async function perform(
  store: Store,
  { verb, key, expected, value }: Pick<Operation, "verb" | "key" | "expected" | "value">,
): Promise<Operation> {
  const from = await store.currentRevision();
  const answer = async (): Promise<Partial<Operation>> => {
    if (verb === "get") {
      const found = await store.get(key);
      return { read: found === undefined ? [] : [found] };
    }
    if (verb === "list") {
      const { items, revision } = await store.list("/p/");
      return { read: items, revision };
    }
    try {
      if (verb === "create") return { revision: await store.create(key, text(value)) };
      if (verb === "update") return { revision: await store.update(key, text(value), expected) };
      return { revision: await store.delete(key, expected) };
    } catch (error) {
      return { refused: (error as { kind?: unknown }).kind };
    }
  };
  const got = await answer();
  return { verb, key, expected, value, from, to: await store.currentRevision(), ...got };
}

/** The events give the one order of all changes; every answer must fit a moment between its call and its return. */
function checkHistory(history: readonly Operation[], events: readonly StoreEvent[], start: number): void {
  expect(events.map((e) => e.revision)).toEqual(events.map((_, i) => start + 1 + i));
  const states = [new Map<string, StoredValue>()];
  for (const { type, key, revision, value } of events) {
    const state = new Map<string, StoredValue>(states.at(-1));
    if (type === "delete") state.delete(key);
    else state.set(key, { key, revision, value });
    states.push(state);
  }
  const at = (revision: number): Map<string, StoredValue> => states[revision - start]!;
  const some = (op: Operation, holds: (state: Map<string, StoredValue>) => boolean): boolean => {
    for (let revision = op.from; revision <= op.to; revision++) if (holds(at(revision))) return true;
    return false;
  };
  const sorted = (state: Map<string, StoredValue>): unknown[] =>
    [...state.values()].sort((a, b) => compareUtf8(a.key, b.key)).map(shapeOf);
  for (const op of history) {
    if (op.verb === "list") expect(op.read!.map(shapeOf)).toEqual(sorted(at(op.revision!)));
    else if (op.verb === "get") {
      expect(some(op, (state) => state.get(op.key)?.revision === op.read![0]?.revision)).toBe(true);
    } else if (op.refused !== undefined) {
      const fits = (state: Map<string, StoredValue>): boolean =>
        op.verb === "create" ? state.has(op.key) : state.get(op.key)?.revision !== op.expected;
      expect(op.refused).toBe(op.verb === "create" ? "KeyExists" : "Conflict");
      expect(some(op, fits)).toBe(true);
    } else {
      expect(op.revision).toBeGreaterThan(op.from);
      const before = at(op.revision! - 1).get(op.key);
      if (op.verb === "create") expect(before).toBeUndefined();
      else expect(before?.revision).toBe(op.expected);
      const after = at(op.revision!).get(op.key);
      expect(after?.value.toString()).toBe(op.verb === "delete" ? undefined : op.value);
    }
  }
}
