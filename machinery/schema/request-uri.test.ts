import { expect, test } from "vitest";
import { isRequestUri } from "./request-uri.ts";

// What Go's url.ParseRequestURI says of each.
test.each<[string, boolean]>([
  ["http://x/y", true],
  ["/relative", true],
  ["//x", true],
  ["*", true],
  ["", false],
  ["x", false],
  ["x/y", false],
  [":x", false],
  ["1a:b", false],
  ["mailto:a@b.c", true],
  ["http:", true],
  ["http:?x", true],
  ["http://", true],
  ["http://x/ y", true],
  ["http://x y/", false],
  ["http://x/%zz", false],
  ["http://x/?%zz", true],
  ["a:%zz", true],
  ["http://x:80/", true],
  ["http://x:/", true],
  ["http://x:port/", false],
  ["http://a:b:c/", false],
  ["http://[::1]/", true],
  ["http://[::1]:80", true],
  ["http://[::1]x", false],
  ["http://[::1", false],
  ["http://u:p@x/", true],
  ["http://u p@x/", false],
  ["http://x^y/", false],
  ["http://bücher.ch/", true],
  ["http://x%41/", false],
  ["http://x%c3/", true],
  ["http://x/#%zz", false],
  ["http://x#y", false],
  ["http://x/\n", false],
])("%j is a URI of a request: %s", (text, want) => {
  expect(isRequestUri(text)).toBe(want);
});
