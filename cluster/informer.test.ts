import { describe, expect, test } from "vitest";
import { ApiError } from "../api/errors/api-error.ts";
import { serviceUnavailable } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { fakeClock } from "../machinery/clock.ts";
import type { Client, ListOptions, ResourceRef, WatchEvent, WatchOptions } from "./client.ts";
import type { Informer } from "./informer.ts";
import { startInformer } from "./informer.ts";

const widgets: ResourceRef = {
  group: "example.com",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};

const widget = (name: string, resourceVersion: string, uid = `uid-${name}`, color = "red"): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, namespace: "n", uid, resourceVersion, labels: { color } },
});

const added = (object: KubeObject): WatchEvent => ({ type: "ADDED", object });
const endOfInitial = (resourceVersion: string): WatchEvent => ({
  type: "BOOKMARK",
  object: {
    ...widget("", resourceVersion),
    metadata: { resourceVersion, annotations: { "k8s.io/initial-events-end": "true" } },
  },
});
const bookmark = (resourceVersion: string): WatchEvent => ({
  type: "BOOKMARK",
  object: { ...widget("", resourceVersion), metadata: { resourceVersion } },
});

/** One watch: its events, and what ends it. A watch without an end stays open until the signal aborts. */
interface Watch {
  readonly events: readonly WatchEvent[];
  readonly ends?: "closed" | Error;
}

interface Script {
  readonly watches: readonly Watch[];
  readonly list?: readonly KubeObject[];
  readonly packs?: boolean;
}

async function run({ watches, list = [], packs = false }: Script): Promise<{
  informer: Informer;
  told: readonly string[];
  /** Told of without the object. */
  appeared: readonly string[];
  asked: readonly string[];
  errors: readonly unknown[];
  end: () => void;
}> {
  const clock = fakeClock();
  const abort = new AbortController();
  const asked: string[] = [];
  const errors: unknown[] = [];
  let next = 0;
  async function* watch(_resource: ResourceRef, options: WatchOptions): AsyncGenerator<WatchEvent> {
    asked.push(options.sendInitialEvents === true ? "stream" : `watch from ${options.resourceVersion ?? ""}`);
    const script = watches[next] ?? { events: [] };
    next += 1;
    yield* script.events;
    if (script.ends instanceof Error) throw script.ends;
    if (script.ends === "closed") return;
    await new Promise((resolve) => {
      options.signal.addEventListener("abort", resolve, { once: true });
    });
  }
  const client = {
    watch,
    async list(_resource: ResourceRef, _options?: ListOptions) {
      asked.push("list");
      return { items: list, resourceVersion: "50", continue: "" };
    },
  } as unknown as Client;
  const informer = startInformer({
    client,
    resource: widgets,
    clock,
    random: () => 0.5,
    signal: abort.signal,
    packs,
    indexes: { color: ({ metadata }) => [metadata.labels?.["color"] ?? ""] },
    onError: (error) => {
      errors.push(error);
    },
  });
  const told: string[] = [];
  const name = ({ metadata }: KubeObject): string =>
    `${metadata.name ?? ""}@${metadata.resourceVersion ?? ""}`;
  const appeared: string[] = [];
  informer.onChange({
    added: (object) => told.push(`+${name(object)}`),
    appeared: (key) => appeared.push(key),
    updated: (object, old) => told.push(`${name(old())}>${name(object)}`),
    deleted: (object) => told.push(`-${name(object)}`),
  });
  for (let i = 0; i < 5; i += 1) await clock.advance(1000);
  return {
    informer,
    told,
    appeared,
    asked,
    errors,
    end: () => {
      abort.abort();
    },
  };
}

const expired = new ApiError({ code: 410, reason: "Expired", message: "too old resource version" });
const unsupported = new ApiError({ code: 422, reason: "Invalid", message: "sendInitialEvents is forbidden" });

