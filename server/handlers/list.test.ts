import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Answer, Rig } from "../testing/rig.ts";
import { openRig, textAt } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";

const base = "/apis/lab.example.com/v1";
const widgets = `${base}/namespaces/default/widgets`;
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  for (const [name, color] of [
    ["b", "red"],
    ["a", "blue"],
    ["d", "red"],
    ["c", "green"],
  ] as const) {
    const body = aWidget(name, { metadata: { name, labels: { app: name, color } }, spec: { color } });
    await rig.call("POST", widgets, { body });
  }
});
afterEach(async () => {
  await rig.close();
});

const list = (query: string, path = widgets): Promise<Answer> => rig.call("GET", `${path}${query}`);
const names = (answer: Answer): unknown[] =>
  (answer.json["items"] as JsonObject[]).map((item) => getPath(item, "metadata", "name"));
const listMeta = (answer: Answer): JsonObject => answer.json["metadata"] as JsonObject;
const token = (answer: Answer): string => textAt(answer.json, "metadata", "continue");
const decoded = (answer: Answer): string => Buffer.from(token(answer), "base64url").toString();

describe("list", () => {
  test("is ordered by name and empty where nothing is", async () => {
    expect(names(await list(""))).toEqual(["a", "b", "c", "d"]);
    expect((await list("", `${base}/namespaces/nope/widgets`)).text).toBe(
      '{"apiVersion":"lab.example.com/v1","items":[],"kind":"WidgetList","metadata":{"continue":"","resourceVersion":"7"}}\n',
    );
  });

  test("pages through one snapshot with the tokens of kube-apiserver", async () => {
    const first = await list("?limit=2");
    expect(names(first)).toEqual(["a", "b"]);
    expect(decoded(first)).toBe('{"v":"meta.k8s.io/v1","rv":7,"start":"/b\\u0000"}');
    expect(listMeta(first)["remainingItemCount"]).toBe(2);

    await rig.call("DELETE", `${widgets}/c`);
    await rig.call("POST", widgets, { body: aWidget("bb") });
    const second = await list(`?limit=1&continue=${token(first)}`);
    expect(names(second)).toEqual(["c"]);
    expect(listMeta(second)["resourceVersion"]).toBe("7");
    const third = await list(`?limit=1&continue=${token(second)}`);
    expect(names(third)).toEqual(["d"]);
    expect(listMeta(third)).toEqual({ continue: "", resourceVersion: "7" });
  });

  test("pages across namespaces by namespace and name, without a count under selectors", async () => {
    await rig.call("POST", `${base}/namespaces/other/widgets`, { body: aWidget("a") });
    const first = await list("?limit=4&fieldSelector=metadata.name!%3Dzz", `${base}/widgets`);
    expect(decoded(first)).toBe('{"v":"meta.k8s.io/v1","rv":8,"start":"/default/d\\u0000"}');
    expect(listMeta(first)).not.toHaveProperty("remainingItemCount");
    const second = await list(`?limit=4&continue=${token(first)}`, `${base}/widgets`);
    expect(names(second)).toEqual(["a"]);
  });

  test.each<{ query: string; want: string[] }>([
    { query: "labelSelector=app%3Da", want: ["a"] },
    { query: "labelSelector=app+in+(a,c)", want: ["a", "c"] },
    { query: "labelSelector=color!%3Dred", want: ["a", "c"] },
    { query: "labelSelector=!app", want: [] },
    { query: "fieldSelector=metadata.name%3Db", want: ["b"] },
    { query: "fieldSelector=spec.color%3Dred", want: ["b", "d"] },
    { query: "fieldSelector=spec.color%3Dred,metadata.name!%3Dd", want: ["b"] },
    { query: "fieldSelector=metadata.namespace%3Dother", want: [] },
    { query: "limit=0", want: ["a", "b", "c", "d"] },
    { query: "limit=-5", want: ["a", "b", "c", "d"] },
    { query: "resourceVersion=0", want: ["a", "b", "c", "d"] },
    { query: "resourceVersion=5", want: ["a", "b", "c", "d"] },
    { query: "resourceVersion=5&resourceVersionMatch=NotOlderThan", want: ["a", "b", "c", "d"] },
    { query: "resourceVersion=5&resourceVersionMatch=Exact", want: ["a", "b"] },
    { query: "resourceVersion=5&limit=10", want: ["a", "b"] },
  ])("selects by $query", async ({ query, want }) => {
    expect(names(await list(`?${query}`))).toEqual(want);
  });

  const options = 'ListOptions.meta.k8s.io "" is invalid: ';
  test.each<{ query: string; code: number; message: string }>([
    { query: "limit=abc", code: 400, message: 'strconv.ParseInt: parsing "abc": invalid syntax' },
    {
      query: "resourceVersion=abc",
      code: 400,
      message:
        'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    },
    { query: "fieldSelector=spec.min%3D1", code: 400, message: "field label not supported: spec.min" },
    {
      query: "fieldSelector=bogus",
      code: 400,
      message: "invalid selector: 'bogus'; can't understand 'bogus'",
    },
    {
      query: "labelSelector=a+b",
      code: 400,
      message: "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    },
    {
      query: "continue=abc*",
      code: 400,
      message: "invalid continue token: continue key is not valid: illegal base64 data at input byte 3",
    },
    {
      query: "continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Nywic3RhcnQiOiIvYlx1MDAwMCJ9&resourceVersion=5",
      code: 400,
      message: "specifying resource version is not allowed when using continue",
    },
    {
      query: "resourceVersionMatch=Exact",
      code: 422,
      message: `${options}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
    },
    {
      query: "resourceVersionMatch=Exact&resourceVersion=0",
      code: 422,
      message: `${options}resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`,
    },
    {
      query: "resourceVersionMatch=x&resourceVersion=5",
      code: 422,
      message: `${options}resourceVersionMatch: Unsupported value: "x": supported values: "Exact", "NotOlderThan", ""`,
    },
    {
      query: "sendInitialEvents=true",
      code: 422,
      message: `${options}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`,
    },
  ])("refuses $query", async ({ query, code, message }) => {
    const answer = await list(`?${query}`);
    expect([answer.status, answer.json["message"]]).toEqual([code, message]);
  });

  test("waits for a revision of the future, then says it is too large", async () => {
    const pending = list("?resourceVersion=100");
    await rig.clock.advance(3_000);
    const answer = await pending;
    expect(answer.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Timeout: Too large resource version: 100, current: 7","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1},"code":504}\n',
    );
    expect(answer.headers["retry-after"]).toBe("1");
  });
});

describe("a snapshot that is gone", () => {
  beforeEach(async () => {
    await rig.close();
    rig = await openRig({
      cache: { history: { minEvents: 1, maxEvents: 2, minAgeMs: 0 }, snapshots: { maxSnapshots: 1 } },
    });
    for (const name of ["a", "b", "c", "d", "e", "f"])
      await rig.call("POST", widgets, { body: aWidget(name) });
  });

  test("is Expired, with a token to go on inconsistently", async () => {
    const old = Buffer.from('{"v":"meta.k8s.io/v1","rv":4,"start":"/a\\u0000"}').toString("base64url");
    const expiredList = await list(`?limit=1&continue=${old}`);
    expect([expiredList.status, expiredList.json["reason"]]).toEqual([410, "Expired"]);
    const next = textAt(expiredList.json, "metadata", "continue");
    expect(Buffer.from(next, "base64url").toString()).toBe(
      '{"v":"meta.k8s.io/v1","rv":-1,"start":"a\\u0000"}',
    );
    const rest = await list(`?limit=2&continue=${next}`);
    expect([rest.status, names(rest)]).toEqual([200, ["b", "c"]]);
    expect(decoded(rest)).toBe('{"v":"meta.k8s.io/v1","rv":9,"start":"/c\\u0000"}');
    const exact = await list("?resourceVersion=4&resourceVersionMatch=Exact");
    expect([exact.status, exact.json["message"]]).toEqual([
      410,
      "The resourceVersion for the provided list is too old.",
    ]);
  });
});
