import { expect, test } from "vitest";
import { faultsOf } from "./corpus-rules.ts";
import { readCorpus, readDeploymentCorpus } from "./corpus.ts";

test("every exchange says what is sent, and what kube-apiserver answers", () => {
  const faults = [...readCorpus(), ...readDeploymentCorpus()].flatMap(({ name: file, exchanges }) =>
    exchanges.flatMap((exchange) => faultsOf(exchange).map((why) => `${file}: ${exchange.name}: ${why}`)),
  );
  expect(faults).toEqual([]);
});

const get = { get: "twins", status: 200 };

test.each<{ says: string; exchange: object; faults: readonly string[] }>([
  { says: "a request and its answer", exchange: get, faults: [] },
  { says: "a watch that is read", exchange: { read: "w", count: 0 }, faults: [] },
  { says: "no answer", exchange: { get: "twins" }, faults: ["does not say what kube-apiserver answers"] },
  { says: "no request", exchange: { status: 200 }, faults: ["needs one method"] },
  { says: "two methods", exchange: { ...get, put: "twins" }, faults: ["needs one method"] },
  { says: "two bodies", exchange: { ...get, merge: {}, ops: [] }, faults: ["has more than one body"] },
  { says: "a misspelt key", exchange: { ...get, acept: "table" }, faults: ["acept means nothing"] },
  {
    says: "events without a number",
    exchange: { read: "w" },
    faults: ["does not say how many events there are"],
  },
  {
    says: "whatever events come",
    exchange: { read: "w", count: -1 },
    faults: ["does not say how many events there are"],
  },
  { says: "a read with a request", exchange: { ...get, read: "w", count: 1 }, faults: ["only reads"] },
  { says: "a number without a read", exchange: { ...get, count: 1 }, faults: ["counts what is not read"] },
  {
    says: "a preparation that fails",
    exchange: { post: "twins", status: 422, isSetup: true },
    faults: ["prepares nothing, as it is refused"],
  },
  {
    says: "another answer in the end",
    exchange: { ...get, until: 404 },
    faults: ["waits for another answer than it gets"],
  },
  {
    says: "a part of a refusal",
    exchange: { get: "twins", status: 404, pick: ["a"] },
    faults: ["picks a part of a refusal, which is compared whole"],
  },
])("$says", ({ exchange, faults }) => {
  expect(faultsOf({ name: "x", ...exchange })).toEqual(faults);
});
