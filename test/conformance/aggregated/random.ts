import { test } from "vitest";
import { testedCommit } from "../random/commit.ts";
import { explainSeed, programLength } from "../random/explain.ts";
import { inParallel } from "../random/run.ts";
import { everySeed, printRanges, seedsOf } from "../random/seeds.ts";
import type { Ways } from "../twins/aggregated.ts";
import { noDifferences } from "../../support/no-differences.ts";

/** A share of the random programs: so many requests. */
const requests = Number(process.env["N_AGGREGATED"] ?? "1500");
const width = 4;

/** Runs random programs through the aggregator, beside the CRD. They are those each part of the random suite begins with. */
export function randomBehind(servers: () => Ways): void {
  const commit = testedCommit(import.meta.dirname, new Date());
  const ranges = seedsOf(Math.ceil(requests / programLength), process.env["SEED"], commit);
  test(`random programs: ${printRanges(ranges, programLength)}`, async () => {
    const { native: real, behind: ours } = servers();
    const differences: string[] = [];
    const at = Date.now().toString(36);
    let count = 0;
    const namespace = (): string => `random-${at}-${String(++count)}-native`;
    await inParallel(everySeed(ranges), width, async (seed) => {
      const difference = await explainSeed({ real, ours }, seed, namespace);
      if (difference !== undefined) differences.push(difference);
    });
    noDifferences(differences);
  });
}
