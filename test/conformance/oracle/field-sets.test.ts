import { spawnSync } from "node:child_process";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { FieldSet } from "../../../machinery/smd/field-set.ts";
import { decodeFieldsV1, encodeFieldsV1 } from "../../../machinery/smd/fields-v1.ts";
import { printPath } from "../../../machinery/smd/path-element.ts";
import { unlessRequired } from "../../support/control-plane.ts";
import { repository } from "../../support/standalone.ts";

/** What the library kube-apiserver uses says of two sets. */
interface Answer {
  readonly error?: string;
  readonly size: number;
  readonly isEmpty: boolean;
  readonly equals: boolean;
  readonly same: JsonObject;
  readonly union: JsonObject;
  readonly intersection: JsonObject;
  readonly difference: JsonObject;
  readonly recursiveDifference: JsonObject;
  readonly paths: readonly string[];
}

interface Question {
  readonly a: JsonObject;
  readonly b: JsonObject;
}

const hasGo = spawnSync("go", ["version"]).status === 0;
const why = unlessRequired(hasGo ? undefined : "Go is not installed");
if (why !== undefined) console.warn(`skipped: ${why}`);

const element = fc.constantFrom(
  "f:a",
  "f:b",
  "f:__proto__",
  "f:a.b",
  "f:",
  'k:{"name":"x"}',
  'k:{"name":"x","port":80}',
  'k:{"port":80.5}',
  'v:"x"',
  "v:1",
  "v:true",
  "v:null",
  "i:0",
  "i:10",
);
const { set } = fc.letrec<{ set: JsonObject; node: JsonObject }>((tie) => ({
  set: fc.dictionary(element, tie("node"), { maxKeys: 4 }),
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constant<JsonObject>({}),
    fc.tuple(fc.boolean(), tie("set")).map(([isMember, below]) => (isMember ? { ".": {}, ...below } : below)),
  ),
}));

/** The same for every run; SEED begins elsewhere. */
function someQuestions(): readonly Question[] {
  const seed = Number(process.env["SEED"] ?? "1");
  return fc.sample(fc.record({ a: set, b: set }), { numRuns: 2000, seed });
}

function ask(questions: readonly Question[]): readonly Answer[] {
  const { stdout, stderr, status } = spawnSync("go", ["run", "-mod=readonly", "."], {
    cwd: path.join(repository, "hack/field-set-oracle"),
    input: questions.map((question) => JSON.stringify(question)).join("\n"),
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

describe.skipIf(why !== undefined)(
  "field sets are computed with as kube-apiserver computes with them",
  () => {
    const questions = someQuestions();

    test("two thousand pairs of sets", () => {
      const answers = ask(questions);
      expect(answers).toHaveLength(questions.length);
      let told = 0;
      for (const [i, { a: left, b: right }] of questions.entries()) {
        const answer = answers[i]!;
        const a: FieldSet = decodeFieldsV1(left);
        const b: FieldSet = decodeFieldsV1(right);
        const ours = {
          size: a.size,
          isEmpty: a.isEmpty,
          equals: a.equals(b),
          same: encodeFieldsV1(a),
          union: encodeFieldsV1(a.union(b)),
          intersection: encodeFieldsV1(a.intersection(b)),
          difference: encodeFieldsV1(a.difference(b)),
          recursiveDifference: encodeFieldsV1(a.recursiveDifference(b)),
          paths: [...a.paths()].map(printPath),
        };
        expect(ours, JSON.stringify({ left, right })).toEqual(answer);
        if (Object.keys(answer.intersection).length > 0) told += 1;
      }
      expect(told).toBeGreaterThan(100);
    });
  },
);
