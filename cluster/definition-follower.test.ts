import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiError } from "../api/errors/api-error.ts";
import { forbidden } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { FakeClock } from "../machinery/clock.ts";
import { fakeClock } from "../machinery/clock.ts";
import type { Client, ResourceRef, WatchEvent, WatchOptions } from "./client.ts";
import { followDefinitions } from "./definition-follower.ts";

const name = "widgets.example.com";
const definition = (resourceVersion: string): KubeObject => ({
  apiVersion: "meta.k8s.io/v1",
  kind: "PartialObjectMetadata",
  metadata: { name, resourceVersion },
});
const allSent: WatchEvent = {
  type: "BOOKMARK",
  object: {
    apiVersion: "meta.k8s.io/v1",
    kind: "PartialObjectMetadata",
    metadata: { resourceVersion: "9", annotations: { "k8s.io/initial-events-end": "true" } },
  },
};

let clock: FakeClock;
let abort: AbortController;
let told: string[];
let failures: unknown[];
let asked: (readonly [ResourceRef, WatchOptions])[];
let send: (event: WatchEvent) => void;

/** Follows a definition that is there already, or whatever else a watch begins with. */
async function follow(begin: readonly WatchEvent[] | ApiError): Promise<void> {
  async function* watch(resource: ResourceRef, options: WatchOptions): AsyncGenerator<WatchEvent> {
    asked.push([resource, options]);
    if (begin instanceof ApiError) throw begin;
    yield* begin;
    yield allSent;
    for (;;) yield await new Promise<WatchEvent>((resolve) => (send = resolve));
  }
  followDefinitions({
    client: { watch } as unknown as Client,
    clock,
    random: () => 0.5,
    signal: abort.signal,
    names: [name],
    onChange: (changed) => told.push(changed),
    onError: (error) => failures.push(error),
  });
  await clock.advance(0);
}

beforeEach(() => {
  clock = fakeClock();
  abort = new AbortController();
  told = [];
  failures = [];
  asked = [];
});
afterEach(() => {
  abort.abort();
});

test("what is there at the beginning is no change, and only metadata of the one definition is asked for", async () => {
  await follow([{ type: "ADDED", object: definition("1") }]);
  await clock.advance(20_000);
  expect(told).toEqual([]);
  expect(asked).toMatchObject([
    [
      { resource: "customresourcedefinitions" },
      { fieldSelector: `metadata.name=${name}`, metadataOnly: true },
    ],
  ]);
});

test.each<{ says: string; begin: readonly WatchEvent[]; event: WatchEvent }>([
  { says: "comes", begin: [], event: { type: "ADDED", object: definition("10") } },
  {
    says: "changes",
    begin: [{ type: "ADDED", object: definition("1") }],
    event: { type: "MODIFIED", object: definition("10") },
  },
  {
    says: "goes",
    begin: [{ type: "ADDED", object: definition("1") }],
    event: { type: "DELETED", object: definition("10") },
  },
])(
  "a definition that $says is told of at once, and again while discovery may lag",
  async ({ begin, event }) => {
    await follow(begin);
    send(event);
    await clock.advance(0);
    expect(told).toEqual([name]);
    await clock.advance(20_000);
    expect(told.length).toBeGreaterThan(2);
    const settled = told.length;
    await clock.advance(60_000);
    expect(told).toHaveLength(settled);
  },
);

test("a server without definitions is left alone", async () => {
  await follow(new ApiError({ code: 404, reason: "NotFound", message: "not found" }));
  await clock.advance(120_000);
  expect([asked.length, failures]).toEqual([1, []]);
});

test("a right that is missing is told of, and tried again", async () => {
  const refusal = forbidden(
    { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" },
    "",
    "no",
  );
  await follow(refusal);
  await clock.advance(60_000);
  expect(failures[0]).toBe(refusal);
  expect(asked.length).toBeGreaterThan(1);
});
