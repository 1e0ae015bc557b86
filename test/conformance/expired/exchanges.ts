/** What is asked of both servers while they remember everything, and again when what was before is forgotten. */
import type { Exchange } from "../replay/exchange.ts";

/** Two objects, a page, a change and a deletion: revisions and a token to be forgotten. */
export const before: readonly Exchange[] = [
  ...["a", "b", "c", "d"].map((name) => ({
    name: `create ${name}`,
    post: "twins",
    twin: { name, spec: {} },
  })),
  { name: "the first page", get: "twins?limit=1", as: "page" },
  { name: "the first page of Tables", get: "twins?limit=2", accept: "table", as: "tables" },
  { name: "a change", patch: "twins/b", merge: { metadata: { labels: { x: "y" } } } },
  { name: "a deletion", delete: "twins/c" },
];

const v = "meta.k8s.io/v1";
const start = "/a\0";
const tokens: Readonly<Record<string, unknown>> = {
  "of the first revision": { v, rv: 1, start },
  "without a revision": { v, start },
  "of whatever is newest": { v, rv: -1, start: "a\0" },
  "below that": { v, rv: -2, start },
  "of the future": { v, rv: 999_999_999_999, start },
  "without a version": { rv: 1, start },
  "without a start": { v, rv: 1 },
  "that is null": null,
  "that is an array": [],
  "that is a number": 1.5,
  "with the revision as a text": { v, rv: "1", start },
  "with half a revision": { v, rv: 1.5, start },
  "with a version that is true": { v: true, rv: 1, start },
  "with an object for a start": { v, rv: 1, start: {} },
  "with two mistakes": { start: 1, rv: [], v },
  "with nulls": { v: null, rv: null, start: null },
};
const forms = ["application/json", "table", "partial", "partialList", "kubectl", "yaml"];

/** A watch, and all it says until it ends. */
function watch(name: string, query: string, more: Partial<Exchange> = {}): readonly Exchange[] {
  return [
    { name, get: `twins?watch=1&timeoutSeconds=2${query}`, open: name, ...more },
    { name: `${name}: what it says`, read: name, count: -1 },
  ];
}

const from = (name: string): string => `&resourceVersion={{${name}.rv}}`;

/** The names of objects stand for the revisions they had when they were created. */
const asked: readonly Exchange[] = [
  ...forms.flatMap((accept) => watch(`a watch of ${accept}`, from("a"), { accept })),
  ...watch("a watch with bookmarks", `${from("a")}&allowWatchBookmarks=true`),
  ...watch("a watch of one object", `${from("a")}&fieldSelector=metadata.name%3Da`),
  ...watch("a watch of labels", `${from("a")}&labelSelector=x%3Dy`),
  ...watch("a watch of another version", from("a"), {
    get: "v1alpha1:twins?watch=1&timeoutSeconds=2&resourceVersion={{a.rv}}",
  }),
  ...watch("a watch by the old path", "", {
    get: "/apis/twin.example.com/v1/watch/namespaces/{{ns}}/twins?resourceVersion={{a.rv}}&timeoutSeconds=2",
  }),
  ...watch("a watch of the first revision of all", "&resourceVersion=1"),
  ...watch(
    "initial events of what is newer",
    `${from("a")}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  ),
  ...watch(
    "no initial events",
    `${from("a")}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  ),
  ...watch(
    "initial events of the future",
    "&resourceVersion=999999999999&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
  ),
  ...forms.map((accept) => ({
    name: `a list exactly as of then, of ${accept}`,
    get: "twins?resourceVersion={{a.rv}}&resourceVersionMatch=Exact",
    accept,
  })),
  {
    name: "a page exactly as of then",
    get: "twins?limit=1&resourceVersion={{a.rv}}&resourceVersionMatch=Exact",
  },
  { name: "a page as of then", get: "twins?limit=1&resourceVersion={{a.rv}}" },
  { name: "a list not older", get: "twins?resourceVersion={{a.rv}}&resourceVersionMatch=NotOlderThan" },
  {
    name: "a page not older",
    get: "twins?limit=1&resourceVersion={{a.rv}}&resourceVersionMatch=NotOlderThan",
  },
  { name: "a list of then or later", get: "twins?resourceVersion={{a.rv}}" },
  { name: "an object of then or later", get: "twins/a?resourceVersion={{a.rv}}" },
  ...forms.map((accept) => ({
    name: `a page that goes on, of ${accept}`,
    get: "twins?limit=1&continue={{page.continue}}",
    accept,
  })),
  { name: "the rest goes on", get: "twins?continue={{page.continue}}", as: "told" },
  { name: "with the token that was told", get: "twins?limit=1&continue={{told.continue}}", as: "next" },
  { name: "and with the next", get: "twins?limit=1&continue={{next.continue}}" },
  { name: "Tables with the token that was told", get: "twins?continue={{told.continue}}", accept: "table" },
  { name: "Tables go on", get: "twins?limit=1&continue={{tables.continue}}", accept: "table" },
  { name: "a page goes on with labels", get: "twins?limit=1&labelSelector=x%3Dy&continue={{page.continue}}" },
  {
    name: "a page goes on with a resourceVersion",
    get: "twins?limit=1&continue={{page.continue}}&resourceVersion={{a.rv}}",
  },
  {
    name: "a page goes on with a match",
    get: "twins?limit=1&continue={{page.continue}}&resourceVersionMatch=Exact",
  },
  { name: "a deletion goes on", delete: "twins?limit=1&continue={{page.continue}}" },
  {
    name: "a deletion as of then",
    delete: "twins?resourceVersion={{a.rv}}&resourceVersionMatch=Exact&dryRun=All",
  },
  ...Object.entries(tokens).map(([name, value]) => ({
    name: `a token ${name}`,
    get: `twins?limit=1&continue=${Buffer.from(JSON.stringify(value)).toString("base64url")}`,
  })),
  { name: "the objects are there", get: "twins" },
];

/** What kube-apiserver answers, by how the names begin; all else is a success, be it one that ends with an event. */
const refused: readonly (readonly [RegExp, number])[] = [
  [/^a watch of yaml$/, 406],
  [/^a (?:list|page) exactly as of then|^a page as of then$|^a page that goes on, of /, 410],
  [
    /^(?:the rest goes on|Tables go on|a page goes on with labels|a deletion goes on|a deletion as of then)$/,
    410,
  ],
  [/^a page goes on with a resourceVersion$/, 400],
  [/^a page goes on with a match$/, 422],
  [/^a token of the first revision$/, 410],
  [/^a token of the future$/, 504],
  [/^a token (?:of whatever is newest|below that)$/, 200],
  [/^a token /, 400],
];

/** What is asked, each with what kube-apiserver answers. */
export const after: readonly Exchange[] = asked.map((exchange) =>
  exchange.read === undefined
    ? { ...exchange, status: refused.find(([name]) => name.test(exchange.name))?.[1] ?? 200 }
    : exchange,
);

/** Each is waited for three seconds, so they are asked side by side. */
export const ofTheFuture: readonly Exchange[] = [
  ...forms.map((accept) => ({
    name: `a list of the future, of ${accept}`,
    get: "twins?resourceVersion=999999999999&resourceVersionMatch=NotOlderThan",
    accept,
    status: 504,
  })),
  {
    name: "a list exactly of the future",
    get: "twins?resourceVersion=999999999999&resourceVersionMatch=Exact",
    status: 504,
  },
  { name: "an object of the future", get: "twins/a?resourceVersion=999999999999", status: 504 },
];
