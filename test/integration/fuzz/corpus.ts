/** Requests that once broke a server, or are made like those. Each must be refused or served, never more. */
import type { RawRequest } from "./raw-request.ts";

export const collection = "/api/v1/namespaces/default/configmaps";
const json = { "content-type": "application/json" };
const yaml = { "content-type": "application/yaml" };
const patch = (kind: string): Record<string, string> => ({
  "content-type": `application/${kind}-patch+json`,
});
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const operations = (count: number, operation: (i: number) => object): string =>
  JSON.stringify(Array.from({ length: count }, (_, i) => operation(i)));

/** The object the corpus and the generated patches work on. */
export const victim = "victim";
const object = `${collection}/${victim}`;

export const corpus: readonly (RawRequest & { readonly says: string })[] = [
  {
    says: "copies of copies in a JSON patch",
    method: "PATCH",
    path: object,
    headers: patch("json"),
    body: operations(60, (i) => ({ op: "copy", from: "/data", path: `/data/k${String(i)}` })),
  },
  {
    says: "moves that nest without end",
    method: "PATCH",
    path: object,
    headers: patch("json"),
    body: JSON.stringify(
      Array.from({ length: 3000 }, () => [
        { op: "move", from: "/data", path: "/x" },
        { op: "add", path: "/data", value: {} },
        { op: "move", from: "/x", path: "/data/x" },
      ]).flat(),
    ),
  },
  {
    says: "more operations than allowed",
    method: "PATCH",
    path: object,
    headers: patch("json"),
    body: operations(10_001, () => ({ op: "test", path: "/kind", value: "ConfigMap" })),
  },
  { says: "deep JSON", method: "POST", path: collection, headers: json, body: nested(100_000) },
  { says: "deep YAML maps", method: "POST", path: collection, headers: yaml, body: `a: ${nested(50_000)}` },
  { says: "deep YAML lists", method: "POST", path: collection, headers: yaml, body: "- ".repeat(50_000) },
  { says: "a deep merge patch", method: "PATCH", path: object, headers: patch("merge"), body: nested(5000) },
  {
    says: "aliases of aliases",
    method: "POST",
    path: collection,
    headers: yaml,
    body: Array.from({ length: 12 }, (_, i) => {
      const items = Array.from({ length: 9 }, () => (i === 0 ? "x" : `*a${String(i - 1)}`));
      return `a${String(i)}: &a${String(i)} [${items.join(", ")}]`;
    }).join("\n"),
  },
  { says: "an alias of itself", method: "POST", path: collection, headers: yaml, body: "a: &a [*a]" },
  {
    says: "bytes that are no UTF-8",
    method: "POST",
    path: collection,
    headers: yaml,
    body: Buffer.from([0x61, 0x3a, 0x20, 0xff]),
  },
  { says: "control characters", method: "POST", path: collection, headers: yaml, body: "a: \u0007" },
  {
    says: "a body above the limit",
    method: "POST",
    path: collection,
    headers: json,
    body: Buffer.alloc(3 * 1024 * 1024 + 1, " "),
  },
  {
    says: "a patch of the prototype",
    method: "PATCH",
    path: object,
    headers: patch("merge"),
    body: '{"__proto__":{"polluted":1},"data":{"__proto__":"x","constructor":"y"}}',
  },
  {
    says: "a patch through the prototype",
    method: "PATCH",
    path: object,
    headers: patch("json"),
    body: '[{"op":"add","path":"/__proto__/polluted","value":1}]',
  },
  { says: "a name of two dots", method: "GET", path: `${collection}/..` },
  { says: "a NUL in the name", method: "GET", path: `${collection}/%00` },
  { says: "a broken escape", method: "GET", path: `${collection}/%zz` },
  { says: "an empty limit", method: "GET", path: `${collection}?limit=` },
  { says: "a limit of many digits", method: "GET", path: `${collection}?limit=${"9".repeat(50_000)}` },
  { says: "a forged continue token", method: "GET", path: `${collection}?continue=bnVsbA` },
  { says: "a long selector", method: "GET", path: `${collection}?labelSelector=${"a,".repeat(20_000)}` },
  { says: "many pairs", method: "GET", path: `${collection}?${"a=b&".repeat(20_000)}` },
  {
    says: "a header of half a megabyte",
    method: "GET",
    path: collection,
    headers: { accept: "text/html;q=0.1,".repeat(30_000) },
  },
];
