import { expect, test } from "vitest";
import type { InferenceProvider } from "../../api/inferenceprovider/v1alpha1/types.ts";
import type { Client } from "../../cluster/client.ts";
import type { FakeClock } from "../../machinery/clock.ts";
import { fakeClock } from "../../machinery/clock.ts";
import type { RuleErrors } from "./rule-errors.ts";
import { ruleErrors } from "./rule-errors.ts";

const failed = { index: 0, condition: "spec.x", message: "no such key: x" };

interface Rig {
  readonly rules: RuleErrors;
  readonly clock: FakeClock;
  /** What has been written, in order. */
  readonly written: unknown[];
}

/** A provider whose status is what was last written to it. */
function rig(status: object | "none" = { ready: true }): Rig {
  const clock = fakeClock();
  const written: unknown[] = [];
  let current = status === "none" ? undefined : status;
  const client = {
    mergePatch: async (_resource: unknown, { name }: { name: string }, patch: { status: object }) => {
      current = { ...current, ...patch.status };
      written.push([name, patch]);
    },
  } as unknown as Client;
  const providerOf = (name: string): InferenceProvider =>
    ({ metadata: { name }, spec: {}, ...(current && { status: current }) }) as unknown as InferenceProvider;
  const onError = (what: string, error: unknown): void => {
    throw new Error(what, { cause: error });
  };
  return { rules: ruleErrors({ client, clock, providerOf, onError }), clock, written };
}
const says = (errors: readonly object[]): unknown => ["vllm", { status: { selectionRuleErrors: errors } }];

test("a rule that fails is told at once, and nothing else of the status is touched", () => {
  const { rules, written } = rig();
  rules.tell("vllm", [failed]);
  expect(written).toEqual([says([failed])]);
});

test.each([
  { says: "what the status says already", status: { selectionRuleErrors: [failed] }, errors: [failed] },
  { says: "that all rules work, where none is said to fail", status: { ready: true }, errors: [] },
])("$says is not written", ({ status, errors }) => {
  const { rules, written } = rig(status);
  rules.tell("vllm", errors);
  expect(written).toEqual([]);
});

test("rules that fail for one deployment and not for the next are written now and then, the last word in the end", async () => {
  const { rules, clock, written } = rig();
  for (const errors of [[failed], [], [failed], []]) rules.tell("vllm", errors);
  expect(written).toEqual([says([failed])]);
  await clock.advance(10_000);
  expect(written).toEqual([says([failed]), says([])]);
  await clock.advance(60_000);
  expect(written).toHaveLength(2);
});

test("nothing is written before the first report, nor after the end", async () => {
  const early = rig("none");
  const { rules, clock, written } = rig();
  rules.tell("vllm", [failed]);
  rules.tell("vllm", []);
  rules.stop();
  rules.tell("vllm", []);
  await clock.advance(60_000);
  expect(written).toEqual([says([failed])]);
  early.rules.tell("vllm", [failed]);
  await early.clock.advance(60_000);
  expect(early.written).toEqual([]);
});
