/** Several replicas over one host: random programs, checked against the one history the host has. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Clock } from "../../../machinery/clock.ts";
import { fakeClock, realClock } from "../../../machinery/clock.ts";
import { isStorageError } from "../store.ts";
import type { Store, StoredValue, StoreEvent } from "../store.ts";
import { barrierName, recordResource } from "./record.ts";
import { recordName } from "./record-name.ts";
import { eventually, recorder, text, until } from "./testing/events.ts";
import type { Fault } from "./testing/faulty-wire.ts";
import type { Host } from "./testing/host.ts";
import { hostNamespace, openHost } from "./testing/host.ts";

/** For which no answer is slow, however busy the machine is that runs this. */
const timeless: Clock = { ...realClock(), now: () => new Date(0) };

/** More than what a reader asks for as a whole. */
const many = 260;

async function preload(store: Store, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => store.create(`/old/${i}`, text("1"))));
}

type Verb = "create" | "update" | "delete" | "get" | "list" | "current" | "noise" | "cut";

interface Step {
  readonly verb: Verb;
  readonly replica: number;
  readonly key: string;
  /** How far the expected revision is off the newest one of the key. */
  readonly off: number;
}

interface Done extends Step {
  readonly value: string;
  readonly expected: number;
  /** What the host had committed when the call began and when it returned. */
  readonly from: number;
  readonly to: number;
  readonly revision?: number;
  readonly failed?: string;
  readonly read?: readonly StoredValue[];
}

const step = fc.record({
  verb: fc.constantFrom<Verb>("create", "create", "update", "update", "delete", "get", "list", "current", "noise", "cut"), // prettier-ignore
  replica: fc.nat(1),
  key: fc.constantFrom("/p/a", "/p/b", "/p/c"),
  off: fc.constantFrom(0, 0, 0, 1, 2),
});

/** A replica whose requests fail now and then, with and without effect. */
function shaky(random: () => number): Fault | undefined {
  const roll = random();
  if (roll < 0.05) return { kind: "lose answer" };
  if (roll < 0.08) return { kind: "drop" };
  if (roll < 0.11) return { kind: "answer", code: 500, reason: "InternalError", after: true };
  return undefined;
}

class Program {
  readonly history: Done[] = [];
  readonly #host: Host;
  readonly #stores: readonly Store[];
  readonly #cut: readonly (() => void)[];
  #serial = 0;
  #noise = 0;

  constructor(host: Host, stores: readonly Store[], cut: readonly (() => void)[]) {
    this.#host = host;
    this.#stores = stores;
    this.#cut = cut;
  }

  /** The latest revision of each key this test knows of, from acknowledged writes. */
  readonly newest = new Map<string, number>();

  async run(step: Step): Promise<void> {
    const store = this.#stores[step.replica]!;
    if (step.verb === "cut") this.#cut[step.replica]!();
    // Others write to the host too, so its resourceVersion moves on without us.
    if (step.verb === "noise") await this.#host.backing.create(`/noise/${(this.#noise += 1)}`, text("x"));
    const expected = Math.max(1, (this.newest.get(step.key) ?? 1) - step.off);
    const value = `v${(this.#serial += 1)}`;
    const from = await this.#host.backing.currentRevision();
    const call = this.#call(store, step, expected, value);
    const answer = await call.catch((error: unknown): Pick<Done, "revision" | "read" | "failed"> => {
      if (!isStorageError(error)) throw error;
      return { failed: error.kind };
    });
    const to = await this.#host.backing.currentRevision();
    this.history.push({ ...step, expected, value, from, to, ...answer });
    if (answer.revision !== undefined && ["create", "update", "delete"].includes(step.verb)) {
      this.newest.set(step.key, Math.max(answer.revision, this.newest.get(step.key) ?? 0));
    }
  }

  async #call(
    store: Store,
    { verb, key }: Step,
    expected: number,
    value: string,
  ): Promise<Pick<Done, "revision" | "read">> {
    switch (verb) {
      case "create":
        return { revision: await store.create(key, text(value)) };
      case "update":
        return { revision: await store.update(key, text(value), expected) };
      case "delete":
        return { revision: await store.delete(key, expected, text(value)) };
      case "get": {
        const found = await store.get(key);
        return { read: found === undefined ? [] : [found] };
      }
      case "list": {
        const { items, revision } = await store.list("/p/");
        return { read: items, revision };
      }
      case "current":
        return { revision: await store.currentRevision() };
      default:
        return {};
    }
  }
}