describe.each([
  { keeping: "as they are", packs: false },
  { keeping: "encoded", packs: true },
])("following a resource, objects kept $keeping", ({ packs }) => {
  const rows: readonly (Script & {
    readonly name: string;
    readonly tells: string[];
    readonly asks: string[];
  })[] = [
    {
      name: "the initial state comes in whole, then changes",
      watches: [
        {
          events: [
            added(widget("a", "1")),
            endOfInitial("5"),
            { type: "MODIFIED", object: widget("a", "6") },
            added(widget("b", "7")),
            { type: "DELETED", object: widget("a", "8") },
          ],
        },
      ],
      tells: ["+a@1", "a@1>a@6", "+b@7", "-a@8"],
      asks: ["stream"],
    },
    {
      name: "nothing is told of an initial state that was cut off",
      watches: [
        { events: [added(widget("a", "1"))], ends: serviceUnavailable("cut", 1) },
        { events: [added(widget("b", "2")), endOfInitial("5")] },
      ],
      tells: ["+b@2"],
      asks: ["stream", "stream"],
    },
    {
      name: "after a cut it goes on from the last revision, bookmarks counted",
      watches: [
        { events: [added(widget("a", "1")), endOfInitial("5"), bookmark("9")], ends: "closed" },
        { events: [added(widget("b", "10"))] },
      ],
      tells: ["+a@1", "+b@10"],
      asks: ["stream", "watch from 9"],
    },
    {
      name: "after too old it starts over, and tells what was missed",
      watches: [
        { events: [added(widget("a", "1")), added(widget("b", "2")), endOfInitial("5")], ends: expired },
        { events: [added(widget("b", "20")), added(widget("c", "21")), endOfInitial("30")] },
      ],
      tells: ["+a@1", "+b@2", "-a@1", "b@2>b@20", "+c@21"],
      asks: ["stream", "stream"],
    },
    {
      name: "a server without streaming lists is asked for plain ones",
      watches: [{ events: [], ends: unsupported }, { events: [added(widget("b", "51"))] }],
      list: [widget("a", "1")],
      tells: ["+a@1", "+b@51"],
      asks: ["stream", "list", "watch from 50"],
    },
    {
      name: "an object made anew under its name is another one",
      watches: [
        { events: [added(widget("a", "1", "u1")), endOfInitial("5"), added(widget("a", "9", "u2"))] },
      ],
      tells: ["+a@1", "-a@1", "+a@9"],
      asks: ["stream"],
    },
  ];

  test.each(rows)("$name", async ({ tells, asks, ...script }) => {
    const { told, appeared, asked, end } = await run({ ...script, packs });
    expect(told).toEqual(tells);
    const added = tells.filter((text) => text.startsWith("+"));
    expect(appeared).toEqual(added.map((text) => `n/${text.slice(1).split("@")[0] ?? ""}`));
    expect(asked).toEqual(asks);
    end();
  });

  test("failures are reported and do not end it", async () => {
    const { errors, informer, end } = await run({
      packs,
      watches: [{ events: [], ends: serviceUnavailable("down", 1) }, { events: [endOfInitial("5")] }],
    });
    expect(errors).toHaveLength(1);
    expect(informer.hasSynced).toBe(true);
    end();
  });

  test("indexes follow the objects", async () => {
    const { informer, end } = await run({
      packs,
      watches: [
        {
          events: [
            added(widget("a", "1")),
            added(widget("b", "2")),
            endOfInitial("5"),
            { type: "MODIFIED", object: widget("a", "6", "uid-a", "blue") },
            { type: "DELETED", object: widget("b", "7") },
          ],
        },
      ],
    });
    const names = (color: string): (string | undefined)[] =>
      informer.byIndex("color", color).map(({ metadata }) => metadata.name);
    expect([names("red"), names("blue"), names("green")]).toEqual([[], ["a"], []]);
    expect(informer.list("n").map(({ metadata }) => metadata.name)).toEqual(["a"]);
    expect(informer.list("other")).toEqual([]);
    expect([informer.keys(), informer.keysByIndex("color", "blue")]).toEqual([["n/a"], ["n/a"]]);
    expect(informer.get("n", "a")).toEqual(widget("a", "6", "uid-a", "blue"));
    expect(informer.get("n", "b")).toBeUndefined();
    end();
  });
});
