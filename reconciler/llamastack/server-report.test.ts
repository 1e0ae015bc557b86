import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../machinery/json/value.ts";
import { providersOf, versionIn, withoutCredentials } from "./server-report.ts";

const reported = (config: JsonValue, declared: JsonValue): JsonValue | undefined => {
  const answer = { data: [{ api: "inference", provider_id: "a", provider_type: "remote::vllm", config }] };
  const generated = { providers: { inference: [{ provider_id: "a", config: declared }] } };
  return providersOf(answer, generated)[0]?.config;
};

describe("of a provider's configuration", () => {
  test.each<{ says: string; config: JsonValue; declared: JsonValue; want: JsonValue }>([
    {
      says: "what was written down is shown",
      config: { url: "http://a" },
      declared: { url: "http://a" },
      want: { url: "http://a" },
    },
    {
      says: "a resolved variable is hidden",
      config: { host: "s3cret" },
      declared: { host: "${env.X}" },
      want: { host: "********" },
    },
    {
      says: "a telling key is hidden, whatever was written",
      config: { api_key: "x" },
      declared: { api_key: "x" },
      want: { api_key: "********" },
    },
    { says: "what nobody wrote down is left out", config: { other: "x" }, declared: {}, want: {} },
    {
      says: "another value than was written is hidden",
      config: { n: 2 },
      declared: { n: 1 },
      want: { n: "********" },
    },
    {
      says: "the same holds further down",
      config: { tls: { verify: true, ca: "x" } },
      declared: { tls: { verify: true, ca: "${env.CA}" } },
      want: { tls: { verify: true, ca: "********" } },
    },
    {
      says: "lists with a variable are hidden whole",
      config: { l: ["a", "b"] },
      declared: { l: ["a", "${env.B}"] },
      want: { l: "********" },
    },
    {
      says: "a list with a telling key in it as well",
      config: { l: [{ token: "b" }] },
      declared: { l: [{ token: "b" }] },
      want: { l: "********" },
    },
    {
      says: "a URL with a password is hidden",
      config: { u: "http://a:b@c" },
      declared: { u: "http://a:b@c" },
      want: { u: "********" },
    },
  ])("$says", ({ config, declared, want }) => {
    expect(reported(config, declared)).toEqual(want);
  });

  test.each<{ says: string; answer: unknown }>([
    { says: "a text", answer: "no" },
    { says: "a list", answer: [] },
    { says: "data that is no list", answer: { data: {} } },
    { says: "nothing", answer: undefined },
  ])("$says in the place of an answer is no provider", ({ answer }) => {
    expect(providersOf(answer, undefined)).toEqual([]);
  });

  test("nothing is shown where the configuration was not generated", () => {
    const answer = {
      data: [{ api: "a", provider_id: "b", provider_type: "c", config: { url: "x" }, health: {} }],
    };
    const health = { status: "", message: "" };
    expect(providersOf(answer, undefined)).toEqual([
      { api: "a", provider_id: "b", provider_type: "c", config: {}, health },
    ]);
  });
});

test.each([
  ["OK", "canary", { status: "OK", message: "" }],
  ["Error", "bad key canary for user", { status: "Error", message: "the log of the server says why" }],
  ["Not Implemented", "canary", { status: "Not Implemented", message: "" }],
  ["canary", "canary", { status: "Unknown", message: "" }],
])(
  "of a provider that is %j and says %j nothing is shown that somebody else wrote",
  (status, message, want) => {
    const data = [{ api: "a", provider_id: "b", provider_type: "c", health: { status, message } }];
    expect(providersOf({ data }, undefined)[0]?.health).toEqual(want);
  },
);

test.each<[unknown, string | undefined]>([
  [{ version: "0.6.0" }, "0.6.0"],
  [{ version: "v0.7.0rc1" }, "v0.7.0rc1"],
  [{ version: "0.6.1.dev20+g1a2b3c4" }, "0.6.1.dev20+g1a2b3c4"],
  [{ version: "sk-canary" }, undefined],
  [{ version: "1".repeat(100) + "x".repeat(100) }, undefined],
  [{ version: 7 }, undefined],
  ["0.6.0", undefined],
])("%j as an answer says that the version is %j", (answer, want) => {
  expect(versionIn(answer as JsonValue)).toBe(want);
});

test.each<[string, string]>([
  ["http://user:pw@host/x", "http://********@host/x"],
  ["Incorrect API key provided: sk-123", "Incorrect API key provided: ********"],
  ["token=abc", "token=********"],
  ["refused AbCdEf0123456789xyz here", "refused ******** here"],
  ["connection to vllm-primary.team-a.svc failed", "connection to vllm-primary.team-a.svc failed"],
])("%j is shown as %j", (text, want) => {
  expect(withoutCredentials(text)).toBe(want);
});