/** The states after each event, oldest first; the first is before all of them. */
function states(
  events: readonly StoreEvent[],
): { readonly revision: number; readonly state: Map<string, StoredValue> }[] {
  const all = [{ revision: 0, state: new Map<string, StoredValue>() }];
  for (const { type, key, revision, value } of events) {
    const state = new Map(all.at(-1)!.state);
    if (type === "delete") state.delete(key);
    else state.set(key, { key, revision, value });
    all.push({ revision, state });
  }
  return all;
}

const shown = ({ key, revision, value }: StoredValue): string => `${key}@${revision} ${value.toString()}`;

/** Every answer must fit a moment between its call and its return. */
function check(history: readonly Done[], events: readonly StoreEvent[]): void {
  const all = states(events);
  const byRevision = new Map(events.map((event) => [event.revision, event]));
  const between = (from: number, to: number): Map<string, StoredValue>[] => {
    const first = all.findLastIndex(({ revision }) => revision <= from);
    return all.filter(({ revision }, i) => i >= first && revision <= to).map(({ state }) => state);
  };
  for (const op of history) {
    const moments = between(op.from, op.to);
    if (op.failed === "Unavailable") continue;
    switch (op.verb) {
      case "list":
      case "current": {
        const newest = all.findLast(({ revision }) => revision <= op.from)!.revision;
        expect(op.revision).toBeGreaterThanOrEqual(newest);
        if (op.verb === "current") break;
        const at = all.findLast(({ revision }) => revision <= op.revision!)!.state;
        expect(op.read!.map(shown)).toEqual([...at.values()].map(shown).sort());
        break;
      }
      case "get":
        expect(
          moments.map((state) => state.get(op.key)).map((v) => (v === undefined ? "" : shown(v))),
        ).toContain(op.read!.map(shown).join(""));
        break;
      case "create":
      case "update":
      case "delete": {
        if (op.failed === undefined) {
          const event = byRevision.get(op.revision!);
          expect(event).toMatchObject({ type: op.verb, key: op.key });
          expect(event?.value.toString()).toBe(op.value);
          expect(op.revision).toBeGreaterThan(op.from);
          if (op.verb !== "create") expect(event?.previous?.revision).toBe(op.expected);
        } else if (op.verb === "create") {
          expect(op.failed).toBe("KeyExists");
          expect(moments.some((state) => state.has(op.key))).toBe(true);
        } else {
          expect(op.failed).toBe("Conflict");
          expect(moments.some((state) => state.get(op.key)?.revision !== op.expected)).toBe(true);
        }
      }
    }
  }
}

const told = (events: readonly StoreEvent[]): unknown[] =>
  events.map((e) => [
    e.type,
    e.key,
    e.revision,
    e.value.toString(),
    e.previous?.revision,
    e.previous?.value.toString(),
  ]);

