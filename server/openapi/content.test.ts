import { expect, test } from "vitest";
import { serveContent } from "./content.ts";

const content = {
  body: Buffer.from("0123456789"),
  contentType: "application/json",
  lastModified: "Thu, 01 Jan 2026 00:00:00 GMT",
  tag: "AB",
};
const get = (headers: Readonly<Record<string, string>>): ReturnType<typeof serveContent> =>
  serveContent({ header: (name: string) => headers[name] }, content, { Vary: "Accept" });

test.each<{ says: string; headers: Readonly<Record<string, string>>; want: readonly [number, string] }>([
  { says: "all, to whoever knows nothing", headers: {}, want: [200, "0123456789"] },
  { says: "nothing new to who has it", headers: { "if-none-match": 'W/"AB"' }, want: [304, ""] },
  { says: "nothing to who wants another", headers: { "if-match": '"CD"' }, want: [412, ""] },
  { says: "no weak tag counts for that", headers: { "if-match": 'W/"AB"' }, want: [412, ""] },
  { says: "all to who wants any", headers: { "if-match": "*" }, want: [200, "0123456789"] },
  {
    says: "nothing to who wants what was before",
    headers: { "if-unmodified-since": "Wed, 31 Dec 2025 00:00:00 GMT" },
    want: [412, ""],
  },
  { says: "a part", headers: { range: "bytes=2-4" }, want: [206, "234"] },
  { says: "a part to the end", headers: { range: "bytes=8-" }, want: [206, "89"] },
  { says: "a part from the end", headers: { range: "bytes=-3" }, want: [206, "789"] },
  { says: "a part that is longer than what there is", headers: { range: "bytes=8-99" }, want: [206, "89"] },
  {
    says: "all where several parts are wanted",
    headers: { range: "bytes=0-1,3-4" },
    want: [200, "0123456789"],
  },
  {
    says: "all where the rest is of another",
    headers: { range: "bytes=2-4", "if-range": '"CD"' },
    want: [200, "0123456789"],
  },
  {
    says: "a part of what the rest is of",
    headers: { range: "bytes=2-4", "if-range": '"AB"' },
    want: [206, "234"],
  },
  {
    says: "no part behind the end",
    headers: { range: "bytes=10-" },
    want: [416, "invalid range: failed to overlap\n"],
  },
  {
    says: "no part that ends before it begins",
    headers: { range: "bytes=4-2" },
    want: [416, "invalid range\n"],
  },
  { says: "no part in another unit", headers: { range: "lines=1-2" }, want: [416, "invalid range\n"] },
])("$says", ({ headers, want }) => {
  const { status, body } = get(headers);
  expect([status, body.toString()]).toEqual(want);
});

test("a part says which of how many", () => {
  expect(get({ range: "bytes=2-4" }).headers).toMatchObject({
    "Content-Range": "bytes 2-4/10",
    ETag: '"AB"',
  });
  expect(get({ range: "bytes=10-" }).headers).toMatchObject({
    "Content-Range": "bytes */10",
    Vary: "Accept",
  });
});
