/**
 * Random programs against the whole server and a small model of it. After each program: every answer was the model's,
 * the watch replayed over nothing gives the list at every revision, and revisions only grew.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Answer, Rig } from "./rig.ts";
import { openRig, textAt } from "./rig.ts";
import { aWidget } from "./widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";

type Step =
  | { readonly do: "create"; readonly name: string; readonly color: string; readonly held: boolean }
  | { readonly do: "replace"; readonly name: string; readonly title: string; readonly stale: boolean }
  | { readonly do: "merge"; readonly name: string; readonly label: string }
  | { readonly do: "apply"; readonly name: string; readonly manager: string; readonly value: number }
  | { readonly do: "status"; readonly name: string; readonly phase: string }
  | { readonly do: "delete"; readonly name: string }
  | { readonly do: "release"; readonly name: string }
  | { readonly do: "dryRun"; readonly name: string };

const name = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("create" as const),
    name,
    color: fc.constantFrom("red", "blue"),
    held: fc.boolean(),
  }),
  fc.record({
    do: fc.constant("replace" as const),
    name,
    title: fc.constantFrom("x", "y"),
    stale: fc.boolean(),
  }),
  fc.record({ do: fc.constant("merge" as const), name, label: fc.constantFrom("1", "2") }),
  fc.record({
    do: fc.constant("apply" as const),
    name,
    manager: fc.constantFrom("m1", "m2"),
    value: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({ do: fc.constant("status" as const), name, phase: fc.constantFrom("Up", "Down") }),
  fc.record({ do: fc.constant("delete" as const), name }),
  fc.record({ do: fc.constant("release" as const), name }),
  fc.record({ do: fc.constant("dryRun" as const), name }),
);

/** What the model knows of an object. */
interface Modelled {
  spec: string;
  meta: string;
  status: string;
  generation: number;
  isTerminating: boolean;
  finalizers: string[];
  items: Map<string, number>;
}

const merge = (rig: Rig, path: string, body: JsonObject): Promise<Answer> =>
  rig.call("PATCH", path, { body, type: "application/merge-patch+json" });

async function send(rig: Rig, s: Step): Promise<Answer> {
  const path = `${widgets}/${s.name}`;
  switch (s.do) {
    case "create":
      return rig.call("POST", widgets, {
        body: aWidget(s.name, {
          metadata: { name: s.name, ...(s.held ? { finalizers: ["a.io/b"] } : {}) },
          spec: { color: s.color },
        }),
      });
    case "replace": {
      const { status, json } = await rig.call("GET", path);
      if (status !== 200) return rig.call("PUT", path, { body: aWidget(s.name) });
      const spec = { ...(json["spec"] as JsonObject), title: s.title };
      const metadata = { ...(json["metadata"] as JsonObject), ...(s.stale ? { resourceVersion: "1" } : {}) };
      return rig.call("PUT", path, { body: { ...json, metadata, spec } });
    }
    case "merge":
      return merge(rig, path, { metadata: { labels: { l: s.label } } });
    case "apply":
      return rig.call("PATCH", `${path}?fieldManager=${s.manager}&force=true`, {
        body: {
          apiVersion: "lab.example.com/v1",
          kind: "Widget",
          metadata: { name: s.name },
          spec: { items: [{ name: s.manager, value: s.value }] },
        },
        type: "application/apply-patch+yaml",
      });
    case "status":
      return merge(rig, `${path}/status`, { status: { phase: s.phase } });
    case "delete":
      return rig.call("DELETE", path);
    case "release":
      return merge(rig, path, { metadata: { finalizers: null } });
    case "dryRun":
      return merge(rig, `${path}?dryRun=All`, { spec: { title: "never" } });
  }
}

/** The status the server must answer, and the model after it. */
function expected(model: Map<string, Modelled>, s: Step): number {
  const known = model.get(s.name);
  if (s.do === "create" || (s.do === "apply" && known === undefined)) {
    if (known !== undefined) return 409;
    model.set(s.name, {
      spec: s.do === "create" ? `${s.color}/` : "red/",
      meta: "",
      status: "",
      generation: 1,
      isTerminating: false,
      finalizers: s.do === "create" && s.held ? ["a.io/b"] : [],
      items: new Map(s.do === "apply" ? [[s.manager, s.value]] : []),
    });
    return 201;
  }
  if (known === undefined) return 404;
  change(model, known, s);
  return s.do === "replace" && s.stale ? 409 : 200;
}

function change(model: Map<string, Modelled>, known: Modelled, s: Step): void {
  switch (s.do) {
    case "replace": {
      const next = `${known.spec.split("/")[0] ?? ""}/${s.title}`;
      if (s.stale || next === known.spec) return;
      known.spec = next;
      known.generation += 1;
      return;
    }
    case "apply":
      if (known.items.get(s.manager) === s.value) return;
      known.items.set(s.manager, s.value);
      known.generation += 1;
      return;
    case "merge":
      known.meta = s.label;
      return;
    case "status":
      known.status = s.phase;
      return;
    case "delete":
      if (known.finalizers.length === 0) model.delete(s.name);
      else if (!known.isTerminating) {
        known.isTerminating = true;
        known.generation += 1;
      }
      return;
    case "release":
      known.finalizers = [];
      if (known.isTerminating) model.delete(s.name);
      return;
    default:
      return;
  }
}

const seen = (object: JsonObject): Modelled => ({
  spec: `${textAt(object, "spec", "color")}/${textAt(object, "spec", "title")}`,
  meta: textAt(object, "metadata", "labels", "l"),
  status: textAt(object, "status", "phase"),
  generation: getPath(object, "metadata", "generation") as number,
  isTerminating: textAt(object, "metadata", "deletionTimestamp") !== "",
  finalizers: (getPath(object, "metadata", "finalizers") ?? []) as string[],
  items: new Map(
    ((getPath(object, "spec", "items") ?? []) as JsonObject[]).map((item) => [
      textAt(item, "name"),
      item["value"] as number,
    ]),
  ),
});

const itemsOf = (list: JsonObject): JsonObject[] => list["items"] as JsonObject[];

describe("random programs", () => {
  test("behave like the model, and their watch replays to the list at every revision", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (program) => {
        const rig = await openRig();
        const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
        const model = new Map<string, Modelled>();
        for (const s of program) {
          const answer = await send(rig, s);
          expect([s, answer.status]).toEqual([s, expected(model, s)]);
          const listed = itemsOf((await rig.call("GET", widgets)).json);
          expect(new Map(listed.map((object) => [textAt(object, "metadata", "name"), seen(object)]))).toEqual(
            model,
          );
        }
        await replay(rig, watch.frames());
        await watch.stop();
        await rig.close();
      }),
      { numRuns: 60 },
    );
  });
});

async function replay(rig: Rig, frames: readonly { type: string; object: JsonObject }[]): Promise<void> {
  const state = new Map<string, JsonObject>();
  let last = 3;
  for (const { type, object } of frames) {
    const key = textAt(object, "metadata", "name");
    const revision = Number(textAt(object, "metadata", "resourceVersion"));
    expect(revision).toBeGreaterThan(last);
    last = revision;
    expect(state.has(key)).toBe(type !== "ADDED");
    if (type === "DELETED") state.delete(key);
    else state.set(key, object);
    const list = await rig.call("GET", `${widgets}?resourceVersion=${revision}&resourceVersionMatch=Exact`);
    const sorted = [...state.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
    expect(itemsOf(list.json)).toEqual(sorted);
  }
}