describe("two replicas", () => {
  test.each([
    ["over few records", 0, false],
    ["over many records", many, false],
    ["over few records and bad connections", 0, true],
    ["over many records and bad connections", many, true],
  ] as const)(
    "%s: every answer fits the host's one history, and both watches tell all of it once",
    async (_name, records, isShaky) => {
      const property = fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 10 }),
        fc.integer(),
        async (waves, seed) => {
          const host = await openHost();
          try {
            const wires = [host.wire(), host.wire()];
            const stores = [await host.open(wires[0]!.client), await host.open(wires[1]!.client)];
            await preload(stores[0]!, records);
            const start = await stores[1]!.currentRevision();
            const watches = [recorder(), recorder()];
            for (const [i, store] of stores.entries()) await store.watch("/p/", start, watches[i]!);
            let state = seed >>> 0;
            const random = (): number => {
              state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
              return state / 2 ** 32;
            };
            for (const [i, { wire }] of wires.entries()) wire.lagMs = 2 * i;
            if (isShaky) for (const { wire } of wires) wire.plan = () => shaky(random);
            const cut = wires.map(({ wire }) => () => {
              wire.cutWatches();
            });
            const program = new Program(host, stores, cut);
            for (const wave of waves) await Promise.all(wave.map((s) => program.run(s)));
            for (const { wire } of wires) wire.plan = () => undefined;
            await Promise.all(stores.map((store) => eventually(async () => (await store.list("")).items.length >= records))); // prettier-ignore
            const last = await stores[0]!.currentRevision();
            expect(await stores[1]!.currentRevision()).toBe(last);
            expect(told(watches[0]!.events)).toEqual(told(watches[1]!.events));
            expect(watches.map(({ ended }) => ended)).toEqual(["not yet", "not yet"]);
            check(program.history, watches[0]!.events);
          } finally {
            await host.close();
          }
        },
      );
      await fc.assert(property, { numRuns: records === 0 ? 25 : 8 });
    },
    // Connections that are lost are opened again after real seconds, drawn anew each time.
    300_000,
  );

  test("a read on one sees what was acknowledged by the other, also when the host is busy with other things", async () => {
    const host = await openHost();
    const slow = host.wire();
    slow.wire.lagMs = 5;
    const [a, b] = [await host.open(), await host.open(slow.client)];
    await preload(a, many);
    for (let i = 0; i < 40; i++) {
      const revision = await a.create(`/new/${i}`, text("1"));
      await host.backing.create(`/noise/${i}`, text("x"));
      expect(await b.currentRevision()).toBe(revision);
    }
    // What is written for that is no change of the store.
    const marks = await host.client.get(recordResource, { namespace: hostNamespace, name: barrierName });
    expect(marks.metadata.generation).toBeGreaterThan(1);
    await host.close();
  });

  test("with few records nothing is written to read", async () => {
    const host = await openHost();
    const [a, b] = [await host.open(), await host.open(host.client, timeless)];
    const revision = await a.create("/a", text("1"));
    await host.backing.create("/noise", text("x"));
    const before = await host.backing.currentRevision();
    expect(await b.currentRevision()).toBe(revision);
    expect(await host.backing.currentRevision()).toBe(before);
    await host.close();
  });

  test("many readers at once share the question to the host", async () => {
    const host = await openHost();
    const { client, wire } = host.wire();
    const store = await host.open(client, timeless);
    wire.requests.length = 0;
    await Promise.all(Array.from({ length: 100 }, () => store.currentRevision()));
    expect(wire.requests.length).toBeLessThanOrEqual(2);
    await host.close();
  });

  test("exactly one of many creates of a key wins", async () => {
    const host = await openHost();
    const stores = [await host.open(), await host.open(), await host.open()];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) => stores[i % 3]!.create("/a", text(String(i)))),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ kind: "KeyExists" });
    }
    await host.close();
  });
});

describe("records of deleted keys", () => {
  test("are removed when old, without a trace in the store, but for the newest change", async () => {
    const host = await openHost();
    const clock = fakeClock();
    const store = await host.open(host.client, clock);
    const other = await host.open();
    const first = await store.delete("/a", await store.create("/a", text("1")));
    const second = await store.delete("/b", await store.create("/b", text("1")));
    expect(first).toBeLessThan(second);
    const seen = recorder();
    await other.watch("", second, seen);
    await clock.advance(9 * 60_000);
    const names = async (): Promise<string[]> => {
      const { items } = await host.client.list(recordResource, { namespace: hostNamespace });
      return items.map(({ metadata }) => metadata.name ?? "");
    };
    expect(await names()).toContain(recordName("/a"));
    for (let i = 0; i < 10; i++) await clock.advance(60_000);
    await eventually(async () => !(await names()).includes(recordName("/a")));
    expect(await names()).toContain(recordName("/b"));
    expect(await store.currentRevision()).toBe(second);
    expect(await other.currentRevision()).toBe(second);
    const late = await host.open();
    expect(await late.currentRevision()).toBe(second);
    const revision = await other.create("/a", text("2"));
    expect(seen.told()).toEqual([`create /a@${revision} 2`]);
    expect((await late.get("/a"))?.revision).toBe(revision);
    await host.close();
  });

  test("a record removed by hand is told as a deletion", async () => {
    const host = await openHost();
    const store = await host.open();
    const seen = recorder();
    const created = await store.create("/a", text("1"));
    await store.watch("", created, seen);
    await host.client.delete(recordResource, { namespace: hostNamespace, name: recordName("/a") });
    await until(() => seen.events.length === 1);
    expect(seen.told()).toEqual([`delete /a@${created + 1} 1 was 1@${created}`]);
    expect(await store.get("/a")).toBeUndefined();
    expect(await store.create("/a", text("2"))).toBe(created + 2);
    await host.close();
  });
});
