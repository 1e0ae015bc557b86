import { afterEach, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { LaggingStore } from "../testing/lagging-store.ts";
import { laggingStore } from "../testing/lagging-store.ts";
import type { Answer, Rig } from "../testing/rig.ts";
import { openRig, textAt } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";

// Two replicas on one store. What the other one writes, this one has not heard of when it is asked.
const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
const w1 = `${widgets}/w1`;
let other: Rig;
let here: Rig;
let store: LaggingStore;

beforeEach(async () => {
  other = await openRig();
  const spec = { color: "red", title: "first" };
  await other.call("POST", widgets, { body: aWidget("w1", { spec }) });
  store = laggingStore(other.store);
  here = await openRig({ store });
});
afterEach(async () => {
  await here.close();
  await other.close();
});

const patch = (rig: Rig, body: JsonObject | JsonObject[], type = "merge-patch+json"): Promise<Answer> =>
  rig.call("PATCH", w1, { body, type: `application/${type}` });
const test1 = (color: string): JsonObject[] => [{ op: "test", path: "/spec/color", value: color }];
const specOf = ({ json }: Answer): unknown => getPath(json, "spec");
const newest = async (): Promise<JsonObject> => (await other.call("GET", w1)).json;
const revisionOf = (object: JsonObject): string => textAt(object, "metadata", "resourceVersion");

test("a change of what is newest is made without asking the store", async () => {
  const before = store.questions;
  const answer = await patch(here, { spec: { title: "mine" } });
  expect(answer.status).toBe(200);
  expect(store.questions).toBe(before);
  expect(answer.json).toEqual(await newest());
});

test("a patch is merged into what another replica wrote", async () => {
  await patch(other, { spec: { color: "green" } });
  const answer = await patch(here, { spec: { title: "mine" } });
  expect(specOf(answer)).toMatchObject({ color: "green", title: "mine" });
  expect(answer.json).toEqual(await newest());
});

test("a patch that would change nothing of the old state is made to the new one", async () => {
  await patch(other, { spec: { color: "green" } });
  const answer = await patch(here, { spec: { color: "red" } });
  expect(specOf(answer)).toMatchObject({ color: "red" });
  expect(answer.json).toEqual(await newest());
});

test("a patch that changes nothing at all answers the newest state", async () => {
  await patch(other, { spec: { color: "green" } });
  expect((await patch(here, {})).json).toEqual(await newest());
});

test("a patch that only the new state can take is taken", async () => {
  await patch(other, { spec: { color: "green" } });
  const body = [...test1("green"), { op: "replace", path: "/spec/title", value: "mine" }];
  const answer = await patch(here, body, "json-patch+json");
  expect([answer.status, specOf(answer)]).toMatchObject([200, { color: "green", title: "mine" }]);
});

test("a patch that only the old state could take is refused", async () => {
  await patch(other, { spec: { color: "green" } });
  const body = [...test1("red"), { op: "replace", path: "/spec/title", value: "mine" }];
  expect((await patch(here, body, "json-patch+json")).status).toBe(422);
  expect(getPath(await newest(), "spec", "title")).toBe("first");
});

test("an update that names a state this replica has not seen is made", async () => {
  const { json } = await patch(other, { spec: { color: "green" } });
  const body = { ...json, spec: { color: "blue" } };
  const answer = await here.call("PUT", w1, { body });
  expect([answer.status, specOf(answer)]).toMatchObject([200, { color: "blue" }]);
});

test("an update that names the state this replica knows is refused when there is a newer one", async () => {
  const known = await newest();
  await patch(other, { spec: { color: "green" } });
  const answer = await here.call("PUT", w1, { body: { ...known, spec: { color: "blue" } } });
  expect([answer.status, answer.json["reason"]]).toEqual([409, "Conflict"]);
  // And when it says what is there already, as far as this replica knows.
  await patch(other, { spec: { color: "blue" } });
  const same = await here.call("PUT", w1, { body: known });
  expect([same.status, same.json["reason"]]).toEqual([409, "Conflict"]);
});

test("a dry run is one of the newest state", async () => {
  await patch(other, { spec: { color: "green" } });
  const answer = await here.call("PATCH", `${w1}?dryRun=All`, {
    body: { spec: { title: "mine" } },
    type: "application/merge-patch+json",
  });
  expect(specOf(answer)).toMatchObject({ color: "green", title: "mine" });
});

test("what another replica deleted is not found, whatever is sent", async () => {
  await other.call("DELETE", w1);
  expect((await patch(here, { spec: { title: "mine" } })).status).toBe(404);
});

test("what another replica deleted is not found, even by what could not be done to it", async () => {
  await other.call("DELETE", w1);
  expect((await patch(here, { spec: { color: "yellow" } })).status).toBe(404);
});

test("what another replica deleted is created anew by an apply", async () => {
  await other.call("DELETE", w1);
  const answer = await here.call("PATCH", `${w1}?fieldManager=m`, {
    body: aWidget("w1", { spec: { color: "blue" } }),
    type: "application/apply-patch+yaml",
  });
  expect(answer.status).toBe(201);
});

test("what another replica made anew is what is changed", async () => {
  await other.call("DELETE", w1);
  await other.call("POST", widgets, { body: aWidget("w1", { spec: { color: "blue" } }) });
  const { metadata } = await newest();
  const answer = await patch(here, { spec: { title: "mine" } });
  expect(textAt(answer.json, "metadata", "uid")).toBe((metadata as JsonObject)["uid"]);
  expect(Number(revisionOf(answer.json))).toBeGreaterThan(
    Number((metadata as JsonObject)["resourceVersion"]),
  );
});

const remove = (rig: Rig, body?: JsonObject): Promise<Answer> =>
  rig.call("DELETE", w1, body === undefined ? {} : { body });
const gone = async (): Promise<boolean> => (await other.call("GET", w1)).status === 404;

test("what is newest is deleted without asking the store", async () => {
  const before = store.questions;
  expect((await remove(here)).status).toBe(200);
  expect(store.questions).toBe(before);
  expect(await gone()).toBe(true);
});

test("what another replica changed is deleted as it is now", async () => {
  const { json } = await patch(other, { spec: { color: "green" } });
  const preconditions = { resourceVersion: revisionOf(json) };
  expect((await remove(here, { preconditions })).status).toBe(200);
  expect(await gone()).toBe(true);
});

test("a deletion of the state this replica knows is refused when there is a newer one", async () => {
  const preconditions = { resourceVersion: revisionOf(await newest()) };
  await patch(other, { spec: { color: "green" } });
  const answer = await remove(here, { preconditions });
  expect([answer.status, answer.json["reason"]]).toEqual([409, "Conflict"]);
  expect(await gone()).toBe(false);
});

test("what another replica put a finalizer on is marked, not removed", async () => {
  await patch(other, { metadata: { finalizers: ["example.com/hold"] } });
  const answer = await remove(here);
  expect(getPath(answer.json, "metadata", "deletionTimestamp")).toEqual(expect.any(String));
  expect(await gone()).toBe(false);
});

test("what is terminating here and free elsewhere is not found", async () => {
  await patch(other, { metadata: { finalizers: ["example.com/hold"] } });
  await remove(other);
  await here.call("GET", w1);
  await patch(other, { metadata: { finalizers: [] } });
  expect(await gone()).toBe(true);
  expect((await remove(here)).status).toBe(404);
});

test("what another replica deleted and made anew is deleted, unless another uid is meant", async () => {
  const uid = textAt(await newest(), "metadata", "uid");
  await remove(other);
  await other.call("POST", widgets, { body: aWidget("w1", { spec: { color: "blue" } }) });
  expect((await remove(here, { preconditions: { uid } })).status).toBe(409);
  expect((await remove(here)).status).toBe(200);
  expect(await gone()).toBe(true);
});

test("what another replica deleted is not found by a deletion", async () => {
  await remove(other);
  expect((await remove(here)).status).toBe(404);
});
