import { expect, test } from "vitest";
import { Mask } from "./mask.ts";
import { tokenRevision } from "./mask-relations.ts";

const token = (rv: number): string =>
  Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv, start: "/a" })).toString("base64url");
const object = (rv: string): string => `{"metadata":{"name":"a","resourceVersion":"${rv}"}}`;
const list = (rv: string, items: readonly string[], next = ""): string =>
  `{"kind":"TwinList","metadata":{${next}"resourceVersion":"${rv}"},"items":[${items.map(object).join(",")}]}`;
const event = (type: string, rv: string): string =>
  type === "BOOKMARK"
    ? `{"type":"BOOKMARK","object":{"metadata":{"annotations":{"k8s.io/initial-events-end":"true"},"resourceVersion":"${rv}"}}}`
    : `{"type":"${type}","object":${object(rv)}}`;

test.each<{ says: string; bodies: readonly string[]; want: string }>([
  {
    says: "a resourceVersion that was seen is the same",
    bodies: [object("7"), object("9"), object("7")],
    want: object("<rv 1>"),
  },
  { says: "a later one is another", bodies: [object("7"), object("9")], want: object("<rv 2>") },
  {
    says: "an earlier one that was not seen says so",
    bodies: [object("9"), object("7")],
    want: object("<rv 2, of before>"),
  },
  {
    says: "a list is as new as its objects",
    bodies: [list("9", ["9"])],
    want: list("<collection>", ["<rv 1>"]),
  },
  {
    says: "a list older than its objects says so",
    bodies: [list("8", ["7", "9"])],
    want: list("<collection before its objects>", ["<rv 1>", "<rv 2>"]),
  },
  {
    says: "a token is of the page it came with",
    bodies: [list("9", [], `"continue":"${token(9)}",`)],
    want: list("<collection>", [], `"continue":"{'v':'meta.k8s.io/v1','rv':'of the page','start':'/a'}",`),
  },
  {
    says: "a token of another moment says so",
    bodies: [list("9", [], `"continue":"${token(8)}",`)],
    want: list("<collection>", [], `"continue":"{'v':'meta.k8s.io/v1','rv':1,'start':'/a'}",`),
  },
  {
    says: "a bookmark is as late as what came before it",
    bodies: [[event("ADDED", "7"), event("BOOKMARK", "8")].join("\n")],
    want: [event("ADDED", "<rv 1>"), event("BOOKMARK", "<stream>")].join("\n"),
  },
  {
    says: "a bookmark that is earlier says so",
    bodies: [[event("ADDED", "7"), event("BOOKMARK", "6")].join("\n")],
    want: [event("ADDED", "<rv 1>"), event("BOOKMARK", "<stream before its events>")].join("\n"),
  },
])("$says", ({ bodies, want }) => {
  const mask = new Mask();
  expect(bodies.map((body) => mask.body(body)).at(-1)).toBe(want);
});

test("a page is of the revision its token asked for", () => {
  const asked = tokenRevision(`/twins?limit=1&continue=${token(7)}`);
  expect(asked).toBe("7");
  expect(new Mask().body(list("7", []), asked)).toBe(list("<collection>", []));
  expect(new Mask().body(list("8", []), asked)).toBe(list("<another collection>", []));
  expect([tokenRevision("/twins"), tokenRevision(`/twins?continue=${token(-1)}`)]).toEqual([
    undefined,
    undefined,
  ]);
});

test("after a pause a time of before is told from one of now", () => {
  const mask = new Mask();
  const time = (at: number): string =>
    new Date(Math.floor(at / 1000) * 1000).toISOString().replace(".000", "");
  expect(mask.body(time(Date.now() - 2000))).toBe("<now>");
  mask.paused();
  expect([Date.now() - 2000, Date.now()].map((at) => mask.body(time(at)))).toEqual(["<before>", "<now>"]);
  expect(mask.body("2020-01-01T00:00:00Z")).toBe("2020-01-01T00:00:00Z");
});
