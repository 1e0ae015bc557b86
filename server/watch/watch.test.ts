import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { decodeProtobuf } from "../protobuf/decode.ts";
import { readEnvelope, writeEnvelope } from "../protobuf/envelope.ts";
import { bytesOf, readFields, textOf } from "../protobuf/reader.ts";
import { openMemoryStore } from "../storage/memory/memory-store.ts";
import type { Rig } from "../testing/rig.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget, widgetDefinition } from "../testing/widget.ts";

const base = "/apis/lab.example.com/v1";
const widgets = `${base}/namespaces/default/widgets`;
const options = 'ListOptions.meta.k8s.io "" is invalid: ';
const partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
});
afterEach(async () => {
  await rig.close();
});

const create = (name: string, metadata: JsonObject = {}, path = widgets) =>
  rig.call("POST", `${path}?fieldManager=seed`, { body: aWidget(name, { metadata: { name, ...metadata } }) });
const patch = (name: string, body: JsonObject) =>
  rig.call("PATCH", `${widgets}/${name}`, { body, type: "application/merge-patch+json" });
const remove = (name: string) => rig.call("DELETE", `${widgets}/${name}`);

describe("a watch", () => {
  test("frames events one per line, in the sorted form of the objects", async () => {
    const watch = await rig.watch(`${widgets}?watch=true&resourceVersion=3`);
    const created = await create("a");
    expect(watch.headers).toEqual({ "Content-Type": "application/json" });
    expect(watch.text()).toBe(`{"type":"ADDED","object":${created.text.trimEnd()}}\n`);
    await watch.stop();
  });

  test.each([
    { query: "watch=1", end: [] },
    { query: "watch=1&resourceVersion=0", end: [] },
    { query: "watch=1&allowWatchBookmarks=true", end: ["BOOKMARK @5 end"] },
    {
      query:
        "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1&resourceVersion=1",
      end: ["BOOKMARK @5 end"],
    },
  ])("with $query starts with the present state, then what follows", async ({ query, end }) => {
    await create("b");
    await create("a");
    const watch = await rig.watch(`${widgets}?${query}`);
    await patch("a", { spec: { color: "blue" } });
    expect(watch.summary()).toEqual(["ADDED a@5", "ADDED b@4", ...end, "MODIFIED a@6"]);
    await watch.stop();
  });

  test("tells apart from the present state what was written once the headers were there", async () => {
    const store = openMemoryStore();
    const currentRevision = store.currentRevision.bind(store);
    const away = await openRig({ store });
    await away.call("POST", widgets, { body: aWidget("a") });
    // A store that is far away: what the server asks takes longer than what the client does next.
    store.currentRevision = async (key) => {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return currentRevision(key);
    };
    const watch = await away.watch(`${widgets}?watch=1`);
    store.currentRevision = currentRevision;
    const body = { spec: { color: "blue" } };
    await away.call("PATCH", `${widgets}/a`, { body, type: "application/merge-patch+json" });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(watch.summary()).toEqual(["ADDED a@4", "MODIFIED a@5"]);
    await watch.stop();
    await away.close();
  });

  test("closes the initial events with exactly this bookmark", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&allowWatchBookmarks=1`);
    expect(watch.text()).toBe(
      '{"type":"BOOKMARK","object":{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"annotations":{"k8s.io/initial-events-end":"true"},"resourceVersion":"3"}}}\n',
    );
    await watch.stop();
    const metadata = await rig.watch(`${widgets}?watch=1&allowWatchBookmarks=1`, { accept: partial });
    expect(metadata.text()).toBe(
      '{"type":"BOOKMARK","object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"3","annotations":{"k8s.io/initial-events-end":"true"}}}}\n',
    );
    await metadata.stop();
  });

  test("of metadata in protobuf frames each event by its length", async () => {
    const accept = partial.replace("json", "vnd.kubernetes.protobuf");
    const watch = await rig.watch(`${widgets}?watch=1&allowWatchBookmarks=1`, { accept });
    await create("a");
    expect(watch.headers).toEqual({ "Content-Type": "application/vnd.kubernetes.protobuf;stream=watch" });
    const bytes = watch.bytes();
    const first = bytes.readUInt32BE(0);
    const frames = [bytes.subarray(4, 4 + first), bytes.subarray(8 + first)];
    expect(bytes.readUInt32BE(4 + first)).toBe(frames[1]!.length);
    const events = frames.map((frame) => {
      const [type, object] = [...readFields(frame)];
      const [extension] = [...readFields(bytesOf(object!))];
      const { raw, ...envelope } = readEnvelope(bytesOf(extension!));
      const read = decodeProtobuf(writeEnvelope({ apiVersion: "v1", kind: "ConfigMap", raw }));
      return { type: textOf(type!), envelope, metadata: read?.["metadata"] };
    });
    const envelope = { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata" };
    const annotations = { "k8s.io/initial-events-end": "true" };
    const { metadata } = (await rig.call("GET", `${widgets}/a`, { accept: partial })).json;
    expect(events).toEqual([
      { type: "BOOKMARK", envelope, metadata: { resourceVersion: "3", annotations } },
      { type: "ADDED", envelope, metadata },
    ]);
    await watch.stop();
  });

  test("with sendInitialEvents=false starts now", async () => {
    await create("a");
    const watch = await rig.watch(
      `${widgets}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`,
    );
    await create("b");
    expect(watch.summary()).toEqual(["ADDED b@5"]);
    await watch.stop();
  });

  test("from any revision of a run repeats exactly what followed", async () => {
    await create("a");
    await create("b");
    await patch("a", { metadata: { labels: { x: "1" } } });
    await remove("b");
    await create("b");
    const all = ["ADDED a@4", "ADDED b@5", "MODIFIED a@6", "DELETED b@7", "ADDED b@8"];
    for (let from = 3; from <= 8; from += 1) {
      const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=${from}`);
      expect(watch.summary()).toEqual(all.slice(from - 3));
      await watch.stop();
    }
  });

  test("from a future revision waits for it", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=5&allowWatchBookmarks=1`);
    await create("a");
    await create("b");
    await create("c");
    expect(watch.summary()).toEqual(["ADDED c@6"]);
    await watch.stop();
  });

  test("with initial events of a future revision ends with an error after three seconds", async () => {
    const watch = await rig.watch(
      `${widgets}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99`,
    );
    await rig.clock.advance(3_000);
    await watch.ended;
    expect(watch.text()).toBe(
      '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Timeout: Too large resource version: 99, current: 3","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1},"code":504}}\n',
    );
  });

  test("of metadata as a list ends at its first event or bookmark, and is told errors", async () => {
    const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    const from = (query: string): ReturnType<Rig["watch"]> =>
      rig.watch(`${widgets}?watch=1&${query}`, { accept });
    const [events, bookmarks] = [
      await from("resourceVersion=3"),
      await from("allowWatchBookmarks=true&resourceVersion=3"),
    ];
    const future = await from("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99");
    await rig.clock.advance(61_000);
    await bookmarks.ended;
    await future.ended;
    await create("a");
    await events.ended;
    expect([events.text(), bookmarks.text()]).toEqual(["", ""]);
    expect(future.text()).toContain("Too large resource version: 99, current: 3");
  });

  test("sees objects enter and leave its selection", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=3&labelSelector=app%3Dx`);
    await create("a");
    await patch("a", { metadata: { labels: { app: "x" } } });
    await patch("a", { spec: { color: "blue" } });
    await patch("a", { metadata: { labels: { app: "y" } }, spec: { color: "green" } });
    await patch("a", { spec: { color: "red" } });
    await remove("a");
    await create("c", { labels: { app: "x" } });
    await remove("c");
    expect(watch.summary()).toEqual([
      "ADDED a@5",
      "MODIFIED a@6",
      "DELETED a@7",
      "ADDED c@10",
      "DELETED c@11",
    ]);
    const left = watch.frames()[2]?.object;
    expect(left?.["spec"]).toMatchObject({ color: "blue" });
    expect(getPath(left, "metadata", "labels")).toEqual({ app: "x" });
    await watch.stop();
  });

  test("of one name or namespace sees nothing else", async () => {
    const named = await rig.watch(`${widgets}?watch=1&resourceVersion=3&fieldSelector=metadata.name%3Db`);
    const legacy = await rig.watch(`${base}/watch/namespaces/default/widgets/b?resourceVersion=3`);
    const all = await rig.watch(`${base}/watch/widgets?resourceVersion=3`);
    await create("a");
    await create("b");
    await create("b", {}, `${base}/namespaces/other/widgets`);
    expect(named.summary()).toEqual(["ADDED b@5"]);
    expect(legacy.summary()).toEqual(["ADDED b@5"]);
    expect(all.summary()).toEqual(["ADDED a@4", "ADDED b@5", "ADDED b@6"]);
    for (const watch of [named, legacy, all]) await watch.stop();
  });

  test("hears nothing of dry runs and writes that change nothing", async () => {
    await create("a");
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=4`);
    await patch("a", {});
    await rig.call("PATCH", `${widgets}/a?dryRun=All`, {
      body: { spec: { color: "blue" } },
      type: "application/merge-patch+json",
    });
    await rig.call("DELETE", `${widgets}/a?dryRun=All`);
    expect(watch.summary()).toEqual([]);
    await watch.stop();
  });

  test("shares the bytes of an event among watchers of one form", async () => {
    const one = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    const two = await rig.watch(`${base}/widgets?watch=1&resourceVersion=3`);
    const three = await rig.watch(`${base}beta1/widgets?watch=1&resourceVersion=3`);
    await create("a");
    expect(two.text()).toBe(one.text());
    expect(three.frames()[0]?.object["apiVersion"]).toBe("lab.example.com/v1beta1");
    for (const watch of [one, two, three]) await watch.stop();
  });

  test("as a Table has column definitions only in its first frame", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&allowWatchBookmarks=1&resourceVersion=3`, {
      accept: table,
    });
    await create("a");
    await patch("a", { spec: { color: "blue" } });
    await rig.clock.advance(60_000);
    const [added, modified, bookmark] = watch.frames().map((frame) => frame.object);
    expect(added?.["columnDefinitions"]).toHaveLength(5);
    expect(modified?.["columnDefinitions"]).toBeNull();
    expect(getPath(modified, "metadata", "resourceVersion")).toBe("5");
    expect((modified?.["rows"] as JsonObject[])[0]?.["cells"]).toEqual(["a", "blue", 1, null, "0s"]);
    expect(bookmark?.["rows"]).toEqual([
      {
        cells: ["", null, null, null, null],
        object: {
          kind: "PartialObjectMetadata",
          apiVersion: "meta.k8s.io/v1",
          metadata: { resourceVersion: "5" },
        },
      },
    ]);
    await watch.stop();
  });

  test("as a Table is the same for all who began before, and begins with the definitions for who came later", async () => {
    const open = (include = "Metadata") =>
      rig.watch(`${widgets}?watch=1&resourceVersion=3&includeObject=${include}`, { accept: table });
    const [one, two, none] = [await open(), await open(), await open("None")];
    await create("a");
    const late = await open();
    await patch("a", { spec: { color: "blue" } });
    expect(two.text()).toBe(one.text());
    const definitions = (watch: typeof one) =>
      watch.frames().map(({ object }) => (object["columnDefinitions"] === null ? "none" : "all"));
    expect(definitions(one)).toEqual(["all", "none"]);
    expect(definitions(late)).toEqual(["all", "none"]);
    expect(late.text()).toBe(one.text());
    expect(none.text().match(/"object":null/g)).toHaveLength(2);
    for (const watch of [one, two, none, late]) await watch.stop();
  });
});

