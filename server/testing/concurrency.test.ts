/** Many writers at once: nothing is lost, nobody sees a conflict who did not ask for one. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, setPath } from "../../machinery/json/value.ts";
import type { Rig } from "./rig.ts";
import { openRig, textAt } from "./rig.ts";
import { aWidget } from "./widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  await rig.call("POST", widgets, { body: aWidget("w", { spec: { big: 0 } }) });
});
afterEach(async () => {
  await rig.close();
});

const times = <T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)));
const current = async (): Promise<JsonObject> => (await rig.call("GET", `${widgets}/w`)).json;

describe("concurrent writers", () => {
  test("of compare-and-swap increments lose no update", async () => {
    const writers = 50;
    const increments = 5;
    let conflicts = 0;
    await times(writers, async () => {
      for (let done = 0; done < increments;) {
        const object = await current();
        setPath(object, ["spec", "big"], Number(getPath(object, "spec", "big")) + 1);
        const answer = await rig.call("PUT", `${widgets}/w`, { body: object });
        if (answer.status === 200) done += 1;
        else {
          expect(answer.status).toBe(409);
          conflicts += 1;
        }
      }
    });
    expect(getPath(await current(), "spec", "big")).toBe(writers * increments);
    expect(conflicts).toBeGreaterThan(0);
  });

  test("of label patches never see a conflict and all arrive, each with an event", async () => {
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=4`);
    const answers = await times(60, (i) =>
      rig.call("PATCH", `${widgets}/w`, {
        body: { metadata: { labels: { [`l${i}`]: "x" } } },
        type: "application/merge-patch+json",
      }),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(Object.keys(getPath(await current(), "metadata", "labels") as JsonObject)).toHaveLength(60);
    expect(watch.frames()).toHaveLength(60);
    await watch.stop();
  });

  test("that apply disjoint fields never see a conflict, also when they race to create", async () => {
    const answers = await times(20, (i) =>
      rig.call("PATCH", `${widgets}/fresh?fieldManager=m${i}`, {
        body: {
          apiVersion: "lab.example.com/v1",
          kind: "Widget",
          metadata: { name: "fresh" },
          spec: { items: [{ name: `i${i}`, value: i }] },
        },
        type: "application/apply-patch+yaml",
      }),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    const { json } = await rig.call("GET", `${widgets}/fresh`);
    expect(getPath(json, "spec", "items")).toHaveLength(20);
    expect(getPath(json, "metadata", "managedFields")).toHaveLength(20);
  });

  test("of one resourceVersion: exactly one wins", async () => {
    const object = await current();
    const answers = await times(20, (i) => {
      const body = structuredClone(object);
      setPath(body, ["spec", "big"], i + 1);
      return rig.call("PUT", `${widgets}/w`, { body });
    });
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(19);
  });

  test("that delete: exactly one removes, the others find nothing", async () => {
    const answers = await times(10, () => rig.call("DELETE", `${widgets}/w`));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array<number>(9).fill(404)]);
  });

  test("a list and a watch from its revision see every write together", async () => {
    const writes = times(100, (i) => rig.call("POST", widgets, { body: aWidget(`n${i}`) }));
    const list = (await rig.call("GET", widgets)).json;
    const revision = textAt(list, "metadata", "resourceVersion");
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=${revision}`);
    await writes;
    const listed = (list["items"] as JsonObject[]).map((item) => getPath(item, "metadata", "name"));
    const watched = watch.frames().map((frame) => getPath(frame.object, "metadata", "name"));
    expect([...listed, ...watched].sort()).toEqual(
      ["w", ...Array.from({ length: 100 }, (_, i) => `n${i}`)].sort(),
    );
    await watch.stop();
  });
});
