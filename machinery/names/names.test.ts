import { expect, test } from "vitest";
import * as names from "./names.ts";

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test.each(["a", "0", "a-b", "a.b", "w1", "a".repeat(253), "1.2.3"])("%s is a subdomain", (name) => {
  expect(names.dns1123Subdomain(name)).toEqual([]);
});

test.each(["", ".", "..", "W_1", "-a", "a-", "a..b", "é", "a b", "a/b", "a\n"])(
  "%j is no subdomain",
  (name) => {
    expect(names.dns1123Subdomain(name)).toEqual([SUBDOMAIN]);
  },
);

test("names longer than 253 bytes are refused by length", () => {
  expect(names.dns1123Subdomain("a".repeat(254))).toEqual(["must be no more than 253 characters"]);
});

test.each<[string, RegExp | null]>([
  ["a-b", null],
  ["9", null],
  ["a".repeat(63), null],
  ["a.b", /^must not contain dots$/],
  ["A", /^a lowercase RFC 1123 label must consist .*\(e\.g\. 'my-name', {2}or '123-abc', regex/],
  ["a".repeat(64), /^must be no more than 63 characters$/],
])("the label %s gives %s", (name, want) => {
  const [first] = names.dns1123Label(name);
  if (want === null) expect(first).toBeUndefined();
  else expect(first).toMatch(want);
});

test("DNS-1035 labels start with a letter", () => {
  expect(names.dns1035Label("a1")).toEqual([]);
  expect(names.dns1035Label("1a")[0]).toMatch(/^a DNS-1035 label must consist/);
});

test.each<[string, string[]]>([
  ["a", []],
  ["A_b.c-D", []],
  ["example.com/x", []],
  ["", ["name part must be non-empty", `name part ${QUALIFIED}`]],
  ["/x", ["prefix part must be non-empty"]],
  ["x/", ["name part must be non-empty", `name part ${QUALIFIED}`]],
  ["A/x", [`prefix part ${SUBDOMAIN}`]],
  ["-x", [`name part ${QUALIFIED}`]],
  ["a".repeat(64), ["name part must be no more than 63 bytes"]],
  [
    "a/b/c",
    [
      `a valid label key ${QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ],
  ],
])("the qualified name %j gives %j", (name, want) => {
  expect(names.qualifiedName(name)).toEqual(want);
});

test.each<[string, string | undefined]>([
  ["", undefined],
  ["a_b.C", undefined],
  ["-", "a valid label must be an empty string or"],
  ["a".repeat(64), "must be no more than 63 bytes"],
])("the label value %j gives %s", (value, want) => {
  const [first] = names.labelValue(value);
  if (want === undefined) expect(first).toBeUndefined();
  else expect(first).toContain(want);
});

test("a generated name may end in a hyphen", () => {
  const rule = names.asGenerateName(names.dns1123Subdomain);
  expect([rule("web-"), rule("a--"), rule("w")]).toEqual([[], [], []]);
  expect(rule("-")).toEqual([SUBDOMAIN]);
  expect(rule("Web-")).toEqual([SUBDOMAIN]);
});

test("path segments, config keys, variables and ports have rules of their own", () => {
  expect(names.pathSegment("a:b")).toEqual([]);
  expect(names.pathSegment("..")).toEqual(["may not be '..'"]);
  expect(names.pathSegment("a/b%")).toEqual(["may not contain '/'", "may not contain '%'"]);
  expect(names.configMapKey("config.yaml")).toEqual([]);
  expect(names.configMapKey("..a")).toEqual(["must not start with '..'"]);
  expect(names.environmentName("HF_TOKEN")).toEqual([]);
  expect(names.environmentName("1X")[0]).toMatch(/^a valid environment variable name/);
  expect(names.portNumber(65536)).toEqual(["must be between 1 and 65535, inclusive"]);
  expect(names.portName("http-metrics")).toEqual([]);
  expect(names.portName("8080")).toEqual(["must contain at least one letter (a-z)"]);
});