describe("the time of a watch", () => {
  test("brings bookmarks about every minute, with the progress of all resources", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=3&allowWatchBookmarks=1`);
    const silent = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    await rig.call("POST", "/api/v1/namespaces", {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "third" } },
    });
    await rig.clock.advance(60_000);
    await rig.clock.advance(60_000);
    expect(watch.summary()).toEqual(["BOOKMARK @4", "BOOKMARK @4"]);
    expect(silent.summary()).toEqual([]);
    await watch.stop();
    await silent.stop();
  });

  test("ends after timeoutSeconds, with a bookmark two seconds before", async () => {
    const watch = await rig.watch(
      `${widgets}?watch=1&resourceVersion=3&allowWatchBookmarks=1&timeoutSeconds=30`,
    );
    await rig.clock.advance(27_999);
    expect(watch.summary()).toEqual([]);
    await rig.clock.advance(1);
    expect(watch.summary()).toEqual(["BOOKMARK @3"]);
    await rig.clock.advance(1_999);
    expect(watch.isOver).toBe(false);
    await rig.clock.advance(1);
    expect(watch.isOver).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  test("ends at once when its time is negative", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&timeoutSeconds=-1`);
    expect(watch.summary()).toEqual([]);
    expect(watch.isOver).toBe(true);
  });

  test("is between half an hour and an hour without one", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    await rig.clock.advance(1_800_000 - 1);
    expect(watch.isOver).toBe(false);
    await rig.clock.advance(1_800_001);
    expect(watch.isOver).toBe(true);
  });

  test("leaves nothing behind when the client goes", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&allowWatchBookmarks=1`);
    const timers = rig.clock.pending;
    await watch.stop();
    expect(rig.clock.pending).toBe(timers - 3);
    await create("a");
    expect(watch.summary()).toEqual(["BOOKMARK @3 end"]);
  });

  test("ends with the cache", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    await rig.close();
    await watch.ended;
    expect(watch.text()).toBe("");
  });
});

describe("an object that cannot be converted", () => {
  test("ends a watch with an error and leaves everything else working", async () => {
    await rig.close();
    let isBroken = false;
    const definition = widgetDefinition({
      converter: {
        convert(object, toVersion) {
          if (isBroken) throw new Error("cannot convert");
          return { ...object, apiVersion: `lab.example.com/${toVersion}` };
        },
      },
    });
    rig = await openRig({ definitions: [definition] });
    await create("a");
    const broken = await rig.watch(`${widgets.replace("v1", "v1beta1")}?watch=1&resourceVersion=4`);
    const fine = await rig.watch(`${widgets}?watch=1&resourceVersion=4`);
    isBroken = true;
    await create("b");
    await broken.ended;
    expect(broken.summary()).toEqual(["ERROR InternalError"]);
    expect(fine.summary()).toEqual(["ADDED b@5"]);
    const initial = await rig.watch(`${widgets.replace("v1", "v1beta1")}?watch=1`);
    await initial.ended;
    expect(initial.summary()).toEqual(["ERROR InternalError"]);
    await fine.stop();
  });
});

describe("a slow reader", () => {
  test("gets everything in order when it comes back in time", async () => {
    for (const name of ["a", "b", "c"]) await create(name);
    const watch = await rig.watch(`${widgets}?watch=1&allowWatchBookmarks=1`, { paused: true });
    await create("d");
    await remove("a");
    expect(watch.summary()).toEqual(["ADDED a@4"]);
    watch.resume();
    expect(watch.summary()).toEqual([
      "ADDED a@4",
      "ADDED b@5",
      "ADDED c@6",
      "BOOKMARK @6 end",
      "ADDED d@7",
      "DELETED a@8",
    ]);
    await watch.stop();
  });

  test("is dropped when it falls too far behind, and nobody else notices", async () => {
    await rig.close();
    rig = await openRig({ deps: { watch: { maxQueuedEvents: 5 } } });
    const slow = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    const quick = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    slow.pause();
    for (let i = 0; i < 8; i += 1) await create(`w${i}`);
    await slow.ended;
    expect(slow.summary()).toEqual(["ADDED w0@4"]);
    expect(quick.summary()).toHaveLength(8);
    await quick.stop();
  });

  test("is dropped by bytes, too", async () => {
    await rig.close();
    rig = await openRig({ deps: { watch: { maxQueuedBytes: 1_000 } } });
    const slow = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    slow.pause();
    for (let i = 0; i < 5; i += 1) await create(`w${i}`, { annotations: { big: "x".repeat(400) } });
    await slow.ended;
    expect(slow.isOver).toBe(true);
  });

  test.each([partial, table])(
    "of metadata is not dropped for the bytes of whole objects: %s",
    async (accept) => {
      await rig.close();
      rig = await openRig({ deps: { watch: { maxQueuedBytes: 50_000 } } });
      const slow = await rig.watch(`${widgets}?watch=1&resourceVersion=3`, { accept });
      slow.pause();
      await create("a");
      const text = "x".repeat(10_000);
      for (let i = 0; i < 12; i += 1) await patch("a", { spec: { free: { text: text + String(i) } } });
      slow.resume();
      expect(slow.frames()).toHaveLength(13);
      await slow.stop();
    },
  );
});

describe("a watch is refused", () => {
  test.each<{ query: string; code: number; message: string }>([
    {
      query: "sendInitialEvents=true",
      code: 422,
      message: `${options}resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`,
    },
    {
      query: "sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1",
      code: 422,
      message: `${options}[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]`,
    },
    {
      query: "resourceVersionMatch=NotOlderThan&resourceVersion=1",
      code: 422,
      message: `${options}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`,
    },
    {
      query: "resourceVersion=-1",
      code: 500,
      message: 'resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax',
    },
    {
      query: "continue=abc",
      code: 422,
      message: `${options}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided`,
    },
    { query: "labelSelector=a%3D%3D%3Db", code: 400, message: "found '=', expected: identifier" },
  ])("with $query", async ({ query, code, message }) => {
    const answer = await rig.call("GET", `${widgets}?watch=1&${query}`);
    expect(answer.status).toBe(code);
    if (code !== 400) expect(answer.json["message"]).toBe(message);
  });

  test("in the stream when its revision is too old", async () => {
    await rig.close();
    rig = await openRig({ cache: { history: { minEvents: 1, maxEvents: 2, minAgeMs: 0 } } });
    for (const name of ["a", "b", "c", "d"]) await create(name);
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    await watch.ended;
    expect(watch.text()).toBe(
      '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 3 (5)","reason":"Expired","code":410}}\n',
    );
    expect(rig.clock.pending).toBe(0);
  });
});
