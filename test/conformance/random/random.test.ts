import { afterAll, beforeAll, describe, test } from "vitest";
import { noApiServer } from "../../support/control-plane.ts";
import { noDifferences } from "../../support/no-differences.ts";
import type { Pair } from "../twins/pair.ts";
import { startPair } from "../twins/pair.ts";
import { testedCommit } from "./commit.ts";
import { explainSeed, programLength } from "./explain.ts";
import { inParallel } from "./run.ts";
import { everySeed, printRanges, seedsOf } from "./seeds.ts";

const why = noApiServer();
if (why !== undefined) console.warn(`skipped: ${why}`);

/** N: how many requests. SEED: where the programs begin; the same seed gives the same programs. */
const requests = Number(process.env["N"] ?? "10000");
const ranges = seedsOf(
  Math.ceil(requests / programLength),
  process.env["SEED"],
  testedCommit(import.meta.dirname, new Date()),
);
/** Programs of one test, programs that run side by side. */
const batch = 25;
const width = 4;
const batches = ranges.flatMap(({ first, count }) => {
  const seeds = everySeed([{ first, count }]);
  const starts = Array.from({ length: Math.ceil(count / batch) }, (_, i) => i * batch);
  return starts.map((at) => ({ from: first + at, seeds: seeds.slice(at, at + batch) }));
});
if (why === undefined) console.log(`random programs: ${printRanges(ranges, programLength)}`);

describe.skipIf(why !== undefined)("random programs have the same answers as on kube-apiserver", () => {
  let pair: Pair;
  let count = 0;
  beforeAll(async () => {
    pair = await startPair();
  });
  afterAll(async () => {
    await pair.stop();
  });
  const namespace = (): string => `random-${Date.now().toString(36)}-${String(++count)}`;

  test.each(batches)("$seeds.length programs from seed $from", async ({ seeds }) => {
    const differences: string[] = [];
    await inParallel(seeds, width, async (seed) => {
      const difference = await explainSeed(pair, seed, namespace);
      if (difference !== undefined) differences.push(difference);
    });
    noDifferences(differences);
  });
});
